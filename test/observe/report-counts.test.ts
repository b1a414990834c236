import { describe, expect, it } from "vitest";
import { type Allow, createAllow, createDeny, type Evidence } from "../../plugin/core/model/decision.ts";
import type { Denial } from "../../plugin/core/model/denial.ts";
import { countDecisions } from "../../plugin/observe/report-counts.ts";

const CHANGES = { headers: {} };
const report = (evidence: Evidence, denial: Denial): Allow =>
  createAllow(CHANGES, evidence, createDeny(denial, evidence));

it("counts requests that would have been refused, by policy, rule and reason, the most frequent first", () => {
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

it("accepts no new kinds beyond its limit, and continues to count the known kinds", () => {
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
  counts.add(report(read, { reason: "token_expired" }), { mode: "report" });
  counts.add(report(read, { reason: "token_missing" }), { mode: "report" });
  counts.add(createDeny({ reason: "token_missing" }, { policy: "payments", rule: "write" }));
  counts.add(createDeny({ reason: "no_matching_rule" }, { policy: "payments" }));
  counts.add(createAllow(CHANGES, { policy: "shop", rule: "read" }));
  expect(counts.listJudged()).toEqual([
    { ...read, requests: 3, denied: 0, reported: 2, inReportMode: 2 },
    { policy: "payments", rule: "write", requests: 1, denied: 1, reported: 0, inReportMode: 0 },
    { policy: "payments", rule: undefined, requests: 1, denied: 1, reported: 0, inReportMode: 0 },
    { policy: "shop", rule: "read", requests: 1, denied: 0, reported: 0, inReportMode: 0 },
  ]);
});

it("counts no new rule beyond its limit, and continues to count the known rules", () => {
  const counts = countDecisions(() => 0);
  for (let index = 0; index <= 10_000; index += 1) {
    counts.add(createAllow(CHANGES, { policy: "p", rule: `rule-${index}` }));
  }
  counts.add(createAllow(CHANGES, { policy: "p", rule: "rule-0" }));
  expect(counts.listJudged()).toHaveLength(10_000);
  expect(counts.listJudged()[0]).toMatchObject({ rule: "rule-0", requests: 2 });
});

describe("rejections", () => {
  const read = { policy: "payments", rule: "read" };

  it("are counted by the issuer of the token as well, refused and in report mode, the most frequent first", () => {
    let now = 1_000;
    const counts = countDecisions(() => now);
    counts.add(createAllow(CHANGES, { ...read, issuer: "acme" }));
    counts.add(createDeny({ reason: "token_missing" }, read));
    for (const issuer of ["acme", "partner", "acme"]) {
      now += 1_000;
      counts.add(createDeny({ reason: "token_expired" }, { ...read, issuer }));
    }
    counts.add(report({ ...read, issuer: "acme" }, { reason: "token_expired" }), { mode: "report" });
    const expired = { ...read, reason: "token_expired" };
    expect(counts.listRejections()).toEqual([
      { ...expired, issuer: "acme", outcome: "deny", requests: 2, lastAt: 4_000 },
      { ...read, issuer: undefined, outcome: "deny", reason: "token_missing", requests: 1, lastAt: 1_000 },
      { ...expired, issuer: "partner", outcome: "deny", requests: 1, lastAt: 3_000 },
      { ...expired, issuer: "acme", outcome: "would_deny", requests: 1, lastAt: 4_000 },
    ]);
    expect(counts.listDecisions().find(({ reason }) => reason === "token_expired")?.requests).toBe(3);
  });

  it("beyond the limit of issuers are counted without an issuer, and no denial is lost", () => {
    const counts = countDecisions(() => 0);
    for (let index = 0; index < 10_005; index += 1) {
      counts.add(createDeny({ reason: "token_expired" }, { ...read, issuer: `issuer-${index}` }));
    }
    counts.add(createDeny({ reason: "token_expired" }, { ...read, issuer: "issuer-0" }));
    const rows = counts.listRejections();
    expect(rows).toHaveLength(10_001);
    expect(rows[0]).toMatchObject({ issuer: undefined, requests: 5 });
    expect(rows[1]).toMatchObject({ issuer: "issuer-0", requests: 2 });
    expect(rows.reduce((sum, { requests }) => sum + requests, 0)).toBe(10_006);
  });
});
