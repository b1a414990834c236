import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import type { JWK } from "jose";
import { generateSigningKey, type SigningAlgorithm, type SigningKey, signBytes } from "../../../test/tokens.ts";

/**
 * The keys of the fuzzed policies, by name. The name is also the `kid`. No key set contains the keys `stranger-…`, although a
 * key set has their `kid`.
 */

const SECRET_ALGORITHMS = ["HS256", "HS384", "HS512"] as const;
type SecretAlgorithm = (typeof SECRET_ALGORITHMS)[number];

export interface Signer {
  readonly kid: string;
  readonly alg: SigningAlgorithm | SecretAlgorithm;
  /** The private key, or the secret. */
  readonly key: KeyObject;
  sign(signingInput: Uint8Array): Uint8Array;
}

/** Keys in the form in which a finding stores them. They are made for one run, and have no other use. */
export type KeyRing = Readonly<Record<string, { readonly kid: string; readonly alg: string; readonly jwk: JWK }>>;

/**
 * Making an RSA key takes long, so different policies share one pair of keys. In one policy, each key is used for one
 * algorithm.
 */
const PAIRS: readonly Readonly<Record<string, SigningAlgorithm>>[] = [
  { es256: "ES256" },
  { "stranger-es256": "ES256" },
  { lone: "ES256" },
  { tenant: "ES256" },
  { es384: "ES384" },
  { es512: "ES512" },
  { eddsa: "EdDSA" },
  { ed25519: "Ed25519" },
  { rs256: "RS256", rs384: "RS384" },
  { rs512: "RS512" },
  { ps256: "PS256" },
  { ps384: "PS384", "stranger-rs256": "RS256" },
  { ps512: "PS512" },
];
/**
 * The text has 64 characters of base64url. The file is read as text, so random bytes with a line end as the last byte
 * would lose this byte.
 */
const SECRET_BYTES = 48;

export function generateSigners(): Map<string, Signer> {
  const pairs = PAIRS.flatMap((names) => {
    const [[first = "", algorithm] = []] = Object.entries(names);
    const { privateKey } = generateSigningKey(algorithm ?? "ES256", first);
    return Object.entries(names).map(([name, alg]) => [name, createSigner(name, alg, privateKey)] as const);
  });
  const secrets = SECRET_ALGORITHMS.map((alg) => {
    const name = alg.toLowerCase();
    const secret = Buffer.from(randomBytes(SECRET_BYTES).toString("base64url"));
    return [name, createSigner(name, alg, createSecretKey(secret))] as const;
  });
  return new Map([...pairs, ...secrets]);
}

export function writeRing(signers: ReadonlyMap<string, Signer>): KeyRing {
  return Object.fromEntries(
    [...signers].map(([name, { kid, alg, key }]) => [name, { kid, alg, jwk: key.export({ format: "jwk" }) as JWK }]),
  );
}

export function readRing(ring: KeyRing): Map<string, Signer> {
  return new Map(
    Object.entries(ring).map(([name, { kid, alg, jwk }]) => {
      const key =
        jwk.kty === "oct"
          ? createSecretKey(Buffer.from(jwk.k ?? "", "base64url"))
          : createPrivateKey({ key: jwk as Record<string, unknown>, format: "jwk" });
      return [name, { ...createSigner(name, alg as Signer["alg"], key), kid }];
    }),
  );
}

/** The key in the form in which an issuer publishes it. */
export function publicJwkOf({ kid, alg, key }: Signer): JWK {
  return { ...(createPublicKey(key).export({ format: "jwk" }) as JWK), kid, alg, use: "sig" };
}

function createSigner(name: string, alg: Signer["alg"], key: KeyObject): Signer {
  const kid = name.replace("stranger-", "");
  const signing = { kid, alg, privateKey: key } as SigningKey;
  const sign =
    key.type === "secret"
      ? (input: Uint8Array) =>
          createHmac(`sha${alg.slice(2)}`, key)
            .update(input)
            .digest()
      : (input: Uint8Array) => signBytes(signing, input);
  return { kid, alg, key, sign };
}
