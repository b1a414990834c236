import type { KeyFiles } from "../../plugin/keys/life/load-key-set.ts";
import { SECRET_ALGORITHMS } from "../../plugin/keys/rules/jwk.ts";

/** Keys of vectors as a policy document names them. */

export type Jwk = Readonly<Record<string, unknown>>;
export type VectorKey = Jwk | { readonly keys: readonly Jwk[] };

/** The `keys` of an issuer with their algorithms, and the files that `keys` names. */
export interface IssuerKeysSource {
  readonly algorithms: readonly string[];
  readonly keys: Record<string, unknown>;
  readonly files: KeyFiles;
}

const PUBLIC_ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];

/**
 * Secrets come from files, each with its kid. All other keys come from a key set with only public parts, as an issuer publishes it.
 * The key set is also in a file. So the plugin finds an unusable key when it reads the keys. It does not find it when
 * it reads the policy.
 */
export function issuerKeysOf(key: VectorKey): IssuerKeysSource {
  const jwks = "keys" in key ? (key.keys as readonly Jwk[]) : [key];
  return jwks.length > 0 && jwks.every(isSharedSecret) ? secretsOf(jwks) : publishedSet(jwks);
}

function isSharedSecret({ kty, alg }: Jwk): boolean {
  return kty === "oct" && (alg === undefined || SECRET_ALGORITHMS.includes(String(alg)));
}

function secretsOf(jwks: readonly Jwk[]): IssuerKeysSource {
  const named = jwks.map(({ alg, ...jwk }, index) => ({
    alg,
    kid: jwk.kid,
    k: String(jwk.k),
    file: `secret-${index}`,
  }));
  const ofAll = named.some(({ alg }) => alg === undefined);
  return {
    algorithms: SECRET_ALGORITHMS.filter((algorithm) => ofAll || named.some(({ alg }) => alg === algorithm)),
    keys: { secret_files: named.map(({ kid, file }) => ({ kid, file, encoding: "base64url" })) },
    files: filesOf(Object.fromEntries(named.map(({ file, k }) => [file, k]))),
  };
}

function publishedSet(jwks: readonly Jwk[]): IssuerKeysSource {
  const published = jwks.map((jwk) => (jwk.kty === "oct" ? jwk : publicPart(jwk)));
  return {
    algorithms: PUBLIC_ALGORITHMS,
    keys: { jwks_files: ["idp.jwks"] },
    files: filesOf({ "idp.jwks": JSON.stringify({ keys: published }) }),
  };
}

/** A public key in PEM. */
export function pemKeysOf(pem: string): IssuerKeysSource {
  return {
    algorithms: PUBLIC_ALGORITHMS,
    keys: { pem_files: [{ file: "key.pem" }] },
    files: filesOf({ "key.pem": pem }),
  };
}

/** A secret that is text. */
export function textSecretOf(secret: string, algorithm: string): IssuerKeysSource {
  const keys = { secret_files: [{ file: "secret", encoding: "text" }] };
  return { algorithms: [algorithm], keys, files: filesOf({ secret }) };
}

function publicPart({ d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...rest }: Jwk): Jwk {
  return rest;
}

function filesOf(contents: Readonly<Record<string, string>>): KeyFiles {
  return {
    identify: async (file) => file,
    read: async (file) => Buffer.from(contents[file] ?? ""),
  };
}
