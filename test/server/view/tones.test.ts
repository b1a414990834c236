import { describe, expect, it } from "vitest";
import { describeServers, type Overview } from "../../../plugin/server/view/overview.ts";
import { RateWindow } from "../../../plugin/server/view/rate-window.ts";
import { readStatusDocument } from "../../../plugin/server/view/status-document.ts";
import type { Cell } from "../../../plugin/server/view/table.ts";
import { statusAt } from "./status-fixture.ts";

/** The view of one server after these answers, with room for whole hashes. */
function show(...answers: readonly unknown[]): Overview {
  const window = new RateWindow();
  const readings = answers.map((answer) => {
    const document = readStatusDocument(answer) ?? expect.fail();
    return { name: "a:1", document, rates: window.measure(document) };
  });
  return describeServers(readings.slice(-1), { by: "all", isHashWhole: true });
}

/** A text, and its tone as a sign. */
const SIGNS = { good: "+", warn: "~", bad: "!", quiet: "." } as const;
const toned = ({ text, tone }: Cell): string => (tone === undefined ? text : `${SIGNS[tone]}${text}`);
const linesOf = ({ tables }: Overview, id: string): readonly string[] => {
  const { title, summary, columns, rows } = tables.find((table) => table.id === id) ?? expect.fail();
  return [
    `${title}: ${toned(summary)}`,
    columns.map(({ heading, kind }) => `${heading} (${kind})`).join(" | "),
    ...rows.map((row) => row.map(toned).join(" | ")),
  ];
};

const [KEYS] = statusAt(0, {}).keys;
const [POLICY] = statusAt(0, {}).policies;
const MISTAKE = { line: 3, column: 1, code: "unknown_key", message: "unknown key a" };
const TROUBLE = {
  ready: false,
  reasons: ["no keys of partner"],
  keys: [
    KEYS,
    { ...KEYS, issuer: "kept", failures: 2, failure: "503", from_state_dir: true },
    { ...KEYS, issuer: "waiting", state: "waiting", keys: 0, loaded_at: null, failures: 1 },
    { ...KEYS, issuer: "none", state: "without_keys", keys: 0, warnings: ["no alg", "weak"] },
    { ...KEYS, issuer: "old", state: "too_old", from: "jwks" },
    { ...KEYS, issuer: "later", state: "of_a_later_version" },
  ],
  policies: [
    POLICY,
    { ...POLICY, source: "b.yaml", refused: [MISTAKE, MISTAKE] },
    { ...POLICY, source: "c.yaml", name: null, sha256: null, refused: [MISTAKE] },
    { ...POLICY, source: "d.yaml", issuers_without_keys: ["acme", "partner"] },
  ],
  abuse: {
    alarms: [{ kind: "shared_token", policy: "payments", rule: null, issuer: "acme", alarms: 1 }],
    refused_tokens: 2,
  },
};
const trouble = show(statusAt(0, {}), statusAt(10, { passed: 90, expired: 10, reported: 3 }, TROUBLE));
const calm = show(
  statusAt(0, {}),
  statusAt(10, {}, { rejections: [], judged: [], abuse: { alarms: [], refused_tokens: 0 } }),
);
const empty = show(statusAt(0, {}, { keys: [], policies: [], rejections: [], judged: [] }));
/** The text above the tables. */
const topOf = ({ state, about, reasons, figures }: Overview): readonly string[] => [
  ...[state, about, ...reasons].map(toned),
  ...figures.map(({ id, name, value, detail }) => `${id}, ${name}: ${toned(value)} (${toned(detail)})`),
];
const HASH = "ab".repeat(32);
const [REJECTIONS, RULES, REPORT_MODE, ISSUERS, POLICIES, ALARMS] = [
  "Per second (number) | Total (number) | Outcome (text) | Policy (code) | Rule (code) | Reason (code) | Issuer (code) | Status (number) | Last (number)",
  "Per second (number) | Refused now (number) | Total (number) | Refused in total (number) | Policy (code) | Rule (code)",
  "Would refuse (number) | Per second (number) | Requests (number) | Of (number) | Policy (code) | Rule (code)",
  "Issuer (code) | State (text) | Keys (number) | Age (number) | Problem (note) | From (text) | iss (long)",
  "Policy (code) | State (text) | Problem (note) | Source (long) | SHA-256 (long)",
  "Alarms (number) | Kind (code) | Policy (code) | Rule (code) | Issuer (code)",
];

describe("each text of the view has the tone that fits its value, and each column has its kind", () => {
  it("while there are problems", () => {
    expect(topOf(trouble)).toEqual([
      ...["!not ready", ".version 1.2.3, counting for 10 s", "!no keys of partner"],
      "requests, Requests: 13 /s (.130 in total)",
      "refused, Refused: !1.0 /s (7.7 % now, 10 in total (7.7 %))",
      "would-refuse, Report mode: ~0.3 /s (2.3 % now, 3 in total (2.3 %))",
      "guard, Guard hits: 4.5 /s (.45 in total (34.6 %))",
      "keys, Issuers: !5 of 6 failing (.6 issuers, 8 keys)",
      "policies, Policies: !2 refused (.3 of 4 policies in effect)",
    ]);
    expect(linesOf(trouble, "rejections")).toEqual([
      "Rejections: .Requests that were refused, and requests that passed only because of report mode.",
      REJECTIONS,
      "1.0 | 10 | !refused | payments | read | token_expired | acme | 401 | .0 s",
      "0.3 | 3 | ~would refuse | payments | watched | scope_insufficient | acme | 401 | .0 s",
    ]);
    expect(linesOf(trouble, "alarms")).toEqual([
      "Abuse: !1 alarm about replayed or stolen tokens. 2 tokens refused now. Kong's log has the details.",
      ...[ALARMS, "1 | shared_token | payments | .– | acme"],
    ]);
    expect(linesOf(trouble, "issuers")).toEqual([
      "Issuers and keys: !5 of 6 issuers failing.",
      ISSUERS,
      "kept | ~no answer, keys kept | 2 | 10 s | !2 failures, last: 503 | .discovery (stored) | .https://idp.example",
      "waiting | !no keys yet | 0 | .– | !1 failure, last: unknown | .discovery | .https://idp.example",
      "none | !no usable key | 0 | 10 s | ~no alg; weak | .discovery | .https://idp.example",
      "old | !keys too old | 2 | .– | .– | .jwks | .https://idp.example",
      "later | ~of_a_later_version | 2 | 10 s | .– | .discovery | .https://idp.example",
      "acme | +loaded | 2 | 10 s | .– | .discovery | .https://idp.example",
    ]);
    expect(linesOf(trouble, "policies")).toEqual([
      "Policies: !The plugin refuses the newest version of 2 of 4 policies.",
      POLICIES,
      `payments | ~older version in effect | !line 3: unknown key a (and 1 more) | b.yaml | .${HASH}`,
      ".– | !not in effect | !line 3: unknown key a | c.yaml | .–",
      `payments | +in effect | .– | payments.yaml | .${HASH}`,
      `payments | +in effect | !no keys of acme, partner | d.yaml | .${HASH}`,
    ]);
    expect(linesOf(trouble, "report-mode")).toEqual([
      "Report mode: ~1 rule would refuse 10.0 % of the 30 requests in report mode.",
      ...[REPORT_MODE, "~10.0 % | 0.3 | 3 | 30 | payments | watched"],
    ]);
    expect(linesOf(trouble, "rules")).toEqual([
      "Rules: .Requests that each rule judged.",
      RULES,
      "10 | !10.0 % | 100 | 10.0 % | payments | read",
      "3.0 | .0 % | 30 | .0 % | payments | watched",
    ]);
  });

  it.each<[what: string, overview: Overview, tones: string]>([
    ["all is well", calm, "+.++++.."],
    ["nothing is configured", empty, "+.++..."],
  ])("while %s", (_what, { state, about, tables }, tones) => {
    const cells = [state, about, ...tables.map(({ summary }) => summary)];
    expect(cells.map(({ tone }) => SIGNS[tone ?? "bad"]).join("")).toBe(tones);
    expect(tables.filter(({ id }) => id === "rejections" || id === "rules").map(({ rows }) => rows)).toEqual([[], []]);
  });

  it("while no request comes", () => {
    expect(topOf(calm)).toEqual([
      ...["+ready", ".version 1.2.3, counting for 10 s", "requests, Requests: 0 /s (.0 in total)"],
      ...["refused, Refused: 0 /s (0 in total (–))", "would-refuse, Report mode: 0 /s (0 in total (–))"],
      ...["guard, Guard hits: 0 /s (.0 in total (–))", "keys, Issuers: +all answer (.1 issuer, 2 keys)"],
      "policies, Policies: +1 in effect (.1 of 1 policy in effect)",
    ]);
    expect(calm.tables.map(({ id, summary }) => `${id}: ${summary.text}`)).toEqual([
      ...["rejections: No request was rejected.", "alarms: No alarm about replayed or stolen tokens."],
      ...["issuers: All keys of 1 issuer are loaded.", "policies: 1 policy in effect, none refused."],
      ...["report-mode: No request was judged in report mode.", "rules: No request was judged."],
    ]);
  });

  it("while there were alarms, but no token is refused now", () => {
    const alarms = [{ kind: "shared_token", policy: "payments", rule: null, issuer: "acme", alarms: 2 }];
    expect(linesOf(show(statusAt(0, {}, { abuse: { alarms, refused_tokens: 0 } })), "alarms")[0]).toMatch(
      /^Abuse: .2 alarms about replayed or stolen tokens\. Kong's log has the details\.$/,
    );
  });

  it("while a provider is down and the server keeps its keys", () => {
    const kept = show(statusAt(0, {}, { keys: [{ ...KEYS, failures: 1, failure: "503" }] }));
    expect([topOf(kept).at(-2), linesOf(kept, "issuers")[0]]).toEqual([
      "keys, Issuers: ~1 of 1 failing (.1 issuer, 2 keys)",
      "Issuers and keys: ~1 of 1 issuer failing.",
    ]);
  });
});
