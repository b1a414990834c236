import { describe, expect, it } from "vitest";
import type { Grouping, ServerReading } from "../../../plugin/server/view/counted-rows.ts";
import { describeServers, type Overview } from "../../../plugin/server/view/overview.ts";
import { RateWindow } from "../../../plugin/server/view/rate-window.ts";
import { readStatusDocument, type StatusDocument } from "../../../plugin/server/view/status-document.ts";
import { statusAt } from "./status-fixture.ts";

function read(status: unknown): StatusDocument {
  const document = readStatusDocument(status);
  if (document === undefined) {
    throw new Error("the fixture is not a status");
  }
  return document;
}

/** The view of a server after these answers. */
function readingOf(answers: readonly unknown[], name = "a:1"): ServerReading {
  const window = new RateWindow();
  const readings = answers.map((answer) => {
    const document = read(answer);
    return { name, document, rates: window.measure(document) };
  });
  return readings.at(-1) as ServerReading;
}

function show(servers: readonly ServerReading[], by: Grouping = "all"): Overview {
  return describeServers(servers, { by, isHashWhole: false });
}

/** The rows of a table, as texts between bars. */
function rowsOf({ tables }: Overview, id: string): readonly string[] {
  const rows = tables.find((table) => table.id === id)?.rows ?? [];
  return rows.map((row) => row.map(({ text }) => text).join(" | "));
}

const summaryOf = ({ tables }: Overview, id: string): string | undefined =>
  tables.find((table) => table.id === id)?.summary.text;
const figureOf = ({ figures }: Overview, id: string): string => {
  const { value, detail } = figures.find((figure) => figure.id === id) ?? { value: { text: "" }, detail: { text: "" } };
  return `${value.text}; ${detail.text}`;
};

const BUSY = [statusAt(0, {}), statusAt(10, { passed: 90, expired: 10, reported: 3 })];

describe("rejections", () => {
  it("have their rate, total, outcome, rule, reason, status, issuer and age", () => {
    expect(rowsOf(show([readingOf(BUSY)]), "rejections")).toEqual([
      "1.0 | 10 | refused | payments | read | token_expired | acme | 401 | 0 s",
      "0.3 | 3 | would refuse | payments | watched | scope_insufficient | acme | 401 | 0 s",
    ]);
  });

  it.each<[by: Grouping, rows: readonly string[]]>([
    ["rule", ["1.0 | 10 | refused | payments | read | 0 s", "0.3 | 3 | would refuse | payments | watched | 0 s"]],
    [
      "reason",
      ["1.0 | 10 | refused | token_expired | 401 | 0 s", "0.3 | 3 | would refuse | scope_insufficient | 401 | 0 s"],
    ],
    ["issuer", ["1.0 | 10 | refused | acme | 0 s", "0.3 | 3 | would refuse | acme | 0 s"]],
  ])("are joined by %s", (by, rows) => {
    expect(rowsOf(show([readingOf(BUSY)], by), "rejections")).toEqual(rows);
  });

  it("have no rate after the first answer, because a rate needs two", () => {
    expect(rowsOf(show([readingOf([BUSY[1]])]), "rejections")[0]).toMatch(/^– \| 10 \| refused/);
  });

  it("of the two modes of one rule are one row", () => {
    const [row] = statusAt(0, { expired: 4 }).rejections;
    const reading = readingOf([statusAt(0, {}), statusAt(2, {}, { rejections: [row, row] })]);
    expect(rowsOf(show([reading]), "rejections")).toEqual([
      "4.0 | 8 | refused | payments | read | token_expired | acme | 401 | 2 s",
    ]);
  });

  it("without a rule or an issuer name none", () => {
    const [row] = statusAt(0, { expired: 4 }).rejections;
    const reading = readingOf([statusAt(0, {}, { rejections: [{ ...row, rule: null, issuer: null }] })]);
    expect(rowsOf(show([reading]), "rejections")[0]).toContain("(no rule) | token_expired | (no issuer) | 401");
  });
});

describe("rates", () => {
  const rateOf = (answers: readonly unknown[]): string => figureOf(show([readingOf(answers)]), "refused");

  it("are those of the last ten seconds", () => {
    const answers = [0, 2, 4, 6, 8, 10, 12, 14].map((seconds) =>
      statusAt(seconds, { passed: 100, expired: seconds < 6 ? 1_000 : 1_020 }),
    );
    expect(rateOf(answers)).toBe("2.0 /s; 100 % now, 1,020 in total (91.1 %)");
  });

  it("are unknown when another process answers, or when the server's clock was set back", () => {
    const restarted = statusAt(12, { expired: 1 }, { counted_since: "2027-01-15T08:00:11Z" });
    expect(rateOf([...BUSY, restarted])).toMatch(/^– \/s/);
    expect(rateOf([...BUSY, statusAt(-60, { expired: 1 })])).toMatch(/^– \/s/);
  });

  it("are zero if no request came between two answers, also if none ever came", () => {
    expect(rateOf([statusAt(0, {}), statusAt(2, {})])).toBe("0 /s; 0 in total (–)");
    const idle = [0, 2].map((seconds) =>
      statusAt(seconds, {}, { judged: [], rejections: [], verdict_cache: undefined }),
    );
    expect(rateOf(idle)).toBe("0 /s; 0 in total (–)");
  });

  it("come from the last hundred answers, if a server answers more often than ten times a second", () => {
    const burst = Array.from({ length: 101 }, (_, index) =>
      statusAt(index / 100, { expired: index === 0 ? 0 : 1_000 }),
    );
    expect(rateOf(burst.slice(0, 100))).toMatch(/^1,010 \/s/);
    expect(rateOf(burst)).toMatch(/^0 \/s/);
  });

  it("are zero for a row and for a guard without counts", () => {
    const window = new RateWindow();
    const documents = [0, 2].map((seconds) => read(statusAt(seconds, { expired: 1 }, { verdict_cache: undefined })));
    const [, rates] = documents.map((document) => window.measure(document));
    const [row] = documents[0]?.rejections ?? [];
    const other = { ...(row ?? expect.fail()), rule: "other" };
    expect([rates?.ofRejection(other), rates?.ofRule({ ...other, denied: 0, wouldDeny: 0, inReportMode: 0 })]).toEqual([
      0,
      { requests: 0, denied: 0, wouldDeny: 0 },
    ]);
    expect(rates?.guardHits).toBe(0);
  });

  it("are never negative, whatever the server counts", () => {
    expect(rateOf([statusAt(0, { expired: 10 }), statusAt(1, { expired: 4 })])).toMatch(/^0 \/s/);
  });
});

describe("issuers", () => {
  const [keys] = statusAt(0, {}).keys;
  it.each<[changes: object, row: string]>([
    [{}, "acme | loaded | 2 | 1 h | – | discovery | https://idp.example"],
    [
      { failures: 3, failure: "timeout" },
      "acme | no answer, keys kept | 2 | 1 h | 3 failures, last: timeout | discovery | https://idp.example",
    ],
    [
      { state: "too_old", keys: 0, failures: 9, failure: "timeout", from_state_dir: true },
      "acme | keys too old | 0 | 1 h | 9 failures, last: timeout | discovery (stored) | https://idp.example",
    ],
    [{ state: "waiting", loaded_at: null }, "acme | no keys yet | 2 | – | – | discovery | https://idp.example"],
    [{ state: "without_keys" }, "acme | no usable key | 2 | 1 h | – | discovery | https://idp.example"],
    [{ from: "jwks" }, "acme | loaded | 2 | – | – | jwks | https://idp.example"],
    [{ warnings: ["no alg", "weak"] }, "acme | loaded | 2 | 1 h | no alg; weak | discovery | https://idp.example"],
  ])("with %j", (changes, row) => {
    const overview = show([readingOf([statusAt(3_600, {}, { keys: [{ ...keys, ...changes }] })])]);
    expect(rowsOf(overview, "issuers")).toEqual([row]);
  });
});

describe("policies", () => {
  const [policy] = statusAt(0, {}).policies;
  const mistake = { line: 3, column: 1, code: "unknown_key", message: "unknown key a" };
  it.each<[changes: object, row: string]>([
    [{}, "payments | in effect | – | payments.yaml | abababababab"],
    [
      { refused: [mistake, mistake] },
      "payments | older version in effect | line 3: unknown key a (and 1 more) | payments.yaml | abababababab",
    ],
    [{ name: null, sha256: null, refused: [mistake] }, "– | not in effect | line 3: unknown key a | payments.yaml | –"],
    [{ issuers_without_keys: ["acme"] }, "payments | in effect | no keys of acme | payments.yaml | abababababab"],
  ])("with %j", (changes, row) => {
    const overview = show([readingOf([statusAt(0, {}, { policies: [{ ...policy, ...changes }] })])]);
    expect(rowsOf(overview, "policies")).toEqual([row]);
  });
});

describe("alarms about abuse", () => {
  const alarm = { kind: "shared_token", policy: "payments", rule: "read", issuer: "acme", alarms: 2 };

  it("are not shown if no server watches for abuse", () => {
    expect(show([readingOf(BUSY)]).tables.map(({ id }) => id)).not.toContain("alarms");
  });

  it("are shown with the tokens that are refused at the moment, the most frequent first", () => {
    const many = { ...alarm, kind: "unknown_keys", rule: null, issuer: null, alarms: 1_000 };
    const overview = show([readingOf([statusAt(0, {}, { abuse: { alarms: [alarm, many], refused_tokens: 1 } })])]);
    expect(rowsOf(overview, "alarms")).toEqual([
      "1,000 | unknown_keys | payments | – | –",
      "2 | shared_token | payments | read | acme",
    ]);
    expect(summaryOf(overview, "alarms")).toBe(
      "1,002 alarms about replayed or stolen tokens. 1 token refused now. Kong's log has the details.",
    );
  });

  it("say that there is no abuse, if the server watches for it", () => {
    const overview = show([readingOf([statusAt(0, {}, { abuse: { alarms: [], refused_tokens: 0 } })])]);
    expect(summaryOf(overview, "alarms")).toBe("No alarm about replayed or stolen tokens.");
  });
});
