import { generateKeyPairSync } from "node:crypto";
import type { JWK } from "jose";
import { describe, expect, it } from "vitest";
import type { CompiledIssuer } from "../../plugin/core/policy.ts";
import { importKeySet } from "../../plugin/keys/import-key-set.ts";
import { rereadKey } from "../../sandbox/reread-key.ts";
import { compileDocument, compileIssuer, ISSUER, policyDocument } from "../core/fixtures.ts";
import { generateSigningKey } from "../tokens.ts";

const rsa = generateSigningKey("RS256", "r").publicJwk;
const ec = generateSigningKey("ES256", "e").publicJwk;
const okp = generateSigningKey("EdDSA", "o").publicJwk;
const p384 = generateSigningKey("ES384", "e").publicJwk;
const p521 = generateSigningKey("ES512", "e").publicJwk;
const issuer = compileIssuer({
  algorithms: ["RS256", "PS256", "ES256", "EdDSA", "Ed25519", "PS384", "RS512", "ES384", "ES512"],
});

const without = (jwk: JWK, ...members: readonly string[]): JWK =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => !members.includes(name))) as JWK;

/** What was taken, as `kid algorithm`, and what was said of the rest. */
async function importAll(keys: unknown, of: CompiledIssuer = issuer): Promise<[taken: string[], ignored: string[]]> {
  const imported = await importKeySet({ keys }, of);
  return [imported.keys.map(({ kid, algorithm }) => `${kid} ${algorithm}`), [...imported.ignored]];
}

describe("a key serves the algorithms that the issuer, its type and its own alg allow", () => {
  it.each<[what: string, jwk: JWK, taken: string[]]>([
    ["RSA with alg", rsa, ["r RS256"]],
    ["RSA without alg", without(rsa, "alg"), ["r RS256", "r PS256", "r PS384", "r RS512"]],
    ["RSA for PS256", { ...rsa, alg: "PS256" }, ["r PS256"]],
    ["P-256", without(ec, "alg"), ["e ES256"]],
    ["P-384", without(p384, "alg"), ["e ES384"]],
    ["P-521", without(p521, "alg"), ["e ES512"]],
    ["RSA for RS512", { ...rsa, alg: "RS512" }, ["r RS512"]],
    ["Ed25519 with the old name", okp, ["o EdDSA"]],
    ["Ed25519 with the new name", { ...okp, alg: "Ed25519" }, ["o Ed25519"]],
    ["Ed25519 without alg", without(okp, "alg"), ["o EdDSA", "o Ed25519"]],
    ["without kid", without(ec, "kid"), ["undefined ES256"]],
    ["without use", without(ec, "use"), ["e ES256"]],
    ["with key_ops verify", { ...ec, key_ops: ["verify"] }, ["e ES256"]],
    ["with parameters that nobody knows", { ...ec, "x-note": { a: 1 }, iat: 1 } as JWK, ["e ES256"]],
  ])("%s", async (_what, jwk, taken) => {
    expect(await importAll([jwk])).toEqual([taken, []]);
  });

  it("and belongs to the issuer", async () => {
    const { keys } = await importKeySet({ keys: [ec] }, issuer);
    expect(keys.map((key) => key.issuer)).toEqual([ISSUER]);
  });
});

describe("leaves out without a word what is meant for others: providers publish keys for more purposes than one", () => {
  it.each<[what: string, jwk: unknown]>([
    ["an alg of the same type that the issuer does not use", { ...rsa, alg: "RS384" }],
    ["ES256 over P-384", { ...p384, alg: "ES256" }],
    ["ES512 over P-256", { ...ec, alg: "ES512" }],
    ["an alg of another type", { ...rsa, alg: "ES256" }],
    ["HS256 over a public key", { ...rsa, alg: "HS256" }],
    ["none", { ...rsa, alg: "none" }],
    ["an alg that is not a string", { ...rsa, alg: null }],
    ["secp256k1", { kty: "EC", crv: "secp256k1", x: ec.x, y: ec.y }],
    ["X25519", { kty: "OKP", crv: "X25519", x: okp.x }],
    ["an unknown type", { kty: "LWE", kid: "x" }],
    ["a key without its curve", without(ec, "crv")],
    ["an Ed25519 key without its curve", without(okp, "crv")],
    ["a list", []],
  ])("%s", async (_what, jwk) => {
    expect(await importAll([jwk, { ...ec, kid: "good" }])).toEqual([["good ES256"], []]);
  });

  it("algorithms that the issuer does not use", async () => {
    const rs256Only = compileIssuer({ algorithms: ["RS256"] });
    expect(await importAll([without(rsa, "alg"), ec], rs256Only)).toEqual([["r RS256"], []]);
  });
});

describe("a key that is published with its private part is leaked, and told apart", () => {
  it.each<[what: string, jwk: unknown]>([
    ["a symmetric key", { kty: "oct", k: "c2VjcmV0", alg: "HS256" }],
    ["a private key", { ...ec, d: "c2VjcmV0" }],
    ["a private key for encryption", { ...ec, use: "enc", d: "c2VjcmV0" }],
  ])("%s", async (_what, jwk) => {
    expect(await importKeySet({ keys: [ec, jwk] }, issuer)).toMatchObject({
      keys: [{ kid: "e" }],
      ignored: [],
      leaked: ["key 1: its private part is published: whoever read it can make tokens; replace it at the issuer"],
    });
  });
});

describe("leaves out, and says why without key material", () => {
  const rsaOf = (modulusLength: number, publicExponent: number): JWK => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength, publicExponent });
    return { ...(rereadKey(publicKey).export({ format: "jwk" }) as JWK), kid: "r" };
  };
  const notForSignatures = "key 0: not meant for signatures";
  it.each<[what: string, jwk: unknown, ignored: string | RegExp]>([
    ["a key for encryption", { ...ec, use: "enc" }, notForSignatures],
    ["a use that nobody knows", { ...ec, use: "SIG" }, notForSignatures],
    ["key_ops without verify", { ...without(ec, "use"), key_ops: ["encrypt"] }, notForSignatures],
    ["empty key_ops", { ...ec, key_ops: [] }, notForSignatures],
    ["RSA of 1024 bits", rsaOf(1024, 65_537), "key 0: an RSA key of 1024 bits; 2048 to 8192 are used"],
    ["RSA of 2040 bits", rsaOf(2040, 65_537), "key 0: an RSA key of 2040 bits; 2048 to 8192 are used"],
    ["RSA with e = 1", { ...rsa, e: "AQ" }, /^key 0: /],
    ["RSA with an even e", { ...rsa, e: "BA" }, /^key 0: /],
    ["RSA of 16,384 bits", { ...rsa, n: Buffer.alloc(2048, 0xff).toString("base64url") }, /^key 0: /],
    ["Ed25519 of small order", { ...okp, x: `AQ${"A".repeat(41)}` }, /^key 0: an Ed25519 key of small order/],
    ["a kid that is not a string", { ...ec, kid: 1 }, "key 0: kid is not a string"],
    ["a kid that is null", { ...ec, kid: null }, "key 0: kid is not a string"],
    ["a point that is not on the curve", { ...ec, x: ec.y }, /^key 0: /],
    ["a coordinate that is missing", without(ec, "y"), /^key 0: /],
    ["RSA without a modulus", without(rsa, "n"), /^key 0: /],
    ["RSA without an exponent", without(rsa, "e"), /^key 0: /],
    ["Ed25519 without a key in it", without(okp, "x"), /^key 0: /],
    ["key_ops that are a text", { ...ec, key_ops: "verify" }, notForSignatures],
    ["a modulus that is not a string", { ...rsa, n: 5 }, /^key 0: /],
    ["null", null, "key 0: not an object"],
    ["a text", "key", "key 0: not an object"],
  ])("%s", async (_what, jwk, ignored) => {
    const [taken, said] = await importAll([jwk, { ...ec, kid: "good" }]);
    expect(taken).toEqual(["good ES256"]);
    expect(said).toEqual([typeof ignored === "string" ? ignored : expect.stringMatching(ignored)]);
    expect(said[0]).not.toMatch(/c2VjcmV0/);
  });

  it("a second key of one kid and algorithm, and keeps the first", async () => {
    const other = { ...generateSigningKey("ES256", "e").publicJwk };
    const { keys, ignored } = await importKeySet({ keys: [ec, other, { ...rsa, kid: "e" }] }, issuer);
    expect(keys.map(({ algorithm }) => algorithm)).toEqual(["ES256", "RS256"]);
    expect(ignored).toEqual(["a second ES256 key with the same kid"]);
  });

  it("keys after the hundredth", async () => {
    const keys = Array.from({ length: 101 }, (_, index) => ({ ...okp, kid: `${index}` }));
    const [taken, ignored] = await importAll(keys);
    expect(taken).toHaveLength(100);
    expect(ignored).toEqual(["only the first 100 of 101 keys are read"]);
  });
});

describe("takes no keys of what is not a key set", () => {
  it.each([undefined, null, "keys", 1, [], {}, { keys: null }, { keys: {} }, { keys: "x" }, [{ keys: [] }]])(
    "%j",
    async (jwks) => {
      expect(await importKeySet(jwks, issuer)).toEqual({
        keys: [],
        ignored: ["the key set has no list `keys`"],
        leaked: [],
      });
    },
  );

  it("nor of an empty one", async () => {
    expect(await importAll([])).toEqual([[], []]);
  });
});

describe("among the keys of an issuer with many tenants, one that is kept for", () => {
  const TEMPLATE = "https://login.example.com/{tenantid}/v2.0";
  const keys = { jwks_uri: "https://login.example.com/keys" };
  const templated = compileDocument(
    policyDocument({ issuer: TEMPLATE, tenants: ["*"], audiences: ["a"], algorithms: ["ES256"], keys }),
  ).issuerTemplates.issuers;
  const [many] = [...templated.values()] as [CompiledIssuer];
  const ownerOf = async (owner: unknown, of = many) => {
    const imported = await importKeySet({ keys: [{ ...ec, issuer: owner }] }, of);
    return imported.keys.length > 0 ? imported.keys[0]?.onlyFor : imported.ignored;
  };

  it("one of them serves that one", async () => {
    expect(await ownerOf("https://login.example.com/a/v2.0")).toBe("https://login.example.com/a/v2.0");
  });

  it.each([undefined, TEMPLATE])("%s serves all", async (owner) => {
    expect(await ownerOf(owner)).toBeUndefined();
  });

  it.each([null, 1, [TEMPLATE], {}])("%j is not used", async (owner) => {
    expect(await ownerOf(owner)).toEqual(["key 0: its issuer is not a string"]);
  });

  it("elsewhere the member means nothing", async () => {
    expect(await ownerOf("https://login.example.com/a/v2.0", issuer)).toBeUndefined();
  });
});
