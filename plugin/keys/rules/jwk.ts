/** A JWK from any source, with its members unchecked (RFC 7517 section 4). */
export type Jwk = Readonly<Record<string, unknown>>;

/** Members of a JWK that contain private or symmetric key material (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1). */
const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

const ALGORITHMS_BY_SHAPE: ReadonlyMap<string, readonly string[]> = new Map([
  ["RSA", ["RS256", "PS256", "RS384", "PS384", "RS512", "PS512"]],
  ["EC P-256", ["ES256"]],
  ["EC P-384", ["ES384"]],
  ["EC P-521", ["ES512"]],
  ["OKP Ed25519", ["EdDSA", "Ed25519"]],
]);

/** RFC 9864 section 2.2: these are two names of one algorithm. */
const ED25519_NAMES: readonly string[] = ["EdDSA", "Ed25519"];

/** Algorithms whose key is a shared secret (RFC 7518 section 3.2). A public key is never used for these algorithms. */
export const SECRET_ALGORITHMS: readonly string[] = ["HS256", "HS384", "HS512"];

/** Returns the first private member; undefined if the key has only public members. */
export function findPrivateMember(jwk: Jwk): string | undefined {
  return PRIVATE_MEMBERS.find((member) => member in jwk);
}

/**
 * Whether `use` and `key_ops` allow the key to verify signatures (RFC 7517 sections 4.2 and 4.3). `use` and `key_ops` are
 * optional.
 */
export function isMeantForVerifying({ use, key_ops }: Jwk): boolean {
  return (
    (use === undefined || use === "sig") &&
    (key_ops === undefined || (Array.isArray(key_ops) && key_ops.includes("verify")))
  );
}

/**
 * Returns the algorithms that fit the key's type and its own `alg`. `EdDSA` and `Ed25519` are two names of one algorithm (RFC
 * 9864 section 2.2).
 */
export function fittingAlgorithms(jwk: Jwk): readonly string[] {
  const { kty, alg } = jwk;
  const ofType = algorithmsOfType(jwk);
  if (alg === undefined || (kty === "OKP" && ofType.some((algorithm) => algorithm === alg))) {
    return ofType;
  }
  return ofType.filter((algorithm) => algorithm === alg);
}

/**
 * Returns all names of an algorithm. `EdDSA` counts as Ed25519, because the plugin supports no other curve of EdDSA.
 */
export function namesOf(algorithm: string): readonly string[] {
  return ED25519_NAMES.includes(algorithm) ? ED25519_NAMES : [algorithm];
}

/** Returns the algorithms that fit the key's type, whatever its `alg` says. */
export function algorithmsOfType({ kty, crv }: Jwk): readonly string[] {
  return ALGORITHMS_BY_SHAPE.get(crv === undefined ? String(kty) : `${kty} ${crv}`) ?? [];
}
