import { describe, expect, it } from "vitest";
import { listRejections, listRules, type ServerReading, sumCounts } from "../../../plugin/server/view/counted-rows.ts";
import { describeServers } from "../../../plugin/server/view/overview.ts";
import { RateWindow } from "../../../plugin/server/view/rate-window.ts";
import { readStatusDocument } from "../../../plugin/server/view/status-document.ts";
import { statusAt } from "./status-fixture.ts";

/** The view of a server after these answers. */
function readingOf(name: string, ...answers: readonly unknown[]): ServerReading {
  const window = new RateWindow();
  const readings = answers.map((answer) => {
    const document = readStatusDocument(answer) ?? expect.fail();
    return { name, document, rates: window.measure(document) };
  });
  return readings.at(-1) ?? expect.fail();
}

const rejected = (rule: string | null, reason: string, requests: number, others: object = {}) => ({
  ...{ policy: "p", rule, issuer: "acme", outcome: "deny", reason, status: 401, requests, ...others },
});
const judged = (rule: string | null, requests: number, denied: number, wouldDeny = 0, inReportMode = 0) => ({
  ...{ policy: "p", rule, requests, denied, would_have_denied: wouldDeny, in_report_mode: inReportMode },
});
const lastAt = (time: string) => ({ last_at: `2027-01-15T08:00:${time}Z` });

/** The server has counted for ten seconds. Its clock is at 8:00:10. */
const measured = readingOf(
  "a:1",
  statusAt(0, {}, { rejections: [rejected("read", "expired", 10)], judged: [judged("read", 100, 10)] }),
  statusAt(
    10,
    {},
    {
      rejections: [
        rejected("read", "expired", 30, lastAt("08")),
        rejected("read", "unsigned", 500),
        rejected("write", "expired", 600, { ...lastAt("03"), issuer: "umbrella", status: 403 }),
      ],
      judged: [judged("read", 200, 30), judged("write", 1_000, 600), judged(null, 7, 0, 5, 6)],
    },
  ),
);
/** The server has no rates yet. Its clock is at 8:00:20. */
const fresh = readingOf(
  "b:1",
  statusAt(
    20,
    {},
    {
      rejections: [
        rejected("read", "expired", 5, lastAt("19")),
        rejected("read", "expired", 900, { ...lastAt("20"), outcome: "would_deny" }),
      ],
      judged: [judged("read", 4, 3, 2, 1), judged("small", 3, 0), judged("other", 2_000, 0)],
      verdict_cache: null,
    },
  ),
);

describe("the rejections of several servers: first the most frequent now, then those with the most requests", () => {
  const none = { policy: undefined, rule: undefined, reason: undefined, status: undefined, issuer: undefined };
  it("are one row for equal columns, with the sum of known rates and the age of the newest request", () => {
    const of = { policy: "p", status: 401, issuer: "acme" };
    expect(listRejections([measured, fresh], "all")).toEqual([
      {
        ...{ outcome: "deny", policy: "p", rule: "write", reason: "expired", status: 403, issuer: "umbrella" },
        ...{ requests: 600, perSecond: 60, ageMs: 7_000 },
      },
      { ...of, outcome: "deny", rule: "read", reason: "unsigned", requests: 500, perSecond: 50, ageMs: undefined },
      { ...of, outcome: "deny", rule: "read", reason: "expired", requests: 35, perSecond: 2, ageMs: 1_000 },
      { ...of, outcome: "would_deny", rule: "read", reason: "expired", requests: 900, perSecond: undefined, ageMs: 0 },
    ]);
  });

  it.each([
    [
      "rule",
      { policy: "p", rule: "write", requests: 600, perSecond: 60, ageMs: 7_000 },
      { policy: "p", rule: "read", requests: 535, perSecond: 52, ageMs: 1_000 },
      { policy: "p", rule: "read", outcome: "would_deny", requests: 900, perSecond: undefined, ageMs: 0 },
    ],
    [
      "reason",
      { reason: "expired", status: 403, requests: 600, perSecond: 60, ageMs: 7_000 },
      { reason: "unsigned", status: 401, requests: 500, perSecond: 50, ageMs: undefined },
      { reason: "expired", status: 401, requests: 35, perSecond: 2, ageMs: 1_000 },
      { reason: "expired", status: 401, outcome: "would_deny", requests: 900, perSecond: undefined, ageMs: 0 },
    ],
    [
      "issuer",
      { issuer: "umbrella", requests: 600, perSecond: 60, ageMs: 7_000 },
      { issuer: "acme", requests: 535, perSecond: 52, ageMs: 1_000 },
      { issuer: "acme", outcome: "would_deny", requests: 900, perSecond: undefined, ageMs: 0 },
    ],
  ] as const)(
    "are joined by %s, but real refusals and refusals of report mode stay separate",
    (by, ...rows: readonly object[]) => {
      expect(listRejections([measured, fresh], by)).toEqual(rows.map((row) => ({ ...none, outcome: "deny", ...row })));
    },
  );
});

it("the rules of several servers are added up: first the busiest now, then those with the most requests", () => {
  const count = (requests: number, perSecond?: number) => ({ requests, perSecond });
  const rule = (name: string | undefined, requests: object, denied: object, wouldDeny: object, inReportMode = 0) => ({
    ...{ policy: "p", rule: name, requests, denied, wouldDeny, inReportMode },
  });
  expect(listRules([measured, fresh])).toEqual([
    rule("write", count(1_000, 100), count(600, 60), count(0, 0)),
    rule("read", count(204, 10), count(33, 2), count(2, 0), 1),
    rule(undefined, count(7, 0.7), count(0, 0), count(5, 0.5), 6),
    rule("other", count(2_000), count(0), count(0)),
    rule("small", count(3), count(0), count(0)),
  ]);
});

it("the sum of no counts is unknown per second, unless a server has rates", () => {
  expect(sumCounts([], [fresh])).toEqual({ requests: 0, perSecond: undefined });
  expect(sumCounts([], [fresh, measured])).toEqual({ requests: 0, perSecond: 0 });
  const counts = [
    { requests: 1, perSecond: undefined },
    { requests: 2, perSecond: 3 },
  ];
  expect(sumCounts(counts, [fresh])).toEqual({ requests: 3, perSecond: 3 });
});

it("the view of several servers has their sums, and each row of a single server names this server", () => {
  const { policies, keys } = statusAt(0, {});
  const alarm = (alarms: number) => ({ kind: "shared_token", policy: "p", rule: null, issuer: "acme", alarms });
  const changes = {
    ...{ version: "1.2.4", ready: false, reasons: ["no keys"], verdict_cache: null },
    ...{ counted_since: "2027-01-15T07:00:20Z" },
    keys: [{ ...keys[0], issuer: "partner", failures: 1, failure: "503" }],
    policies: [{ ...policies[0], sha256: null }, ...policies],
    abuse: { alarms: [alarm(3)], refused_tokens: 4 },
  };
  const other = readingOf("b:1", statusAt(20, { expired: 5 }, changes));
  const watching = readingOf(
    "c:1",
    statusAt(0, {}),
    statusAt(10, { passed: 90, expired: 10, reported: 3 }, { abuse: { alarms: [alarm(9)], refused_tokens: 2 } }),
  );
  const { tables, figures, ...top } = describeServers([other, watching], { by: "rule", isHashWhole: false });
  const good = (text: string) => ({ text, tone: "good" });
  const bad = (text: string) => ({ text, tone: "bad" });
  const quiet = (text: string) => ({ text, tone: "quiet" });
  expect(top).toEqual({
    state: bad("1 of 2 servers ready"),
    about: quiet("version 1.2.4, 1.2.3, counting for 1 h"),
    reasons: [bad("b:1: no keys")],
    traffic: { requests: 13, refused: 1, wouldRefuse: 0.3 },
  });
  expect(figures.map(({ value, detail }) => [value.text, detail.text])).toEqual([
    ["13 /s", "135 in total"],
    ["1.0 /s", "7.7 % now, 15 in total (11.1 %)"],
    ["0.3 /s", "2.3 % now, 3 in total (2.2 %)"],
    ["4.5 /s", "45 in total (33.3 %)"],
    ["1 of 2 failing", "2 issuers, 4 keys"],
    ["2 in effect", "2 of 3 policies in effect"],
  ]);
  const textsOf = (id: string) =>
    tables.find((table) => table.id === id)?.rows.map((row) => row.map(({ text }) => text).join(" | "));
  expect(tables.map(({ id }) => id)).toEqual(["rejections", "alarms", "issuers", "policies", "report-mode", "rules"]);
  expect(tables.map(({ columns }) => columns[0]?.heading)).toEqual([
    "Per second",
    "Server",
    "Server",
    "Server",
    "Would refuse",
    "Per second",
  ]);
  expect(textsOf("alarms")).toEqual(["c:1 | 9 | shared_token | p | – | acme", "b:1 | 3 | shared_token | p | – | acme"]);
  expect(textsOf("issuers")).toEqual([
    "b:1 | partner | no answer, keys kept | 2 | 20 s | 1 failure, last: 503 | discovery | https://idp.example",
    "c:1 | acme | loaded | 2 | 10 s | – | discovery | https://idp.example",
  ]);
  const effective = "in effect | – | payments.yaml | abababababab";
  expect(textsOf("policies")).toEqual([
    "b:1 | payments | not in effect | – | payments.yaml | –",
    `b:1 | payments | ${effective}`,
    `c:1 | payments | ${effective}`,
  ]);
  const all = [watching, readingOf("d:1", statusAt(0, {}))];
  expect(describeServers(all, { by: "rule", isHashWhole: true }).state).toEqual(good("2 of 2 servers ready"));
  expect(describeServers([], { by: "rule", isHashWhole: true }).about).toEqual(quiet("version "));
});

describe("report mode", () => {
  const reportOf = (...rows: ReturnType<typeof judged>[]) => {
    const { tables } = describeServers([readingOf("a:1", statusAt(0, {}, { judged: rows }))], {
      by: "all",
      isHashWhole: true,
    });
    const { summary, rows: shown } = tables.find(({ id }) => id === "report-mode") ?? expect.fail();
    return [summary.text, ...shown.map((row) => row.map(({ text }) => text).join(" | "))];
  };
  it("lists the largest share first, and counts the other rules", () => {
    expect(
      reportOf(judged("a", 10, 0, 1, 10), judged("b", 20, 0, 0, 4), judged("c", 9, 0, 3, 6), judged("d", 5, 5)),
    ).toEqual([
      "2 rules would refuse 20.0 % of the 20 requests in report mode. 1 other rule would refuse none.",
      "50.0 % | – | 3 | 6 | p | c",
      "10.0 % | – | 1 | 10 | p | a",
      "0 % | – | 0 | 4 | p | b",
    ]);
    expect(reportOf(judged("a", 10, 0, 0, 10), judged("b", 20, 0, 0, 4))[0]).toBe(
      "2 rules would refuse none of 14 requests.",
    );
  });
});

describe("rates", () => {
  const rateAfter = (...times: readonly number[]): number | undefined => {
    const reading = readingOf("a:1", ...times.map((seconds) => statusAt(seconds, { expired: seconds * seconds })));
    return reading.rates.ofRejection(reading.document.rejections[0] ?? expect.fail());
  };
  it("compare with the newest answer that is at least ten seconds old, or else with the oldest one", () => {
    expect([rateAfter(0, 4), rateAfter(0, 4, 10), rateAfter(0, 4, 13.999), rateAfter(0, 4, 14)]).toEqual([
      4,
      10,
      expect.closeTo(13.999),
      18,
    ]);
    expect(rateAfter(0, 1, 2, 12, 13)).toBe(15);
    expect(rateAfter(0, 3, 3), "the same answer twice").toBe(3);
  });

  it("are unknown in the first answer of another process, so a rule's share of refusals is unknown too", () => {
    const next = statusAt(1, { expired: 5 }, { counted_since: "2027-01-15T08:00:01Z" });
    const reading = readingOf("a:1", statusAt(0, {}), next);
    expect(reading.rates.ofRejection(reading.document.rejections[0] ?? expect.fail())).toBeUndefined();
    const { tables } = describeServers([reading], { by: "all", isHashWhole: false });
    const [row = []] = tables.find(({ id }) => id === "rules")?.rows ?? [];
    expect(row.map(({ text }) => text).join(" | ")).toBe("– | – | 5 | 100 % | payments | read");
  });

  it("keep at most 100 answers, so that a server whose clock stands still cannot fill the memory", () => {
    const times = Array.from({ length: 102 }, (_, index) => index / 100);
    expect(rateAfter(...times)).toBeCloseTo(1.01 + 0.02);
    expect(rateAfter(...times.slice(0, 100))).toBeCloseTo(0.99);
  });

  it("count two rows of one rule or rejection together, and are unknown if the clock stands still", () => {
    expect(rateAfter(3, 3)).toBeUndefined();
    const twice = (requests: number) => ({ judged: [judged("r", requests, 1, 2), judged("r", requests, 1, 2)] });
    const { rates, document } = readingOf("a:1", statusAt(0, {}, twice(0)), statusAt(2, {}, twice(5)));
    expect(rates.ofRule(document.rules[0] ?? expect.fail())).toEqual({ requests: 5, denied: 0, wouldDeny: 0 });
    expect(rates.guardHits).toBe(0);
  });
});
