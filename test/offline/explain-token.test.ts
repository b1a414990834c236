import { expect, it } from "vitest";
import { explainToken, findNearestAllow, type Question } from "../../offline/explain/explain-token.ts";
import { OwnKeys } from "../../offline/explain/own-keys.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { readPolicy } from "../../plugin/policy/read-policy.ts";
import { compileDocument } from "../core/fixtures.ts";
import { row } from "../row.ts";
import { AUDIENCES, createRandom, ISSUERS, randomDocument } from "./compare/random-policies.ts";

const NOW = 1_800_000_000;

function encode(header: unknown, claims: unknown): string {
  return [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
}

/** A token whose signature says nothing. */
function tokenOf(claims: unknown, header: unknown = { alg: "ES256", typ: "at+jwt" }): string {
  return `${encode(header, claims)}.${Buffer.alloc(64).toString("base64url")}`;
}

function ask(policy: CompiledPolicy, rule: string, token: string, method = "GET", target = "/o"): Question {
  return {
    policy,
    token,
    keys: new OwnKeys(undefined),
    consumers: [],
    nowSeconds: NOW,
    request: {
      binding: { by: "rule", rule },
      method,
      target,
      headers: new Map(),
      transport: "tls",
      tokenIn: undefined,
      authenticated: undefined,
      route: undefined,
    },
  };
}

const POLICY = compileDocument(`jwt_policy: 1
name: shop
issuers:
  acme: { issuer: https://idp.example, audiences: [api], algorithms: [ES256] }
routes:
  pay: { required_scopes: [payments:read, payments:write], required_roles: { none_of: [guest] } }
`);
const GOOD = {
  iss: "https://idp.example",
  aud: "api",
  sub: "alice-SECRET",
  exp: NOW + 60,
  iat: NOW,
  scope: "payments:read payments:write",
};

it.each<[what: string, claims: unknown, reason: string, changes: readonly RegExp[] | undefined]>([
  row("one scope too few", { ...GOOD, scope: "payments:read" }, "scope_insufficient", [
    /^add scope payments:write in claim/,
  ]),
  row("a role too many", { ...GOOD, roles: ["guest"] }, "condition_unmet", [/^remove role guest in claim/]),
  row("another audience", { ...GOOD, aud: "web" }, "audience_mismatch", [/^needs audience api in claim aud$/]),
  row("expired", { ...GOOD, exp: NOW - 900, iat: NOW - 999 }, "token_expired", [/: exp such as 2027-01-15T/]),
  row("another issuer", { ...GOOD, iss: "https://idp.example/" }, "issuer_untrusted", [
    /^needs iss https:\/\/idp\.example$/,
  ]),
  row("two things", { ...GOOD, aud: [], scope: "payments:write" }, "audience_mismatch", [
    /^needs audience/,
    /^add scope payments:read/,
  ]),
])("the nearest allow of a token with %s", async (_what, claims, reason, changes) => {
  const explanation = await explainToken(ask(POLICY, "pay", tokenOf(claims)));
  expect(explanation.denial?.reason).toBe(reason);
  expect(explanation.denial?.spec).toMatch(/RFC/);
  expect(explanation.nearestAllow).toEqual(changes?.map((change) => expect.stringMatching(change)));
  expect(JSON.stringify(explanation)).not.toMatch(/SECRET|eyJ|AAAA/);
});

it("the table says which stages passed, which decided, which were not reached, and that no signature was checked", async () => {
  const resultsOf = async (token: string): Promise<string> =>
    (await explainToken(ask(POLICY, "pay", token))).stages.map(({ stage, result }) => `${stage} ${result}`).join(", ");
  expect(await resultsOf(tokenOf({ ...GOOD, scope: "" }))).toBe(
    "match passed, extract passed, decode passed, key passed, verify not checked, claims passed, authorize decided, propagate not reached",
  );
  expect(await resultsOf("opaque")).toMatch(/decode decided, key not reached, verify not reached/);
  expect(await resultsOf(tokenOf(GOOD))).toMatch(/authorize passed, propagate passed$/);
});

it("with a key set, explain finds a wrong signature, and proposes no change of claims", async () => {
  const { publicKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "verify",
    "sign",
  ]);
  const jwk = await crypto.subtle.exportKey("jwk", publicKey);
  const keys = new OwnKeys({ keys: [{ ...jwk, kid: "a", alg: "ES256" }] });
  const token = tokenOf(GOOD, { alg: "ES256", kid: "a", typ: "at+jwt" });
  const explanation = await explainToken({ ...ask(POLICY, "pay", token), keys });
  expect(explanation.denial?.reason).toBe("signature_invalid");
  expect(explanation.nearestAllow).toBeUndefined();
  expect(explanation.stages[4]).toEqual({ stage: "verify", result: "decided" });
});

it("whatever the policy is, the request passes after the changes, and a change is found for almost every token", async () => {
  const random = createRandom(7);
  let [denied, found] = [0, 0];
  for (let round = 0; round < 60; round += 1) {
    const load = readPolicy(JSON.stringify(randomDocument(random)), "0".repeat(64));
    if (!load.ok) {
      continue;
    }
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
    const claims = {
      iss: pick(ISSUERS),
      aud: pick(AUDIENCES),
      exp: NOW + pick([-500, 300, 90_000]),
      iat: NOW - pick([10, 5000]),
      sub: "a",
      scope: pick(["a", "b c", ""]),
      roles: pick([["x"], "y", []]),
      plan: pick(["gold", 3, ["free"], "tin"]),
    };
    for (const rule of ["r", "s"]) {
      const question = ask(
        load.value,
        rule,
        tokenOf(claims, { alg: "ES256", typ: "jwt" }),
        pick(["GET", "POST"]),
        pick(["/o", "/p/1", "/o/1"]),
      );
      const { denial } = await explainToken(question);
      // If the request matches no operation, or if another plugin must authenticate it, no token passes.
      if (denial && !["no_matching_rule", "other_authentication_missing"].includes(denial.reason)) {
        denied += 1;
        // findNearestAllow itself judges the changed token with decide. If decide denied it, the result would be
        // undefined.
        found += (await findNearestAllow(question, NOW)) ? 1 : 0;
      }
    }
  }
  expect(denied).toBeGreaterThan(30);
  expect(found / denied).toBeGreaterThan(0.9);
});
