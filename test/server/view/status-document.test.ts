import { describe, expect, it } from "vitest";
import { describeServers } from "../../../plugin/server/view/overview.ts";
import { RateWindow } from "../../../plugin/server/view/rate-window.ts";
import { readStatusDocument } from "../../../plugin/server/view/status-document.ts";
import { START, statusAt } from "./status-fixture.ts";

/** Colours, a title, a line that runs backwards, new lines, C1, a zero-width space, and a tag. */
const NASTY = "\u001b[31m\u001b]0;x\u0007\u202e\u2066\u2028\u0085\u009b\u200b\u{e0041}x\n";

function showAll(value: unknown): string {
  const document = readStatusDocument(value);
  if (document === undefined) {
    throw new Error("this is not a status");
  }
  const reading = { name: NASTY, document, rates: new RateWindow().measure(document) };
  return JSON.stringify(describeServers([reading, reading], { by: "all", isHashWhole: true }));
}

/** Replaces each text with another text. Times stay unchanged, because a status must have times. */
function replaceTexts(value: unknown, text: string): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, part) =>
      typeof part === "string" && key !== "at" && key !== "counted_since" ? `${text}${part}` : part,
    ),
  );
}

describe("an answer of a hostile server", () => {
  const full = statusAt(0, { expired: 1 }, { ready: false, reasons: ["r"] });
  const failing = {
    ...full,
    abuse: { alarms: [{ kind: "k", policy: "p", rule: "r", issuer: "i", alarms: 1 }], refused_tokens: 1 },
    policies: [{ ...full.policies[0], refused: [{ line: 1, code: "c", message: "m" }] }],
    keys: [
      { ...full.keys[0], failures: 1, failure: "f" },
      { ...full.keys[0], warnings: ["w"] },
    ],
  };

  it("cannot control the terminal by any of its texts", () => {
    const shown = JSON.parse(showAll(replaceTexts(failing, NASTY)));
    const texts = JSON.stringify(shown).replaceAll("\\\\", "");
    expect(texts).toContain("u{1b}");
    expect(JSON.stringify(shown)).not.toMatch(/\\u00|\\n|[^ -~–…]/);
  });

  it("is cut off, so that it cannot fill the memory", () => {
    const long = replaceTexts(failing, "x".repeat(100_000));
    const many = { ...full, rejections: Array.from({ length: 50_000 }, (_, rule) => ({ rule: `${rule}` })) };
    expect(showAll(long).length).toBeLessThan(50_000);
    expect(readStatusDocument(many)?.rejections).toHaveLength(10_000);
    expect(readStatusDocument({ ...full, version: "x".repeat(501) })?.version).toHaveLength(500);
  });

  it.each<[what: string, changes: object]>([
    [
      "values that are not numbers",
      { judged: [{ policy: "p", rule: "r", requests: "1e9", denied: {}, in_report_mode: [] }] },
    ],
    ["negative and endless numbers", { rejections: [{ requests: -5 }, { requests: Number.POSITIVE_INFINITY }] }],
    ["lists that are no lists", { abuse: { alarms: 1 }, policies: 1, keys: "x", judged: null, reasons: {} }],
    ["rows that are no rows", { policies: [1, null, []], keys: [[]], judged: ["x"], rejections: [null, 2] }],
    ["times that are no times", { rejections: [{ last_at: "yesterday" }], keys: [{ loaded_at: 1e300 }] }],
    ["members of objects", { rejections: [JSON.parse('{"__proto__": {"policy": "p"}, "constructor": 1}')] }],
  ])("with %s is shown without them", (_what, changes) => {
    expect(showAll({ ...full, ...changes })).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });

  it("is read without the parts of a wrong type, and without more than 20 mistakes or reasons", () => {
    const many = Array.from({ length: 21 }, (_, line) => ({ line, code: "c", message: "m" }));
    const odd = {
      ...{ version: 1, ready: 1, reasons: many.map(() => "r"), verdict_cache: { guard_hits: "5" }, abuse: [] },
      policies: [{ source: "s", name: 1, sha256: null, refused: many, issuers_without_keys: ["i", 1] }, "x"],
      keys: [{ issuer: "i", iss: 5, state: "serving", keys: -1, loaded_at: 5, from_state_dir: "yes", failures: 1.5 }],
      judged: [{ policy: "p", rule: 1, requests: 2, denied: "2", would_have_denied: Number.NaN, in_report_mode: 4 }],
      rejections: [{ policy: "p", outcome: "x", reason: "r", requests: 2, status: 401 }],
    };
    expect(readStatusDocument({ ...full, ...odd })).toEqual({
      ...{ version: "", at: START, countedSince: START, isReady: false, reasons: many.slice(1).map(() => "r") },
      policies: [
        { source: "s", name: undefined, sha256: undefined, mistakes: many.slice(0, 20), issuersWithoutKeys: ["i", ""] },
        { source: "", name: undefined, sha256: undefined, mistakes: [], issuersWithoutKeys: [] },
      ],
      keys: [
        {
          ...{ issuer: "i", iss: "", from: "", state: "serving", keys: 0, loadedAt: undefined, isRestored: false },
          ...{ failures: 1.5, failure: undefined, warnings: [] },
        },
      ],
      rules: [{ policy: "p", rule: undefined, requests: 2, denied: 0, wouldDeny: 0, inReportMode: 4 }],
      rejections: [
        {
          ...{ policy: "p", rule: undefined, issuer: undefined, outcome: "deny", reason: "r", status: 401 },
          ...{ requests: 2, lastAt: undefined },
        },
      ],
      guardHits: 0,
      abuse: { alarms: [], refusedTokens: 0 },
    });
  });

  it("has one row for equal rejections, with the newest time", () => {
    const row = { policy: "p", rule: "r", issuer: "i", outcome: "deny", reason: "x", status: 401, requests: 1 };
    const at = (second: number) => ({ ...row, last_at: `2027-01-15T08:00:0${second}Z` });
    const rows = readStatusDocument({ ...full, rejections: [at(2), at(5), at(3), row, { ...at(9), issuer: null }] });
    expect(rows?.rejections.map(({ requests, lastAt }) => [requests, (lastAt ?? 0) - START])).toEqual([
      [4, 5_000],
      [1, 9_000],
    ]);
  });

  const noStatus = [
    { ...full, at: "x" },
    { ...full, counted_since: "x" },
    { ...full, rejections: {} },
  ];
  it.each([undefined, null, 1, "x", [], {}, ...noStatus])("that is not a status is not shown: %j", (value) => {
    expect(readStatusDocument(value)).toBeUndefined();
  });
});
