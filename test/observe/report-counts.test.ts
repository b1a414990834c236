import { expect, it } from "vitest";
import { type Allow, createAllow, createDeny, type Evidence } from "../../plugin/core/decision.ts";
import type { Denial } from "../../plugin/core/denial.ts";
import { countReports } from "../../plugin/observe/report-counts.ts";

const CHANGES = { headers: {} };
const report = (evidence: Evidence, denial: Denial): Allow =>
  createAllow(CHANGES, evidence, createDeny(denial, evidence));

it("counts what would have been refused by policy, rule and reason, the most frequent first", () => {
  let now = 1_000;
  const counts = countReports(() => now);
  counts.add(createAllow(CHANGES, { policy: "payments", rule: "read" }));
  counts.add(report({ policy: "payments" }, { reason: "no_matching_rule", detail: "a" }));
  for (const kid of ["1", "2"]) {
    now += 1_000;
    counts.add(report({ policy: "payments", rule: "read", kid }, { reason: "key_not_found" }));
  }
  expect(counts.list()).toEqual([
    { policy: "payments", rule: "read", reason: "key_not_found", requests: 2, lastAt: 3_000 },
    { policy: "payments", rule: undefined, reason: "no_matching_rule", requests: 1, lastAt: 1_000 },
  ]);
});

it("takes no new kinds beyond its bound, and goes on counting those that it has", () => {
  const counts = countReports(() => 0);
  const add = (rule: string): void => counts.add(report({ policy: "p", rule }, { reason: "token_missing" }));
  for (let index = 0; index <= 10_000; index += 1) {
    add(`rule-${index}`);
  }
  add("rule-0");
  expect(counts.list()).toHaveLength(10_000);
  expect(counts.list()[0]).toMatchObject({ rule: "rule-0", requests: 2 });
});
