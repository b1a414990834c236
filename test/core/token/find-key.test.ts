import { createHmac, createPublicKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { KeyLookup, KeyOverview, KeySource, MissingKey, VerificationKey } from "../../../plugin/core/model/key.ts";
import { fail, PASSED, succeed } from "../../../plugin/core/model/result.ts";
import { decodeToken } from "../../../plugin/core/token/decode-token.ts";
import { findKey, selectIssuer } from "../../../plugin/core/token/find-key.ts";
import { denied } from "../../denials.ts";
import { outcomeOf, unwrap } from "../../results.ts";
import { encodeSegment, generateSigningKey, mintToken } from "../../tokens.ts";
import {
  claimsOf,
  compileDocument,
  compileIssuer,
  ISSUER,
  inlineIssuer,
  joseHeaderOf,
  policyDocument,
  requirementsOf,
} from "../fixtures.ts";
import { createInlineKeys } from "../inline-keys.ts";

const acmeKey = generateSigningKey("ES256", "acme-1");
const partnerKey = generateSigningKey("ES256", "partner-1");
const rsaKey = generateSigningKey("RS256", "rsa-1");
const PARTNER = "https://login.partner.example";
const issuers = { acme: inlineIssuer([acmeKey, rsaKey]), partner: inlineIssuer([partnerKey], { issuer: PARTNER }) };
const policy = compileDocument(policyDocument({}, { issuers, defaults: { accept: ["acme"] } }));

const select = (iss: unknown, alg = "ES256", compiled = policy): unknown =>
  outcomeOf(selectIssuer(compiled, requirementsOf(), joseHeaderOf({ alg }), JSON.parse(JSON.stringify({ iss }))));

describe("selectIssuer", () => {
  it("finds the issuer whose identifier is exactly the token's iss", () => {
    expect(select(ISSUER)).toBe(policy.issuers.get(ISSUER));
  });

  it.each<unknown>([
    ...[undefined, null, "", 0, true, [ISSUER], { iss: ISSUER }, `${ISSUER}/`, ISSUER.toUpperCase(), ` ${ISSUER}`],
    ...[`${ISSUER}\u0000`, "https://idp.example.com.evil.example", "acme", "__proto__", "constructor"],
  ])("trusts no issuer with iss %j", (iss) => {
    expect(select(iss)).toEqual(denied("issuer_untrusted", "; accepted: https://"));
  });

  it.each<[iss: unknown, found: string]>([
    [undefined, "the token has no iss; accepted: https://idp.example.com"],
    [1, "the unverified iss is not a string; accepted: https://idp.example.com"],
    ["acme", "the policy has no issuer with the unverified iss acme; accepted: https://idp.example.com"],
    [
      `${ISSUER}/`,
      "the policy has no issuer with the unverified iss https://idp.example.com/; accepted: https://idp.example.com; it differs only by the trailing slash",
    ],
  ])("says for iss %j which issuers the rule accepts", (iss, detail) => {
    expect(select(iss)).toEqual({ reason: "issuer_untrusted", detail });
  });

  it("refuses an issuer of the policy that the rule does not accept", () => {
    expect(select(PARTNER)).toEqual(denied("issuer_untrusted", 'the rule does not accept issuer "partner"'));
  });

  it("finds an issuer with several entries if the rule accepts any of them", () => {
    const issuer = { ...inlineIssuer([acmeKey]), token_type: "any" };
    const entry = (use: string) => ({ ...issuer, required_claims: { use: { equals: use } } });
    const entries = { id: entry("id"), acme: entry("access") };
    const pair = compileDocument(policyDocument({}, { issuers: entries, defaults: { accept: ["acme"] } }));
    expect(select(ISSUER, "ES256", pair)).toMatchObject({ issuer: ISSUER });
  });

  it.each<readonly [alg: string, shown: string]>([
    ...["none", "None", "nOnE", "HS256", "es256", "ES384", "PS256", "EdDSA"].map((alg) => [alg, alg] as const),
    ...["", "ES256 ", " ES256", "__proto__", "A".repeat(21)].map(
      (alg) => [alg, "is not the name of an algorithm"] as const,
    ),
    ["A".repeat(20), "A".repeat(20)],
  ])("does not allow algorithm %j, which the issuer does not name", (alg, shown) => {
    const detail = `unverified alg ${shown}; issuer "acme" allows ES256, RS256`;
    expect(select(ISSUER, alg)).toEqual({ reason: "algorithm_not_allowed", detail });
  });

  const publicKey = createPublicKey({ key: rsaKey.publicJwk, format: "jwk" });
  it.each([
    ["PEM", publicKey.export({ format: "pem", type: "spki" })],
    ["DER", publicKey.export({ format: "der", type: "spki" })],
    ["JWK", JSON.stringify(rsaKey.publicJwk)],
  ])("does not allow an HMAC made with the %s of a public key", (_form, secret) => {
    const input = mintToken({ key: rsaKey, header: { alg: "HS256" }, claims: claimsOf() }).replace(/\.[^.]*$/, "");
    const signature = encodeSegment(createHmac("sha256", secret).update(input).digest());
    const { joseHeader, unverifiedIssuer } = unwrap(decodeToken(`${input}.${signature}`));
    const selected = selectIssuer(policy, requirementsOf(), joseHeader, unverifiedIssuer);
    expect(selected).toMatchObject(fail({ reason: "algorithm_not_allowed" }));
  });
});

describe("selectIssuer, where an issuer has tenants", () => {
  const TENANTS = "https://login.example.com/{tenant}";
  const policyOf = (...tenants: readonly string[]) =>
    compileDocument(policyDocument(inlineIssuer([acmeKey], { issuer: TENANTS, tenants })));
  const selectTenant = (iss: unknown, ...tenants: readonly string[]) => select(iss, "ES256", policyOf(...tenants));

  it("finds the issuer by a named tenant, and says that it has other tenants", () => {
    expect(selectTenant("https://login.example.com/a", "a")).toMatchObject({ issuer: TENANTS });
    const detail = 'unverified iss names the tenant b; issuer "acme" has other tenants: a, c';
    expect(selectTenant("https://login.example.com/b", "a", "c")).toEqual({ reason: "issuer_untrusted", detail });
  });

  it("finds the issuer by any tenant if it names no tenants", () => {
    expect(selectTenant("https://login.example.com/b", "*")).toMatchObject({ issuer: TENANTS });
  });

  it.each([undefined, null, 1, ["https://login.example.com/a"], {}])("trusts no issuer with iss %j", (iss) => {
    const detail = /^the (?:token has no iss|unverified iss is not a string); accepted: https:/;
    expect(selectTenant(iss, "a")).toHaveProperty("detail", expect.stringMatching(detail));
  });
});

const keyOf = (kid: string | undefined, algorithm: string): KeyOverview["keys"][number] => ({ kid, algorithm });
const overviewOf = (changes: Partial<KeyOverview> = {}): KeyOverview => ({
  keys: [],
  notUsed: [],
  failures: [],
  ...changes,
});

describe("findKey", () => {
  const acme = compileIssuer();
  const keys = createInlineKeys();
  const find = async (iss: string, kid: string | undefined, alg = "ES256"): Promise<unknown> =>
    outcomeOf(await findKey(keys, policy.issuers.get(iss) ?? acme, joseHeaderOf({ kid, alg }), { iss }));

  it("finds the issuer's key that kid and alg name", async () => {
    expect(await find(ISSUER, "acme-1")).toMatchObject({ issuer: ISSUER, kid: "acme-1", algorithm: "ES256" });
  });

  it.each<[what: string, kid: string | undefined, alg: string]>([
    ["the kid of another issuer's key", "partner-1", "ES256"],
    ["a kid that nobody has", "acme-2", "ES256"],
    ["a kid in another case", "ACME-1", "ES256"],
    ["an empty kid", "", "ES256"],
    ["the kid of a key for another algorithm", "rsa-1", "ES256"],
    ["a kid that looks like a path", "../acme-1", "ES256"],
  ])("does not find %s", async (_what, kid, alg) => {
    expect(await find(ISSUER, kid, alg)).toEqual(denied("key_not_found", 'issuer "acme" has no key for '));
  });

  it.each<[kid: string | undefined, shown: string]>([
    ["acme-2", "unverified kid acme-2"],
    [undefined, "a token without kid"],
  ])("says which keys the issuer has for a token with kid %j", async (kid, shown) => {
    const describeIn = async (overview: KeyOverview): Promise<unknown> => {
      const source: KeySource = { find: () => fail({ because: "unknown" }), describe: () => overview };
      return outcomeOf(await findKey(source, acme, joseHeaderOf({ kid }), {}));
    };
    const start = `issuer "acme" has no key for ${shown} and alg ES256`;
    const without = `${start}; keys for ES256: none; its keys are for none`;
    expect(await describeIn(overviewOf())).toEqual({ reason: "key_not_found", detail: without });
    const others = [keyOf("acme-1", "RS256"), keyOf(undefined, "EdDSA"), keyOf("acme-2", "PS256")];
    const twin = kid === undefined ? "" : "; the key with this kid is for PS256";
    const detail = `${start}${twin}; keys for ES256: none; its keys are for RS256, EdDSA, PS256; not used: weak`;
    expect(await describeIn(overviewOf({ keys: others, notUsed: ["weak"] }))).toHaveProperty("detail", detail);
    const fitting = [keyOf("a", "ES256"), keyOf(undefined, "ES256"), keyOf("b", "RS256")];
    const named = `${start}; keys for ES256: 2, kid a, "(no kid)"`;
    expect(await describeIn(overviewOf({ keys: fitting }))).toHaveProperty("detail", named);
  });

  it("says why no key set is usable: the last attempt, or else the keys that are not used, three of them at most", async () => {
    const describeIn = async (overview: KeyOverview): Promise<unknown> => {
      const source: KeySource = {
        find: () => fail({ because: "unavailable", retryAfterSeconds: 7 }),
        describe: () => overview,
      };
      return outcomeOf(await findKey(source, acme, joseHeaderOf(), {}));
    };
    const start = 'no usable keys of issuer "acme" yet, next attempt within 7 s';
    const reasons = ["first", "second", "third", "fourth", "fifth"];
    for (const [overview, why] of [
      [overviewOf(), ""],
      [overviewOf({ failures: ["down"], notUsed: ["weak"] }), "; the last attempt failed: down"],
      [overviewOf({ notUsed: ["weak"] }), "; not used: weak"],
      [overviewOf({ notUsed: reasons.slice(0, 3) }), "; not used: first; second; third"],
      [overviewOf({ failures: reasons }), "; the last attempt failed: first; second; third and 2 more"],
      [overviewOf({ failures: ["x".repeat(161)] }), `; the last attempt failed: ${"x".repeat(160)}...`],
    ] as const) {
      expect(await describeIn(overview)).toHaveProperty("detail", `${start}${why}`);
    }
  });

  it("says nothing about the keys if the key source cannot", async () => {
    const detail = 'issuer "acme" has no key for unverified kid 1 and alg ES256';
    expect(await findIn(fail({ because: "unknown" }))).toEqual({ reason: "key_not_found", detail });
    const unavailable = 'no usable keys of issuer "acme" yet, next attempt within 7 s';
    expect(await findIn(fail({ because: "unavailable", retryAfterSeconds: 7 }))).toHaveProperty("detail", unavailable);
  });

  /** The outcome if the keys give this answer. */
  const findIn = async (lookup: KeyLookup, issuer = acme, iss: { iss?: string } = {}): Promise<unknown> =>
    outcomeOf(await findKey({ find: () => lookup }, issuer, joseHeaderOf(), iss));

  it("says when to try again while no usable key set exists", async () => {
    const denial = denied("keys_unavailable", 'no usable keys of issuer "acme" yet', { retryAfterSeconds: 7 });
    expect(await findIn(fail({ because: "unavailable", retryAfterSeconds: 7 }))).toEqual(denial);
  });

  it("does not report a token as invalid if its key could not be looked up", async () => {
    const denial = denied("overloaded", 'too many requests wait for keys of issuer "acme"');
    expect(await findIn(fail({ because: "overloaded" }))).toEqual(denial);
  });

  const unnamed = 'the token does not name its key of issuer "acme"';
  it.each<[missing: MissingKey, detail: string]>([
    [{ because: "conflict" }, 'kid, x5t and x5t#S256 name different keys of issuer "acme"'],
    [{ because: "too_many", count: 5, limit: 4 }, `${unnamed}: 5 keys fit, and at most 4 are tried`],
  ])("says why no key is used for %j", async (missing, detail) => {
    expect(await findIn(fail(missing))).toEqual(denied("key_not_found", detail));
  });

  it("tries several keys only if the issuer allows it", async () => {
    const several = { ...yesSayer, candidates: 2 };
    expect(await findIn(succeed(several))).toEqual(several);
    const strict = compileIssuer({ tokens_without_kid: "only_key" });
    const detail = `${unnamed}: 2 keys fit, and "tokens_without_kid" does not allow the plugin to try them`;
    expect(await findIn(succeed(several), strict)).toEqual({ reason: "key_not_found", detail });
    expect(await findIn(succeed(yesSayer), strict)).toEqual(yesSayer);
  });

  it("uses a key of one tenant for no other tenant", async () => {
    const found = { ...yesSayer, onlyFor: `${ISSUER}/a` };
    expect(await findIn(succeed(found), acme, { iss: `${ISSUER}/a` })).toEqual(found);
    for (const iss of [{ iss: `${ISSUER}/b` }, { iss: `${ISSUER}/a/` }, {}]) {
      expect(await findIn(succeed(found), acme, iss)).toEqual(denied("key_not_found", "for another tenant"));
    }
  });

  const yesSayer: VerificationKey = { issuer: ISSUER, kid: "1", algorithm: "ES256", verify: () => PASSED };
  it.each<[what: string, key: VerificationKey]>([
    ["of another issuer", { ...yesSayer, issuer: PARTNER }],
    ["of another algorithm", { ...yesSayer, algorithm: "RS256" }],
  ])("refuses a key %s that the key source returns by mistake", async (_what, found) => {
    expect(await findIn(succeed(yesSayer))).toEqual(yesSayer);
    const defect = denied("internal_error", "the key source returned a key that does not fit");
    expect(await findIn(succeed(found))).toEqual(defect);
  });
});
