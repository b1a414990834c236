import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  ALWAYS_VALID,
  createAllow,
  createAnswer,
  createDeny,
  type Decision,
  isAllow,
} from "../../../plugin/core/model/decision.ts";
import { DENIALS, type Denial, type Reason } from "../../../plugin/core/model/denial.ts";
import { createEnding } from "../../../plugin/kong/calls/create-ending.ts";
import { createExit } from "../../../plugin/kong/calls/create-exit.ts";
import {
  addReusableVerdict,
  addVerdict,
  renderEnding,
  renderOtherInstance,
} from "../../../plugin/kong/calls/verdict.ts";
import { isMeant, parseGuardMark } from "../../../plugin/kong/contract/guard-mark.ts";
import { NAME, PRIORITY, VERSION } from "../../../plugin/kong/contract/plugin-identity.ts";

const NONCE = "0123456789abcdef0123456789abcdef";
const PLUGIN_ID = "3111686f-61fa-57f7-8919-d96abb8e3836";
const OTHER_ID = "32872376-ee0e-5c55-8923-40c6de4bf2f7";
const MARK = { nonce: NONCE, instance: { pluginId: PLUGIN_ID, sequence: 12 } };
const EVIDENCE = { policy: "payments", rule: "read" };

describe("the guard's mark", () => {
  it("is plugin id, sequence and nonce", () => {
    expect(parseGuardMark(`${PLUGIN_ID} 12 ${NONCE}`)).toEqual(MARK);
  });

  it.each([
    "",
    NONCE,
    `${PLUGIN_ID} 12`,
    `${PLUGIN_ID} ${NONCE}`,
    `${PLUGIN_ID} 1.5 ${NONCE}`,
    `${PLUGIN_ID} -1 ${NONCE}`,
    `${PLUGIN_ID} 1234567890123456 ${NONCE}`,
    ` ${PLUGIN_ID} 12 ${NONCE}`,
    `${PLUGIN_ID} 12 ${NONCE} `,
    `${PLUGIN_ID} 12 ${NONCE}\n`,
    `${PLUGIN_ID} 12 ${NONCE}0`,
    `${PLUGIN_ID} 12 ${NONCE.slice(1)}`,
    `${PLUGIN_ID} 12 ${NONCE.toUpperCase()}`,
    `${PLUGIN_ID}  12 ${NONCE}`,
    `${PLUGIN_ID.slice(1)} 12 ${NONCE}`,
    `${NONCE} ${PLUGIN_ID} 12`,
  ])("is not %j", (text) => {
    expect(parseGuardMark(text)).toBeUndefined();
  });
});

describe("a guard that can reuse verdicts", () => {
  it.each<[offer: string[], reuse: object | undefined]>([
    [[], undefined],
    [["other"], undefined],
    [["reuses"], { process: "", countsClients: false, hits: [] }],
    [["reuses", "clients"], { process: "", countsClients: true, hits: [] }],
    [["reuses", "ab:"], { process: "ab", countsClients: false, hits: [] }],
    [["reuses", "ab:1=2", "clients"], { process: "ab", countsClients: true, hits: [{ tally: 1, hits: 2 }] }],
    [
      ["reuses", "ab:0=1,12=345"],
      {
        process: "ab",
        countsClients: false,
        hits: [
          { tally: 0, hits: 1 },
          { tally: 12, hits: 345 },
        ],
      },
    ],
    [["reuses", "ab:x=1,1=-1,1=1e9,=,1=2"], { process: "ab", countsClients: false, hits: [{ tally: 1, hits: 2 }] }],
  ])("says so after the addresses: %j", (offer, reuse) => {
    expect(parseGuardMark(`${PLUGIN_ID} 12 ${NONCE}`, offer)?.reuse).toEqual(reuse);
  });

  it("gets one header with all changes of the request", () => {
    const caller = { consumer: undefined, credentialId: "c-1", groups: ["a"] };
    const headers = { "x-user-id": "alice", x_user_id: [], "x-roles": ["a", "b"] };
    const allow = createAllow({ headers, rawQuery: "", caller }, EVIDENCE, undefined, ALWAYS_VALID);
    const kept = { allow, afterMs: 1_000.5, beforeMs: 61_000.5, tally: 3, trace: {}, onReuse: () => {} };
    const facts = { target: false, transport: true, headers: ["authorization"] };
    const reuse = { generation: "ab.5", facts, countsRoute: true, countsClient: true };
    const sealed = addReusableVerdict(kept, reuse, MARK, MARK.instance);
    expect(isAllow(sealed)).toBe(true);
    expect(Object.keys(sealed.headers)).toEqual(["x-jwt-policy-verdict"]);
    const [word, recipe = "", ...due] = String(sealed.headers["x-jwt-policy-verdict"]).split(" ");
    expect([word, ...due]).toEqual(["reusable", PLUGIN_ID, "12", NONCE]);
    expect(JSON.parse(Buffer.from(recipe, "base64").toString())).toEqual({
      generation: "ab.5",
      after: 1_001,
      before: 60_950,
      tally: 3,
      facts: { ...facts, route: true, client: true },
      clear: "x_user_id",
      set: { "x-user-id": "alice", "x-roles": ["a", "b"] },
      query: "",
      caller: { credential: "c-1", groups: ["a"] },
      id: expect.any(String),
    });
  });

  it("gets a text that ends differently for each verdict, so that LuaJIT gives each text another hash", () => {
    const facts = { target: false, transport: false, headers: ["authorization"] };
    const reuse = { generation: "ab.5", facts, countsRoute: false, countsClient: false };
    const texts = Array.from({ length: 3_000 }, (_, index) => {
      const allow = createAllow({ headers: { "x-user-id": `ü${"x".repeat(index % 7)}` } }, EVIDENCE);
      const kept = { allow, afterMs: 0, beforeMs: 1, tally: 0, trace: {}, onReuse: () => {} };
      return String(addReusableVerdict(kept, reuse, MARK, MARK.instance).headers["x-jwt-policy-verdict"]).split(" ")[1];
    });
    const ends = texts.map((text = "") => [text.slice(-8), Buffer.from(text, "base64").subarray(-8).toString()]);
    expect(new Set(ends.map(([inBase64]) => inBase64)).size).toBe(3_000);
    expect(new Set(ends.map(([, inJson]) => inJson)).size).toBe(3_000);
  });
});

describe("a verdict", () => {
  const allow = createAllow({ headers: { "x-user-id": "alice", x_user_id: [] } }, EVIDENCE);

  it("is added to the headers of an Allow, which is still an Allow", () => {
    const sealed = addVerdict(allow, MARK, MARK.instance);
    expect(isAllow(sealed)).toBe(true);
    expect(sealed).toEqual({
      ...allow,
      headers: { "x-user-id": "alice", x_user_id: [], "x-jwt-policy-verdict": `${PLUGIN_ID} 12 ${NONCE}` },
    });
  });

  it("names the instance that judged, not the requested instance", () => {
    const sealed = addVerdict(allow, MARK, { pluginId: OTHER_ID, sequence: 13 });
    expect(sealed).toMatchObject({ headers: { "x-jwt-policy-verdict": `${OTHER_ID} 13 ${NONCE}` } });
  });

  it("takes precedence over a policy that maps a claim to its header name", () => {
    const mapped = createAllow({ headers: { "x-jwt-policy-verdict": "alice" } }, EVIDENCE);
    expect(addVerdict(mapped, MARK, MARK.instance)).toMatchObject({
      headers: { "x-jwt-policy-verdict": `${PLUGIN_ID} 12 ${NONCE}` },
    });
  });

  it.each<[what: string, decision: unknown]>([
    ["an Answer", createAnswer({ asks: "text", resource: { metadataUrl: "", metadataPath: "", metadata: "" } })],
    ["a Deny", createDeny({ reason: "token_missing" }, EVIDENCE)],
    ["a look-alike of an Allow", { verdict: "allow", headers: {}, evidence: EVIDENCE }],
    ["a copy of an Allow", { ...allow }],
    ["nothing", undefined],
  ])("is not given to %s", (_what, decision) => {
    expect(addVerdict(decision as Decision, MARK, MARK.instance)).toBe(decision);
  });
});

it.each<[what: string, own: { pluginId: string; sequence: number }, meant: boolean]>([
  ["itself", { pluginId: PLUGIN_ID, sequence: 12 }, true],
  ["an older version of its configuration", { pluginId: PLUGIN_ID, sequence: 11 }, false],
  ["another plugin's of the same sequence", { pluginId: OTHER_ID, sequence: 12 }, false],
])("an instance recognises %s by the mark", (_what, own, meant) => {
  expect(isMeant(MARK, own)).toBe(meant);
});

it("reports a wrong instance with a string that is neither a verdict nor a refusal", () => {
  expect(renderOtherInstance(MARK)).toEqual({ "x-jwt-policy-verdict": `other-instance ${NONCE}` });
});

it.each(Object.keys(DENIALS) as Reason[])(
  "a refusal by header carries the whole answer and its log line: %s",
  (reason) => {
    const denial = { reason, requiredScopes: ["read"], acrValues: ["gold"], retryAfterSeconds: 3 } as unknown as Denial;
    const deny = createDeny(denial, { ...EVIDENCE, kid: "\u{1f511}" });
    const { "x-jwt-policy-verdict": value, ...others } = renderEnding(MARK, createEnding(deny));
    expect(others).toEqual({});
    expect(value).toMatch(new RegExp(`^answered [A-Za-z0-9+/]+=* ${NONCE}$`));
    const carried = JSON.parse(Buffer.from(String(value).split(" ")[1] ?? "", "base64").toString());
    expect(carried).toEqual({
      ...createExit(deny),
      level: DENIALS[reason].status >= 500 ? "err" : "warn",
      line: expect.stringContaining(`jwt-policy denied the request: reason=${reason}`),
      nonce: NONCE,
    });
    expect(Object.keys(carried).at(-1)).toBe("nonce");
  },
);

describe("the guard's own source", () => {
  const guard = join(import.meta.dirname, "../../../plugin/guard/kong/plugins/jwt-policy-guard");
  const source = ["handler.lua", "facts.lua", "trace.lua", "verdicts.lua"]
    .map((file) => readFileSync(join(guard, file), "utf8"))
    .join("\n");

  it.each([
    ["the plugin's name", `local PLUGIN = "${NAME}"`],
    ["the header", 'local VERDICT = "x-jwt-policy-verdict"'],
    ["the priority directly below", `PRIORITY = ${PRIORITY - 1},`],
    ["the version", `VERSION = "${VERSION}"`],
    ["the words of another instance", '"other-instance "'],
    ["the words of an answer", '"^answered (%S+) "'],
    ["the format of the facts", 'var.scheme .. " " .. var.realip_remote_addr .. " " .. var.remote_addr'],
    ["the body of a refusal", JSON.stringify({ message: DENIALS.policy_unavailable.clientMessage })],
  ])("agrees on %s", (_what, text) => {
    expect(source).toContain(text);
  });
});
