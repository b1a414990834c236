import { createPublicKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import { isAllow } from "../../plugin/core/model/decision.ts";
import type { KeySource } from "../../plugin/core/model/key.ts";
import type { RequestFacts } from "../../plugin/core/model/request.ts";
import { succeed } from "../../plugin/core/model/result.ts";
import { createVerificationKey } from "../../plugin/keys/verify/verification-key.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";
import { claimsOf, compileDocument, ISSUER, inlineIssuer, NOW, policyDocument, requestOf } from "./fixtures.ts";
import { createInlineKeys } from "./inline-keys.ts";

const key = generateSigningKey("ES256", "acme-1");
const policy = compileDocument(
  policyDocument(inlineIssuer([key], { clock_skew: "0s" }), {
    routes: {
      read: { required_scopes: ["read"] },
      open: { access: "public" },
      maybe: { access: "optional", required_scopes: ["read"] },
      tenant: { required_claims: { tenant: { equals_header: "x-tenant" } } },
      mixed: {
        operations: [
          { methods: ["GET"], path: "/", access: "public" },
          { methods: ["POST"], path: "/", required_scopes: ["write"] },
        ],
      },
    },
  }),
);
const keys = createInlineKeys();
const CLEARED = { "x-user-id": [], "x-user_id": [], "x_user-id": [], x_user_id: [] };
const ANONYMOUS = { headers: CLEARED };
const ALICE = { headers: { ...CLEARED, "x-user-id": "alice", authorization: expect.stringMatching(/^Bearer ey/) } };

const valid = mintToken({ key, claims: claimsOf() });
const expired = mintToken({ key, claims: claimsOf({ exp: NOW }) });
const unscoped = mintToken({ key, claims: claimsOf({ scope: "" }) });

/** The headers of an Allow, or the reason and evidence of a Deny. */
async function judge(facts: RequestFacts, source: KeySource = keys, now: () => number = () => NOW): Promise<unknown> {
  const decision = await decide(facts, policy, source, now);
  return isAllow(decision) ? { headers: decision.headers } : decision.verdict === "deny" && decision.denial.reason;
}

const bound = (rule: string, authorization: string | undefined): RequestFacts =>
  requestOf(undefined, { binding: { by: "rule", rule }, authorization });

describe("a header that a claim is compared with", () => {
  const from = (tenant: unknown, ...headers: readonly (readonly [string, string])[]): Promise<unknown> => {
    const credentials = `Bearer ${mintToken({ key, claims: claimsOf({ tenant }) })}`;
    return judge({ ...bound("tenant", credentials), headers: new Map(headers) });
  };

  it("reaches the upstream with the compared value, and in no other spelling", async () => {
    const headers = { ...ALICE.headers, "x-tenant": "acme", x_tenant: [] };
    expect(await from("acme", ["x-tenant", "acme"])).toEqual({ headers });
  });

  it.each<[what: string, tenant: unknown, headers: readonly (readonly [string, string])[]]>([
    ["is another", "acme", [["x-tenant", "other"]]],
    ["stands there twice", "acme", [["x-tenant", "acme, acme"]]],
    ["is absent", "acme", []],
    ["is absent, and the claim is absent", undefined, []],
    ["is there without the claim", undefined, [["x-tenant", "acme"]]],
  ])("ends the request when it %s", async (_what, tenant, headers) => {
    expect(await from(tenant, ...headers)).toBe("condition_unmet");
  });
});

describe("access says whether a request without a valid token passes", () => {
  it.each<[rule: string, what: string, authorization: string | undefined, expected: unknown]>([
    ["read", "no Authorization header", undefined, "token_missing"],
    ["read", "an empty one", "", "token_missing"],
    ["read", "another scheme", "Basic YTpi", "token_missing"],
    ["read", "a valid token", `Bearer ${valid}`, ALICE],
    ["read", "an expired token", `Bearer ${expired}`, "token_expired"],
    ["maybe", "no Authorization header", undefined, { headers: { ...CLEARED, authorization: [] } }],
    ["maybe", "an empty one", "", "token_missing"],
    ["maybe", "another scheme", "Basic YTpi", "token_missing"],
    ["maybe", "a scheme without a token", "Bearer ", "token_missing"],
    ["maybe", "a malformed token", "Bearer x", "token_malformed"],
    ["maybe", "a token of nobody", "Bearer a b", "authorization_malformed"],
    ["maybe", "an expired token", `Bearer ${expired}`, "token_expired"],
    ["maybe", "a token without the scope", `Bearer ${unscoped}`, "scope_insufficient"],
    ["maybe", "a valid token", `Bearer ${valid}`, ALICE],
    ["open", "no Authorization header", undefined, ANONYMOUS],
    ["open", "a malformed token", "Bearer x, y", ANONYMOUS],
    ["open", "an expired token", `Bearer ${expired}`, ANONYMOUS],
    ["open", "a valid token, which it does not read", `Bearer ${valid}`, ANONYMOUS],
  ])("%s, with %s", async (rule, _what, authorization, expected) => {
    expect(await judge(bound(rule, authorization))).toEqual(expected);
  });

  it("for each operation separately, if the rule has operations", async () => {
    const request = (method: string): RequestFacts =>
      requestOf(undefined, { binding: { by: "rule", rule: "mixed" }, requestLine: { method, target: "/" } });
    expect(await judge(request("GET"))).toEqual(ANONYMOUS);
    expect(await judge(request("HEAD"))).toEqual(ANONYMOUS);
    expect(await judge(request("POST"))).toBe("token_missing");
    expect(await judge(request("PUT"))).toBe("no_matching_rule");
  });
});

describe("the evidence contains only facts that the stages found", () => {
  const token = (header: Record<string, unknown>, changes: Record<string, unknown> = {}): string =>
    mintToken({ key, header, claims: claimsOf(changes) });
  it.each<[what: string, facts: RequestFacts, evidence: Record<string, unknown>]>([
    ["no rule", bound("other", undefined), {}],
    ["no token", bound("read", undefined), { rule: "read" }],
    ["an unreadable token", bound("read", "Bearer x"), { rule: "read" }],
    ["an untrusted issuer", requestOf(token({}, { iss: "x" })), { rule: "read", kid: "acme-1" }],
    ["a token without kid", requestOf(token({ kid: undefined })), { rule: "read", issuer: "acme" }],
    ["an unknown kid", requestOf(token({ kid: "x" })), { rule: "read", issuer: "acme", kid: "x" }],
    ["a valid token", requestOf(valid), { rule: "read", issuer: "acme", kid: "acme-1" }],
    ["a public rule", bound("open", `Bearer ${valid}`), { rule: "open" }],
  ])("%s", async (_what, facts, evidence) => {
    const decision = await decide(facts, policy, keys, () => NOW);
    expect(decision.evidence).toEqual({ policy: "payments", ...evidence });
  });
});

describe("the clock is read once, after the key was found", () => {
  const publicKey = createPublicKey({ key: key.publicJwk, format: "jwk" });
  const found = createVerificationKey(ISSUER, "acme-1", "ES256", publicKey);
  const token = mintToken({ key, claims: claimsOf({ exp: NOW + 5 }) });

  it.each([
    [4, ALICE],
    [5, "token_expired"],
  ])("a key that arrives after %i seconds, for a token that expires in 5", async (seconds, expected) => {
    let clock = NOW;
    const slow: KeySource = {
      find: async () => {
        await Promise.resolve();
        clock += seconds;
        return succeed(found);
      },
    };
    expect(await judge(requestOf(token), slow, () => clock)).toEqual(expected);
  });

  it("and does not read the clock if no claims are read", async () => {
    const noClock = (): number => {
      throw new Error("the clock was read");
    };
    expect(await judge(bound("open", undefined), keys, noClock)).toEqual(ANONYMOUS);
    expect(await judge(requestOf("a.b.c"), keys, noClock)).toBe("token_malformed");
  });
});

it("answers that keys are unavailable while the issuer's only key is too weak to use", async () => {
  const weak = { kty: "RSA", kid: "weak", n: Buffer.alloc(128, 0xff).toString("base64url"), e: "AQAB" };
  const issuer = { issuer: ISSUER, audiences: ["api"], algorithms: ["RS256"], keys: { jwks: { keys: [weak] } } };
  const rsa = generateSigningKey("RS256", "weak");
  const facts = requestOf(mintToken({ key: rsa, claims: claimsOf() }));
  const decision = await decide(facts, compileDocument(policyDocument(issuer)), keys, () => NOW);
  const detail = expect.stringContaining('no usable keys of issuer "acme" yet');
  const denial = { reason: "keys_unavailable", retryAfterSeconds: 1, detail };
  expect(decision).toMatchObject({ verdict: "deny", denial });
});

it("looks for a key only after the token is readable, of a trusted issuer and of an allowed algorithm", async () => {
  const asked: string[] = [];
  const recording: KeySource = {
    find: (issuer, joseHeader) => {
      asked.push(`${issuer.id} ${joseHeader.kid}`);
      return keys.find(issuer, joseHeader);
    },
  };
  await judge(requestOf("a.b.c"), recording);
  await judge(requestOf(mintToken({ key, claims: claimsOf({ iss: "https://evil.example" }) })), recording);
  await judge(requestOf(mintToken({ key, header: { alg: "RS256" }, claims: claimsOf() })), recording);
  await judge(bound("open", `Bearer ${valid}`), recording);
  expect(asked).toEqual([]);
  await judge(requestOf(expired), recording);
  expect(asked).toEqual(["acme acme-1"]);
});

describe("a token that the upstream does not get", () => {
  const routes = { read: {}, maybe: { access: "optional" }, open: { access: "public" } };
  const kept = compileDocument(policyDocument(inlineIssuer([key]), { token: { forward: false }, routes }));
  const headersOf = async (rule: string, authorization: string | undefined) => {
    const decision = await decide(bound(rule, authorization), kept, keys, () => NOW);
    return isAllow(decision) ? decision.headers : decision;
  };

  it("is removed on every rule that reads tokens, and its claims are still mapped", async () => {
    for (const rule of ["read", "maybe"]) {
      expect(await headersOf(rule, `Bearer ${valid}`)).toMatchObject({ authorization: [], "x-user-id": "alice" });
    }
  });

  it("is not removed on a public rule", async () => {
    expect(await headersOf("open", `Bearer ${valid}`)).not.toHaveProperty("authorization");
  });
});
