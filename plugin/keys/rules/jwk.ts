/** A JWK from any source, with its members unchecked (RFC 7517 section 4). */
export type Jwk = Readonly<Record<string, unknown>>;

/** Members that hold private or symmetric key material (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1). */
const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

const ALGORITHMS_BY_SHAPE: ReadonlyMap<string, readonly string[]> = new Map([
  ["RSA", ["RS256", "PS256", "RS384", "PS384", "RS512", "PS512"]],
  ["EC P-256", ["ES256"]],
  ["EC P-384", ["ES384"]],
  ["EC P-521", ["ES512"]],
  ["OKP Ed25519", ["EdDSA", "Ed25519"]],
]);

/** Algorithms whose key is a shared secret (RFC 7518 section 3.2). A public key is never used for them. */
export const SECRET_ALGORITHMS: readonly string[] = ["HS256", "HS384", "HS512"];

/** The first private member, or undefined when the key has only public members. */
export function findPrivateMember(jwk: Jwk): string | undefined {
  return PRIVATE_MEMBERS.find((member) => member in jwk);
}

/** Whether `use` and `key_ops`, if present, allow the key to verify signatures (RFC 7517 sections 4.2 and 4.3). */
export function isMeantForVerifying({ use, key_ops }: Jwk): boolean {
  return (
    (use === undefined || use === "sig") &&
    (key_ops === undefined || (Array.isArray(key_ops) && key_ops.includes("verify")))
  );
}

/** The algorithms that fit the key's type and its own `alg`. `EdDSA` and `Ed25519` are two names of one algorithm (RFC 9864 section 2.2). */
export function fittingAlgorithms(jwk: Jwk): readonly string[] {
  const { kty, alg } = jwk;
  const ofType = algorithmsOfType(jwk);
  if (alg === undefined || (kty === "OKP" && ofType.some((algorithm) => algorithm === alg))) {
    return ofType;
  }
  return ofType.filter((algorithm) => algorithm === alg);
}

/** The algorithms that fit the key's type, whatever its `alg` says. */
export function algorithmsOfType({ kty, crv }: Jwk): readonly string[] {
  return ALGORITHMS_BY_SHAPE.get(crv === undefined ? String(kty) : `${kty} ${crv}`) ?? [];
}
