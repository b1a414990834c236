import { expect, it } from "vitest";
import { type Allow, createAllow, createDeny, type Evidence } from "../../plugin/core/model/decision.ts";
import type { Denial } from "../../plugin/core/model/denial.ts";
import { countDecisions } from "../../plugin/observe/report-counts.ts";

const CHANGES = { headers: {} };
const report = (evidence: Evidence, denial: Denial): Allow =>
  createAllow(CHANGES, evidence, createDeny(denial, evidence));

it("counts what would have been refused by policy, rule and reason, the most frequent first", () => {
  let now = 1_000;
  const counts = countDecisions(() => now);
  counts.add(createAllow(CHANGES, { policy: "payments", rule: "read" }));
  counts.add(report({ policy: "payments" }, { reason: "no_matching_rule", detail: "a" }));
  for (const kid of ["1", "2"]) {
    now += 1_000;
    counts.add(report({ policy: "payments", rule: "read", kid }, { reason: "key_not_found" }));
  }
  expect(counts.listReports()).toEqual([
    { policy: "payments", rule: "read", reason: "key_not_found", requests: 2, lastAt: 3_000 },
    { policy: "payments", rule: undefined, reason: "no_matching_rule", requests: 1, lastAt: 1_000 },
  ]);
});

it("takes no new kinds beyond its bound, and goes on counting those that it has", () => {
  const counts = countDecisions(() => 0);
  const add = (rule: string): void => counts.add(report({ policy: "p", rule }, { reason: "token_missing" }));
  for (let index = 0; index <= 10_000; index += 1) {
    add(`rule-${index}`);
  }
  add("rule-0");
  expect(counts.listReports()).toHaveLength(10_000);
  expect(counts.listReports()[0]).toMatchObject({ rule: "rule-0", requests: 2 });
});

it("counts the requests that each rule judged, and how many of them it refused or would have refused", () => {
  const counts = countDecisions(() => 0);
  const read = { policy: "payments", rule: "read" };
  counts.add(createAllow(CHANGES, read));
  counts.add(report(read, { reason: "token_expired" }));
  counts.add(report(read, { reason: "token_missing" }));
  counts.add(createDeny({ reason: "token_missing" }, { policy: "payments", rule: "write" }));
  counts.add(createDeny({ reason: "no_matching_rule" }, { policy: "payments" }));
  counts.add(createAllow(CHANGES, { policy: "shop", rule: "read" }));
  expect(counts.listJudged()).toEqual([
    { ...read, requests: 3, denied: 0, reported: 2 },
    { policy: "payments", rule: "write", requests: 1, denied: 1, reported: 0 },
    { policy: "payments", rule: undefined, requests: 1, denied: 1, reported: 0 },
    { policy: "shop", rule: "read", requests: 1, denied: 0, reported: 0 },
  ]);
});

it("counts no rule beyond its bound, and goes on with those that it has", () => {
  const counts = countDecisions(() => 0);
  for (let index = 0; index <= 10_000; index += 1) {
    counts.add(createAllow(CHANGES, { policy: "p", rule: `rule-${index}` }));
  }
  counts.add(createAllow(CHANGES, { policy: "p", rule: "rule-0" }));
  expect(counts.listJudged()).toHaveLength(10_000);
  expect(counts.listJudged()[0]).toMatchObject({ rule: "rule-0", requests: 2 });
});
