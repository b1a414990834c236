import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAllow, createAnswer, createDeny, type Decision, isAllow } from "../../../plugin/core/model/decision.ts";
import { DENIALS, type Denial, type Reason } from "../../../plugin/core/model/denial.ts";
import { createEnding } from "../../../plugin/kong/calls/create-ending.ts";
import { createExit } from "../../../plugin/kong/calls/create-exit.ts";
import { addVerdict, renderEnding, renderOtherInstance } from "../../../plugin/kong/calls/verdict.ts";
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

describe("a verdict", () => {
  const allow = createAllow({ headers: { "x-user-id": "alice", x_user_id: [] } }, EVIDENCE);

  it("is added to the headers of an Allow, which stays one", () => {
    const sealed = addVerdict(allow, MARK, MARK.instance);
    expect(isAllow(sealed)).toBe(true);
    expect(sealed).toEqual({
      ...allow,
      headers: { "x-user-id": "alice", x_user_id: [], "x-jwt-policy-verdict": `${PLUGIN_ID} 12 ${NONCE}` },
    });
  });

  it("names who judged, not who was asked for", () => {
    const sealed = addVerdict(allow, MARK, { pluginId: OTHER_ID, sequence: 13 });
    expect(sealed).toMatchObject({ headers: { "x-jwt-policy-verdict": `${OTHER_ID} 13 ${NONCE}` } });
  });

  it("wins over a policy that maps a claim to its name", () => {
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
])("an instance tells %s by the mark", (_what, own, meant) => {
  expect(isMeant(MARK, own)).toBe(meant);
});

it("says that another instance was asked in words that are no verdict and no refusal", () => {
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
    });
  },
);

describe("the guard's own source", () => {
  const source = readFileSync(
    join(import.meta.dirname, "../../../plugin/guard/kong/plugins/jwt-policy-guard/handler.lua"),
    "utf8",
  );

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
