import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { PLAIN_REPLY } from "../../plugin/core/model/answers.ts";
import { type Answer, type Decision, isAllow } from "../../plugin/core/model/decision.ts";
import { deny } from "../../plugin/core/model/denial.ts";
import type { Pdk } from "../../plugin/kong/contract/pdk.ts";
import { createFactsReader } from "../../plugin/kong/facts/read-facts.ts";
import { type PluginInstance, startPluginInstance } from "../../plugin/kong/handler.ts";
import { createPolicyStore } from "../../plugin/runtime/load/policy-store.ts";
import { createRuntime } from "../../plugin/runtime/runtime.ts";
import { claimsOf, inlineIssuer, policyDocument } from "../core/fixtures.ts";
import { silentLog } from "../logs.ts";
import { row } from "../row.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";
import { type Answers, scriptedPdk } from "./contract/scripted-pdk.ts";

const key = generateSigningKey("ES256", "acme-1");
const DOCUMENT = JSON.stringify(
  policyDocument(inlineIssuer([key]), {
    routes: { read: { required_scopes: ["read"] }, orders: { access: "public" } },
  }),
);
const now = (): number => Date.now();
const TOKEN = mintToken({
  key,
  claims: claimsOf({ exp: Math.floor(now() / 1000) + 300, iat: Math.floor(now() / 1000) }),
});

const root = temporaryFolder();
writeFileSync(join(root, "good.json"), DOCUMENT);
writeFileSync(join(root, "broken.yaml"), "jwt_policy: 1\nnames: x\n");
writeFileSync(join(root, "broken-once.yaml"), "text\n");
const runtime = createRuntime({
  policyRoot: root,
  compiler: createPolicyStore(root),
  policyPollMs: 1_000,
  now,
  log: silentLog,
});
afterAll(() => runtime.stop());

const ALICE = { id: "11111111-1111-4111-8111-111111111111", username: "alice" };

/** Kong's side of the test: every request has this token and uses the route `orders`. */
const ANSWERS: Answers = {
  variables: { request: "GET / HTTP/1.1" },
  headers: [["authorization", [`Bearer ${TOKEN}`]]],
  forwardedScheme: "https",
  consumers: { alice: ALICE },
  route: { id: "r1", name: "orders", paths: ["/orders"] },
};
const READ_CALLS = ["get_headers 1000", "get_var request", "get_forwarded_scheme"];
const { pdk, calls: asked } = scriptedPdk(ANSWERS);

const start = (configJson: string, hasVariable = false): PluginInstance =>
  startPluginInstance(
    configJson,
    runtime,
    createFactsReader(hasVariable, () => {}),
  );

function access(configJson: string): Promise<Decision | Answer> {
  asked.length = 0;
  return start(configJson).access(pdk);
}

describe("an instance whose configuration or policy is broken refuses every request with policy_unavailable", () => {
  it.each<[what: string, configJson: string, detail: RegExp]>([
    ["no JSON", "{", /JSON/],
    ["an empty string, as when Kong sends no configuration", "", /JSON/],
    ["neither a file nor a policy", "{}", /^exactly one of config\.policy_file and config\.policy must be set$/],
    ["both", '{"policy_file":"good.json","policy":"x"}', /^exactly one of/],
    ["a file that is not there", '{"policy_file":"none.yaml"}', /^none\.yaml:1:1 file_missing: /],
    ["a file outside the root", '{"policy_file":"../etc/passwd"}', /^\.\.\/etc\/passwd:1:1 file_outside_root: /],
    ["an absolute file", '{"policy_file":"/etc/passwd"}', /^\/etc\/passwd:1:1 file_outside_root: /],
    ["a file with one mistake", '{"policy_file":"broken-once.yaml"}', /^broken-once\.yaml:1:1 not_a_policy: [^(]*$/],
    ["a file with mistakes", '{"policy_file":"broken.yaml"}', /^broken\.yaml:\d+:\d+ [a-z_]+: .* \(and 2 more\)$/],
    ["an inline policy with mistakes", '{"policy":"jwt_policy: 2"}', /^the inline policy:\d+:\d+ [a-z_]+: /],
    [
      "a rule that the policy does not have",
      '{"policy_file":"good.json","rule":"none"}',
      /has no rule "none", which the plugin's config names; it has read, orders$/,
    ],
  ])("%s", async (_what, configJson, detail) => {
    const decision = await access(configJson);
    expect(decision).toMatchObject({
      verdict: "deny",
      denial: { reason: "policy_unavailable" },
      evidence: { policy: expect.stringMatching(/./) },
    });
    expect(decision.verdict === "deny" && decision.denial.detail).toMatch(detail);
  });

  it("an inline policy with mistakes, with any policies of other plugins, with an id and without", async () => {
    const good = { policy: DOCUMENT, rule: "orders" };
    const broken = { policy: "jwt_policy: 2", rule: "orders" };
    for (const [identity, other] of [
      [{}, {}],
      [
        { __plugin_id: "1", __seq__: 1 },
        { __plugin_id: "2", __seq__: 1 },
      ],
      [{ __plugin_id: "1" }, { __plugin_id: "2" }],
    ]) {
      expect(await access(JSON.stringify({ ...good, ...identity }))).toMatchObject({ verdict: "allow" });
      expect(await access(JSON.stringify({ ...broken, ...other }))).toMatchObject({
        denial: { reason: "policy_unavailable" },
      });
    }
  });

  it("without a call to Kong, again and again", async () => {
    const instance = start("{}");
    asked.length = 0;
    for (const _ of [1, 2]) {
      expect(await instance.access(pdk)).toMatchObject({ denial: { reason: "policy_unavailable" } });
    }
    expect(asked).toEqual([]);
  });

  it("and nothing is thrown if no request ever comes", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on("unhandledRejection", note);
    onTestFinished(() => void process.off("unhandledRejection", note));
    const configs = ["{", "{}", '{"policy_file":"none.yaml"}'];
    for (const config of configs) {
      start(config);
    }
    await Promise.all(configs.map(access)); // These read the same, and later.
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  });
});

describe("an instance whose policy is good decides", () => {
  it.each<[what: string, calls: string[], config: object, expected: object]>([
    row(
      "by the rule that the configuration names",
      READ_CALLS,
      { policy_file: "good.json", rule: "read" },
      { verdict: "allow", headers: { "x-user-id": "alice" }, evidence: { policy: "payments", rule: "read" } },
    ),
    row(
      "by the route without one",
      ["get_route", ...READ_CALLS],
      { policy_file: "good.json" },
      { verdict: "allow", headers: { "x-user-id": [] }, evidence: { policy: "payments", rule: "orders" } },
    ),
    row(
      "by the last good inline policy of the same plugin on the same Route, if the newest policy has mistakes",
      ["get_route", ...READ_CALLS],
      { policy: "jwt_policy: 2", rule: "read", __plugin_id: "last-good", __seq__: 2, route_id: "r1" },
      { verdict: "allow", headers: { "x-user-id": "alice" } },
    ),
    row(
      "by an inline policy all the same",
      READ_CALLS,
      { policy: DOCUMENT, rule: "read" },
      { verdict: "allow", headers: { "x-user-id": "alice" } },
    ),
  ])("%s", async (_what, calls, config, expected) => {
    const lastGood = { policy: DOCUMENT, rule: "read", __plugin_id: "last-good", __seq__: 1, route_id: "r1" };
    await access(JSON.stringify(lastGood));
    expect(await access(JSON.stringify(config))).toMatchObject(expected);
    expect(asked).toEqual(calls);
  });

  it.each<[method: string, target: string, verdict: string]>([
    ["GET", "/.well-known/oauth-protected-resource/pay", "answer"],
    ["OPTIONS", "/.well-known/oauth-protected-resource/pay", "answer"],
    ["GET", "/pay", "deny"],
    ["POST", "/.well-known/oauth-protected-resource/pay", "deny"],
  ])("answers for the API's description, with any rule: %s %s", async (method, target, verdict) => {
    const described = { ...JSON.parse(DOCUMENT), protected_resource: { resource: "https://api.example.com/pay" } };
    const config = JSON.stringify({ policy: JSON.stringify(described), rule: "none" });
    const asking: Pdk = { ...pdk, nginx: { getVar: async () => `${method} ${target} HTTP/1.1` } };
    const instance = start(config);
    expect(await instance.access(asking)).toMatchObject({ verdict });
  });

  it("refuses ambiguous requests under the policy's own name", async () => {
    const instance = startPluginInstance('{"policy_file":"good.json","rule":"read"}', runtime, async () =>
      deny({ reason: "too_many_headers" }),
    );
    expect(await instance.access(pdk)).toEqual({
      verdict: "deny",
      denial: { reason: "too_many_headers" },
      reply: PLAIN_REPLY,
      evidence: { policy: "payments" },
    });
  });

  it("rejects if Kong does not answer, and the client gets 500", async () => {
    const failing: Pdk = {
      ...pdk,
      request: { ...pdk.request, getHeaders: () => Promise.reject(new Error("no reply")) },
    };
    const instance = start('{"policy_file":"good.json","rule":"read"}');
    await expect(instance.access(failing)).rejects.toThrow("no reply");
  });
});

describe("the Consumer that a token names", () => {
  const CONSUMERS = JSON.stringify({ ...JSON.parse(DOCUMENT), identity: { consumer: { claim: "sub" } } });
  const config = (workspace: string): string =>
    JSON.stringify({ policy: CONSUMERS, rule: "read", __plugin_id: `p-${workspace}`, __seq__: 1, __ws_id: workspace });

  it("is looked up by the first request that needs it, once for each workspace", async () => {
    const found = { verdict: "allow", caller: { consumer: ALICE, credentialId: ALICE.id } };
    const ask = async (workspace: string): Promise<readonly string[]> => {
      expect(await access(config(workspace))).toMatchObject(found);
      return asked.filter((call) => call.startsWith("load_consumer"));
    };
    expect(await ask("1")).toEqual(["load_consumer alice true"]);
    expect(await ask("1")).toEqual([]);
    expect(await ask("2")).toEqual(["load_consumer alice true"]);
  });

  it("is still known in an Allow that carries a verdict", async () => {
    const mark = "3111686f-61fa-57f7-8919-d96abb8e3836 7 0123456789abcdef0123456789abcdef";
    const facts = `3 connection authorization\nGET / HTTP/1.1\nhttps 10.0.0.1 10.0.0.1\n\nBearer ${TOKEN}\n${mark}`;
    const guarded: Pdk = { ...pdk, nginx: { getVar: async () => facts } };
    const own = { __plugin_id: "3111686f-61fa-57f7-8919-d96abb8e3836", __seq__: 7 };
    const instance = start(JSON.stringify({ policy: CONSUMERS, rule: "read", ...own }), true);
    const decision = await instance.access(guarded);
    expect(decision).toMatchObject({ caller: { consumer: ALICE }, headers: { "x-jwt-policy-verdict": mark } });
  });

  it("leads to 500 if Kong's answer cannot be read", async () => {
    const failing: Pdk = {
      ...pdk,
      client: { ...pdk.client, loadConsumer: () => Promise.reject(new Error("index out of range")) },
    };
    const instance = start(config("3"));
    await expect(instance.access(failing)).rejects.toThrow("index out of range");
  });
});

describe("the verdict for the guard", () => {
  const NONCE = "0123456789abcdef0123456789abcdef";
  const PLUGIN_ID = "3111686f-61fa-57f7-8919-d96abb8e3836";
  const askWith = (identity: object, last: string): Promise<Decision | Answer> => {
    const facts = `3 connection authorization\nGET / HTTP/1.1\nhttps 10.0.0.1 10.0.0.1\n\nBearer ${TOKEN}\n${last}`;
    const guarded: Pdk = { ...pdk, nginx: { getVar: async () => facts } };
    const config = JSON.stringify({ policy_file: "good.json", rule: "orders", ...identity });
    return start(config, true).access(guarded);
  };
  const OWN = { __plugin_id: PLUGIN_ID, __seq__: 7 };

  it("names the instance that judged and the request, if the guard asks for a verdict", async () => {
    const decision = await askWith(OWN, `${PLUGIN_ID} 7 ${NONCE}`);
    expect(isAllow(decision) && decision.headers["x-jwt-policy-verdict"]).toBe(`${PLUGIN_ID} 7 ${NONCE}`);
  });

  it.each<[what: string, identity: object, last: string]>([
    ["no guard asks", OWN, NONCE],
    ["Kong did not say who the instance is", {}, `${PLUGIN_ID} 7 ${NONCE}`],
  ])("is not given if %s", async (_what, identity, last) => {
    const decision = await askWith(identity, last);
    expect(isAllow(decision) && decision.headers).toEqual(
      expect.not.objectContaining({ "x-jwt-policy-verdict": expect.anything() }),
    );
  });
});
