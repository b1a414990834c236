import { describe, expect, it } from "vitest";
import {
  findPrivateMember,
  fittingAlgorithms,
  isMeantForVerifying,
  SECRET_ALGORITHMS,
} from "../../../plugin/keys/rules/jwk.ts";

describe("a public key has no private member", () => {
  it.each(["d", "p", "q", "dp", "dq", "qi", "oth", "k"])("%s is a private member, even if it is empty", (member) => {
    expect(findPrivateMember({ kty: "RSA", n: "AQAB", [member]: undefined })).toBe(member);
  });

  it("n, e, x, y and all other members are not private", () => {
    expect(findPrivateMember({ kty: "RSA", n: "", e: "", x: "", y: "", kid: "d", D: "" })).toBeUndefined();
  });

  it("the first private member is named", () => {
    expect(findPrivateMember({ k: "", q: "", d: "" })).toBe("d");
  });
});

describe("a key verifies signatures unless its members name another purpose", () => {
  it.each([
    {},
    { use: "sig" },
    { key_ops: ["verify"] },
    { key_ops: ["sign", "verify"] },
    { use: "sig", key_ops: ["verify"] },
  ])("%j does", (jwk) => expect(isMeantForVerifying(jwk)).toBe(true));

  it.each([
    ...["enc", "SIG", null, ""].map((use) => ({ use })),
    ...[["sign"], [], null, "verify", { verify: true }].map((key_ops) => ({ key_ops })),
    ...[
      { use: "enc", key_ops: ["verify"] },
      { use: "sig", key_ops: ["sign"] },
    ],
  ])("%j does not", (jwk) => {
    expect(isMeantForVerifying(jwk)).toBe(false);
  });
});

describe("a key is used for the algorithms of its type and curve, or only for its own alg", () => {
  it.each<[jwk: Record<string, unknown>, algorithms: readonly string[]]>([
    [{ kty: "RSA" }, ["RS256", "PS256", "RS384", "PS384", "RS512", "PS512"]],
    [{ kty: "RSA", alg: "PS384" }, ["PS384"]],
    [{ kty: "EC", crv: "P-256" }, ["ES256"]],
    [{ kty: "EC", crv: "P-384" }, ["ES384"]],
    [{ kty: "EC", crv: "P-521" }, ["ES512"]],
    [{ kty: "OKP", crv: "Ed25519" }, ["EdDSA", "Ed25519"]],
    [{ kty: "OKP", crv: "Ed25519", alg: "EdDSA" }, ["EdDSA", "Ed25519"]],
  ])("%j: %j", (jwk, algorithms) => {
    expect(fittingAlgorithms(jwk)).toEqual(algorithms);
  });

  it.each<Record<string, unknown>>([
    ...[{ alg: "ES256" }, { alg: null }, { crv: "P-256" }].map((members) => ({ kty: "RSA", ...members })),
    ...[{ crv: "P-256", alg: "ES384" }, { crv: "secp256k1" }, {}].map((members) => ({ kty: "EC", ...members })),
    ...["X25519", "P-256"].map((crv) => ({ kty: "OKP", crv })),
    ...[{ kty: "oct", alg: "HS256" }, { kty: ["RSA"], alg: "none" }, {}],
  ])("%j fits none", (jwk) => {
    expect(fittingAlgorithms(jwk)).toEqual([]);
  });

  it("and no key of a key set is used for an algorithm of secrets", () => {
    expect(SECRET_ALGORITHMS).toEqual(["HS256", "HS384", "HS512"]);
    const served = ["RSA", "EC", "OKP", "oct"].flatMap((kty) =>
      [undefined, "P-256", "P-384", "P-521", "Ed25519"].flatMap((crv) => fittingAlgorithms({ kty, crv })),
    );
    expect(served.filter((algorithm) => SECRET_ALGORITHMS.includes(algorithm))).toEqual([]);
  });
});
