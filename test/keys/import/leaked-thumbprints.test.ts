import { generateKeyPairSync } from "node:crypto";
import { calculateJwkThumbprint, type JWK } from "jose";
import { describe, expect, it } from "vitest";
import { findLeakedThumbprints } from "../../../plugin/keys/import/leaked-thumbprints.ts";
import { rereadKey } from "../../../sandbox/stand-in/reread-key.ts";
import { generateSigningKey, type SigningAlgorithm } from "../../tokens.ts";

const privateJwkOf = (alg: SigningAlgorithm): JWK =>
  generateSigningKey(alg, "1").privateKey.export({ format: "jwk" }) as JWK;
const rsa = privateJwkOf("RS256");
const ec = privateJwkOf("ES256");
const p384 = privateJwkOf("ES384");
const p521 = privateJwkOf("ES512");
const okp = privateJwkOf("EdDSA");
const of = (jwk: JWK): Promise<readonly string[]> => findLeakedThumbprints({ ...jwk });

describe("a key whose private part is published is recognised by the thumbprint of its public part", () => {
  const standard = (text = ""): string => Buffer.from(text, "base64url").toString("base64");
  const longer = (text = ""): string =>
    Buffer.concat([Buffer.alloc(2), Buffer.from(text, "base64url")]).toString("base64url");
  it.each<[what: string, jwk: JWK, written: JWK]>([
    ["RSA", rsa, rsa],
    ["RSA with a modulus in the standard alphabet", rsa, { ...rsa, n: standard(rsa.n) }],
    ["RSA with leading zero octets", rsa, { ...rsa, n: longer(rsa.n), e: longer(rsa.e) }],
    ["P-256", ec, ec],
    ["P-256 with leading zero octets", ec, { ...ec, x: longer(ec.x), y: longer(ec.y) }],
    ["P-521", p521, p521],
    ["Ed25519", okp, okp],
    ["Ed25519 in the standard alphabet", okp, { ...okp, x: standard(okp.x) }],
    ["P-256 without its public part", ec, { kty: "EC", crv: "P-256", d: ec.d ?? "" }],
    ...[p384, p521].map((jwk): [string, JWK, JWK] => {
      const { kty, crv, d } = jwk as { kty: string; crv: string; d: string };
      return [`${crv} without its public part`, jwk, { kty, crv, d }];
    }),
    ["Ed25519 with a damaged private part", okp, { ...okp, d: "AA" }],
    ["P-256 with a damaged private part", ec, { ...ec, d: "" }],
    ["RSA with a damaged private part", rsa, { ...rsa, d: "" }],
    ["Ed25519 without its public part", okp, { kty: "OKP", crv: "Ed25519", d: okp.d ?? "" }],
  ])("%s", async (_what, jwk, written) => {
    expect(await of(written)).toContain(await calculateJwkThumbprint(jwk));
  });

  it("and by the thumbprint that follows from the private part, if another public part is published with it", async () => {
    const other = rereadKey(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey).export({ format: "jwk" });
    const mixed = { ...ec, x: other.x ?? "", y: other.y ?? "" };
    const both = [await calculateJwkThumbprint(other as JWK), await calculateJwkThumbprint(ec)];
    expect(new Set(await of(mixed))).toEqual(new Set(both));
  });
});

it.each<[what: string, jwk: JWK]>([
  ["of another curve for signatures", { kty: "EC", crv: "secp256k1" }],
  ["of a key that agrees on secrets", { kty: "OKP", crv: "X25519" }],
  ["of RSA", { kty: "RSA", crv: "Ed25519" }],
])("no Ed25519 key is recognised by 32 bytes that are the private part %s", async (_what, jwk) => {
  const ed25519 = await calculateJwkThumbprint(okp);
  expect(await of({ ...jwk, d: okp.d ?? "" })).not.toContain(ed25519);
});

it("a published secret is recognised as well", async () => {
  const secret: JWK = { kty: "oct", k: Buffer.alloc(32, 7).toString("base64url") };
  expect(await of(secret)).toEqual([await calculateJwkThumbprint(secret)]);
});

it.each<unknown>([
  { d: "" },
  { kty: "LWE", d: "AA" },
  { kty: "EC", crv: "P-256", d: "" },
  { kty: "EC", crv: "none", d: "AA" },
  { kty: "OKP", crv: "Ed25519", d: 5 },
])("%j is not a leaked key", async (jwk) => {
  await expect(findLeakedThumbprints(jwk as Record<string, unknown>)).resolves.toBeInstanceOf(Array);
});

it.each<unknown>([
  { d: "" },
  { kty: "LWE", d: "AA" },
  { kty: "RSA", n: 5, e: "AQAB", d: "AA" },
  { kty: "RSA", n: "AAAA", e: "AQAB", d: "AA" },
  { kty: "EC", crv: "none", x: "", y: "", d: "AA" },
])("%j has no thumbprint, because it lacks a part of every key of its type", async (jwk) => {
  expect(await findLeakedThumbprints(jwk as Record<string, unknown>)).toEqual([]);
});
