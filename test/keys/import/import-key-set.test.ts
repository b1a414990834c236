import { generateKeyPairSync } from "node:crypto";
import type { JWK } from "jose";
import { describe, expect, it } from "vitest";
import type { CompiledIssuer } from "../../../plugin/core/model/policy.ts";
import { importKeySet } from "../../../plugin/keys/import/import-key-set.ts";
import { rereadKey } from "../../../sandbox/stand-in/reread-key.ts";
import { compileDocument, compileIssuer, ISSUER, policyDocument } from "../../core/fixtures.ts";
import { generateSigningKey } from "../../tokens.ts";

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

/**
 * The imported keys as `kid algorithm`, and why other keys were not imported: because of a fault, or because of their
 * purpose.
 */
async function importAll(keys: unknown, of: CompiledIssuer = issuer) {
  const imported = await importKeySet({ keys }, of);
  const withoutKid = (reason: string): string => reason.replace(/, kid "[^"]*"/, "");
  const taken = imported.keys.map(({ kid, algorithm }) => `${kid} ${algorithm}`);
  return [taken, imported.ignored.map(withoutKid), imported.unused.map(withoutKid)] as const;
}

describe("a key is used for the one algorithm that the issuer, its type and its own alg allow", () => {
  it.each<[what: string, jwk: JWK, taken: string[]]>([
    ["RSA with alg", rsa, ["r RS256"]],
    ["RSA without alg", without(rsa, "alg"), ["r RS256"]],
    ["RSA for PS256", { ...rsa, alg: "PS256" }, ["r PS256"]],
    ["P-256", without(ec, "alg"), ["e ES256"]],
    ["P-384", without(p384, "alg"), ["e ES384"]],
    ["P-521", without(p521, "alg"), ["e ES512"]],
    ["RSA for RS512", { ...rsa, alg: "RS512" }, ["r RS512"]],
    ["Ed25519 with the old name, which has two names", okp, ["o EdDSA", "o Ed25519"]],
    ["Ed25519 with the new name, which has two names", { ...okp, alg: "Ed25519" }, ["o EdDSA", "o Ed25519"]],
    ["Ed25519 without alg", without(okp, "alg"), ["o EdDSA", "o Ed25519"]],
    ["without kid", without(ec, "kid"), ["undefined ES256"]],
    ["without use", without(ec, "use"), ["e ES256"]],
    ["with key_ops verify", { ...ec, key_ops: ["verify"] }, ["e ES256"]],
    ["P-256 with key_ops sign and verify", { ...ec, key_ops: ["sign", "verify"] }, ["e ES256"]],
    ["RSA with key_ops sign and verify", { ...rsa, key_ops: ["sign", "verify"] }, ["r RS256"]],
    ["Ed25519 with key_ops sign and verify", { ...okp, key_ops: ["sign", "verify"] }, ["o EdDSA", "o Ed25519"]],
    ["that must not be exported", { ...ec, ext: false, key_ops: ["verify", "x-own"] } as JWK, ["e ES256"]],
    ["with unknown parameters", { ...ec, "x-note": { a: 1 }, iat: 1 } as JWK, ["e ES256"]],
  ])("%s", async (_what, jwk, taken) => {
    expect(await importAll([jwk])).toEqual([taken, [], []]);
  });

  it("and belongs to the issuer", async () => {
    const { keys } = await importKeySet({ keys: [ec] }, issuer);
    expect(keys.map((key) => key.issuer)).toEqual([ISSUER]);
  });
});

describe("a key without alg is bound to one RSA algorithm, which is reported to the operator", () => {
  const nameless = without(rsa, "alg");
  const noteOf = (chosen: string, others: string): string[] => [
    `key 0, kid "r": the key has no alg and is used for ${chosen} only, not for ${others}; name one RSA algorithm in the policy's algorithms`,
  ];
  it.each<[algorithms: string[], bound: string, notes: string[]]>([
    [["RS256", "ES256"], "RS256", []],
    [["PS256", "ES256"], "PS256", []],
    [["RS256", "PS256"], "RS256", noteOf("RS256", "PS256")],
    [["PS256", "RS256"], "RS256", noteOf("RS256", "PS256")],
    [["RS512", "RS256"], "RS512", noteOf("RS512", "RS256")],
    [["PS512", "PS256"], "PS512", noteOf("PS512", "PS256")],
    [["PS256", "ES256", "RS384", "RS256"], "RS384", noteOf("RS384", "PS256, RS256")],
  ])("of %j: %s", async (algorithms, bound, notes) => {
    const imported = await importKeySet({ keys: [nameless] }, compileIssuer({ algorithms }));
    expect([imported.keys.map(({ algorithm }) => algorithm), imported.notes]).toEqual([[bound], notes]);
  });

  it("but has the algorithm of its own alg, at any position in the list", async () => {
    const several = compileIssuer({ algorithms: ["RS256", "PS512"] });
    const imported = await importKeySet({ keys: [{ ...rsa, alg: "PS512" }] }, several);
    expect([imported.keys.map(({ algorithm }) => algorithm), imported.notes]).toEqual([["PS512"], []]);
  });

  it.each<[what: string, second: JWK]>([
    ["another alg", { ...rsa, alg: "PS256" }],
    ["another alg under another kid", { ...rsa, alg: "PS256", kid: "other" }],
    ["another alg and no kid", without({ ...rsa, alg: "PS256" }, "kid")],
  ])("and keeps the first algorithm if the set has the key again with %s", async (_what, second) => {
    const [taken, ignored] = await importAll([nameless, second]);
    const reason = "a key for PS256 that is already used for RS256: each key can be used for only one algorithm";
    expect([taken, ignored]).toEqual([["r RS256"], [reason]]);
  });

  it("and is used for its one algorithm under two kids", async () => {
    expect(await importAll([rsa, { ...rsa, kid: "other" }])).toEqual([["r RS256", "other RS256"], [], []]);
  });
});

describe("leaves out keys for other purposes and says so, because providers publish keys for several purposes", () => {
  const purpose = "not meant for signatures";
  const misfit = (alg: string, type: string, crv?: string): string =>
    `the key's alg "${alg}" does not fit its type "${type}"${crv ? ` with crv "${crv}"` : ""}`;
  const unsupported = (type: string, crv?: string): string =>
    `keys of type "${type}"${crv ? ` with crv "${crv}"` : ""} are not supported`;
  const unnamed = (alg: string): string => `the key fits ${alg}, which the policy's algorithms do not name`;
  it.each<[what: string, jwk: unknown, unused: string]>([
    ["an alg that the issuer does not use", { ...rsa, alg: "RS384" }, unnamed("RS384")],
    ["ES256 over P-384", { ...p384, alg: "ES256" }, misfit("ES256", "EC", "P-384")],
    ["ES512 over P-256", { ...ec, alg: "ES512" }, misfit("ES512", "EC", "P-256")],
    ["an alg of another type", { ...rsa, alg: "ES256" }, misfit("ES256", "RSA")],
    ["HS256 over a public key", { ...rsa, alg: "HS256" }, misfit("HS256", "RSA")],
    ["none", { ...rsa, alg: "none" }, misfit("none", "RSA")],
    ["EdDSA over RSA", { ...rsa, alg: "EdDSA" }, misfit("EdDSA", "RSA")],
    ["an alg that is not a string", { ...rsa, alg: null }, misfit("object", "RSA")],
    ["secp256k1", { kty: "EC", crv: "secp256k1", x: ec.x, y: ec.y }, unsupported("EC", "secp256k1")],
    ["X25519", { kty: "OKP", crv: "X25519", x: okp.x }, unsupported("OKP", "X25519")],
    ["an unknown type", { kty: "LWE", kid: "x" }, unsupported("LWE")],
    ["a key without its curve", without(ec, "crv"), unsupported("EC")],
    ["an Ed25519 key without its curve", without(okp, "crv"), unsupported("OKP")],
    ["a list", [], unsupported("undefined")],
    ["a key for encryption", { ...ec, use: "enc" }, purpose],
    ["a use that nobody knows", { ...ec, use: "SIG" }, purpose],
    ["key_ops without verify", { ...without(ec, "use"), key_ops: ["encrypt"] }, purpose],
    ["key_ops sign alone", { ...ec, key_ops: ["sign"] }, purpose],
    ["empty key_ops", { ...ec, key_ops: [] }, purpose],
    ["key_ops that are a string", { ...ec, key_ops: "verify" }, purpose],
  ])("%s", async (_what, jwk, unused) => {
    expect(await importAll([jwk, { ...ec, kid: "good" }])).toEqual([["good ES256"], [], [`key 0: ${unused}`]]);
  });

  it("algorithms that the issuer does not use", async () => {
    const rs256Only = compileIssuer({ algorithms: ["RS256"] });
    const imported = await importAll([without(rsa, "alg"), ec], rs256Only);
    expect(imported).toEqual([["r RS256"], [], [`key 1: ${unnamed("ES256")}`]]);
  });

  it("and shows only a part of a long kid or alg, escaped", async () => {
    const long = { ...rsa, kid: `\n${"k".repeat(500)}`, alg: "a".repeat(500) };
    const { unused } = await importKeySet({ keys: [long] }, issuer);
    expect(unused).toEqual([`key 0, kid "\\n${"k".repeat(63)}": ${misfit("a".repeat(64), "RSA")}`]);
  });
});

describe("a key that is published with its private part is leaked, and reported separately", () => {
  it.each<[what: string, jwk: unknown]>([
    ["a symmetric key", { kty: "oct", k: "c2VjcmV0", alg: "HS256" }],
    ["a private key", { ...ec, d: "c2VjcmV0" }],
    ["a private key for encryption", { ...ec, use: "enc", d: "c2VjcmV0" }],
  ])("%s", async (_what, jwk) => {
    const why =
      "the key's private part is published, so anyone who read it can make tokens; replace the key at the issuer";
    const leaked = [expect.stringMatching(new RegExp(`^key 1.*: ${why}$`))];
    expect(await importKeySet({ keys: [ec, jwk] }, issuer)).toMatchObject({
      keys: [{ kid: "e" }],
      ignored: [],
      leaked,
    });
  });
});

describe("leaves out, and says why without key material", () => {
  const rsaOf = (modulusLength: number, publicExponent: number): JWK => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength, publicExponent });
    return { ...(rereadKey(publicKey).export({ format: "jwk" }) as JWK), kid: "r" };
  };
  const encode = (octets: Buffer): string => octets.toString("base64url");
  const decode = (text: unknown): Buffer => Buffer.from(String(text), "base64url");
  const padded = (text: unknown): string => encode(Buffer.concat([Buffer.alloc(1), decode(text)]));
  const standard = (text: unknown): string => decode(text).toString("base64").replace(/=+$/, "");
  /** A key whose modulus has both characters in which the two alphabets differ. */
  const bothAlphabets = { ...rsa, n: `-_${String(rsa.n).slice(2)}` };
  const notCanonical = (name: string): string => `the member ${name} is not canonical base64url without padding`;
  const zero = (name: string): string => `the member ${name} begins with a zero octet`;
  const length = (name: string, octets: number, crv: string, wanted: number): string =>
    `the member ${name} has ${octets} octets; on ${crv} it must have ${wanted}`;
  const bits = (count: number): string => `an RSA key of ${count} bits; only 2048 to 8192 bits are allowed`;
  it.each<[what: string, jwk: unknown, ignored?: string]>([
    ["a modulus in the standard alphabet", { ...rsa, n: standard(bothAlphabets.n) }, notCanonical("n")],
    ["a modulus with padding", { ...rsa, n: `${rsa.n}==` }, notCanonical("n")],
    ["a modulus with white space", { ...rsa, n: `${rsa.n}\n` }, notCanonical("n")],
    ["an exponent with left-over bits", { ...rsa, e: "AB" }, notCanonical("e")],
    ["a modulus with a leading zero octet", { ...rsa, n: padded(rsa.n) }, zero("n")],
    ["an exponent with a leading zero octet", { ...rsa, e: "AAEAAQ" }, zero("e")],
    ["a coordinate with a leading zero octet", { ...ec, x: padded(ec.x) }, length("x", 33, "P-256", 32)],
    ["a coordinate that is cut", { ...ec, y: encode(decode(ec.y).subarray(1)) }, length("y", 31, "P-256", 32)],
    ["a coordinate with padding", { ...ec, x: `${ec.x}=` }, notCanonical("x")],
    ["a P-521 coordinate without zeros", { ...p521, x: encode(Buffer.alloc(65, 1)) }, length("x", 65, "P-521", 66)],
    ["an Ed25519 key with padding", { ...okp, x: `${okp.x}=` }, notCanonical("x")],
    ["an Ed25519 key of 31 octets", { ...okp, x: encode(Buffer.alloc(31, 1)) }, length("x", 31, "Ed25519", 32)],
    ["RSA of 1024 bits", rsaOf(1024, 65_537), bits(1024)],
    ["RSA of 2040 bits", rsaOf(2040, 65_537), bits(2040)],
    ["RSA with e = 1", { ...rsa, e: "AQ" }],
    ["RSA with an even e", { ...rsa, e: "BA" }],
    ["RSA of 16,384 bits", { ...rsa, n: encode(Buffer.alloc(2048, 0xff)) }],
    ["Ed25519 of small order", { ...okp, x: `AQ${"A".repeat(41)}` }, "an Ed25519 key of small order"],
    ["a kid that is not a string", { ...ec, kid: 1 }, "kid is not a string"],
    ["a kid that is null", { ...ec, kid: null }, "kid is not a string"],
    ["a point that is not on the curve", { ...ec, x: ec.y }],
    ["a coordinate that is missing", without(ec, "y")],
    ["RSA without a modulus", without(rsa, "n")],
    ["RSA without an exponent", without(rsa, "e")],
    ["Ed25519 without a key in it", without(okp, "x")],
    ["a modulus that is not a string", { ...rsa, n: 5 }],
    ["null", null, "not an object"],
    ["a string", "key", "not an object"],
  ])("%s", async (_what, jwk, ignored = "") => {
    const [taken, [reason = "", ...more]] = await importAll([jwk, { ...ec, kid: "good" }]);
    expect([taken, more]).toEqual([["good ES256"], []]);
    expect(reason.startsWith(`key 0: ${ignored}`), reason).toBe(true);
  });

  it("a second key of one kid and algorithm, and keeps the first", async () => {
    const other = { ...generateSigningKey("ES256", "e").publicJwk };
    const { keys, ignored } = await importKeySet({ keys: [ec, other, { ...rsa, kid: "e" }] }, issuer);
    expect(keys.map(({ algorithm }) => algorithm)).toEqual(["ES256", "RS256"]);
    expect(ignored).toEqual(["a second ES256 key with the same kid"]);
  });

  it("keys after the hundredth", async () => {
    const keys = Array.from({ length: 101 }, (_, index) => ({ ...ec, kid: `${index}` }));
    const [taken, ignored] = await importAll(keys);
    expect(ignored).toEqual(["only the first 100 of 101 keys are read"]);
    expect(await importAll(keys.slice(0, 100))).toEqual([taken, [], []]);
  });
});

describe("reads no keys from a document that is not a key set", () => {
  it.each([undefined, null, "keys", 1, [], {}, { keys: null }, { keys: {} }, { keys: "x" }, [{ keys: [] }]])(
    "%j",
    async (jwks) => {
      const none = { keys: [], unused: [], notes: [], leaked: [], leakedThumbprints: [] };
      expect(await importKeySet(jwks, issuer)).toEqual({ ...none, ignored: ["the key set has no list `keys`"] });
    },
  );

  it("or from an empty key set", async () => {
    expect(await importAll([])).toEqual([[], [], []]);
  });
});

describe("among the keys of an issuer with many tenants, a key that is only for", () => {
  const TEMPLATE = "https://login.example.com/{tenantid}/v2.0";
  const keys = { jwks_uri: "https://login.example.com/keys" };
  const document = { issuer: TEMPLATE, tenants: ["*"], audiences: ["a"], algorithms: ["ES256"], keys };
  const templated = compileDocument(policyDocument(document)).issuerTemplates.issuers;
  const [many] = [...templated.values()] as [CompiledIssuer];
  const ownerOf = async (owner: unknown, of = many) => {
    const imported = await importKeySet({ keys: [{ ...ec, issuer: owner }] }, of);
    return imported.keys.length > 0 ? imported.keys[0]?.onlyFor : imported.ignored;
  };

  it("a key for one tenant is used for this tenant", async () => {
    expect(await ownerOf("https://login.example.com/a/v2.0")).toBe("https://login.example.com/a/v2.0");
  });

  it.each([undefined, TEMPLATE])("%s is used for all tenants", async (owner) => {
    expect(await ownerOf(owner)).toBeUndefined();
  });

  it.each([null, 1, [TEMPLATE], {}])("%j is not used", async (owner) => {
    expect(await ownerOf(owner)).toEqual(['key 0, kid "e": the member issuer is not a string']);
  });

  it("for other issuers the member has no effect", async () => {
    expect(await ownerOf("https://login.example.com/a/v2.0", issuer)).toBeUndefined();
  });
});

describe("a key with which a sandbox replaces an issuer's keys", () => {
  it.each(["kong-jwt-policy-stand-in-ES256-1", "Kong-JWT-Policy-Stand-In-x"])(
    "is never imported: kid %s",
    async (kid) => {
      const imported = await importKeySet({ keys: [{ ...ec, kid }] }, issuer);
      expect(imported.keys).toEqual([]);
      expect(imported.ignored).toEqual([expect.stringContaining("this is a sandbox's own key")]);
    },
  );

  it("is recognised only by the start of its kid", async () => {
    const kid = "my-kong-jwt-policy-stand-in-";
    expect((await importKeySet({ keys: [{ ...ec, kid }] }, issuer)).keys).toHaveLength(1);
  });
});
