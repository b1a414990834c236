import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";

/** A JWK in the form that an issuer publishes. */
export type PublicJwk = Readonly<Record<string, unknown>>;

/** One throw-away key of one issuer, for one algorithm. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: string;
  /** The private key, or the shared secret. */
  readonly key: KeyObject;
  /** The public key; undefined for a shared secret. */
  readonly published: { readonly jwk: PublicJwk; readonly pem: string } | undefined;
  sign(signingInput: Uint8Array): Uint8Array;
}

const CURVES: Readonly<Record<string, string>> = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };
const RSA_BITS = 2048;
const SECRET_BYTES = 64;
/** The code stores keys that no issuer publishes under this name. */
const STRANGER = "";

/**
 * The throw-away keys of one run. Each key is generated when a token first needs it, because generating an RSA key
 * takes a large part of a second. The keys sign only test tokens. No gateway trusts throw-away keys, and they exist
 * only as long as the process.
 */
export class SigningKeys {
  readonly #keys = new Map<string, Map<string, SigningKey>>();
  #count = 0;

  /** How many keys exist so far, of all issuers. */
  get count(): number {
    return this.#count;
  }

  /** The issuer's own key for an algorithm. */
  of(issuerId: string, algorithm: string): SigningKey {
    const ofIssuer = this.#keys.get(issuerId) ?? new Map<string, SigningKey>();
    this.#keys.set(issuerId, ofIssuer);
    const known = ofIssuer.get(algorithm);
    if (known) {
      return known;
    }
    const key = generateSigningKey(`${issuerId}-${algorithm}`, algorithm);
    ofIssuer.set(algorithm, key);
    this.#count += 1;
    return key;
  }

  /** A key that no issuer publishes. */
  stranger(algorithm: string): SigningKey {
    return this.of(STRANGER, algorithm);
  }

  /** All keys of an issuer that exist so far. */
  list(issuerId: string): readonly SigningKey[] {
    return [...(this.#keys.get(issuerId)?.values() ?? [])];
  }
}

function generateSigningKey(kid: string, algorithm: string): SigningKey {
  if (algorithm.startsWith("HS")) {
    const secret = createSecretKey(randomBytes(SECRET_BYTES));
    const signBytes = (input: Uint8Array): Uint8Array => createHmac(hashOf(algorithm), secret).update(input).digest();
    return { kid, algorithm, key: secret, published: undefined, sign: signBytes };
  }
  // Node 20 can deadlock when it exports a new key as a JWK, so both keys are read from their DER form.
  const pair = generatePair(algorithm);
  const der = pair.privateKey.export({ type: "pkcs8", format: "der" });
  const key = createPrivateKey({ key: der, type: "pkcs8", format: "der" });
  const spki = pair.publicKey.export({ type: "spki", format: "der" });
  const publicKey = createPublicKey({ key: spki, type: "spki", format: "der" });
  const jwk: PublicJwk = { ...publicKey.export({ format: "jwk" }), kid, alg: algorithm, use: "sig" };
  const pem = String(publicKey.export({ type: "spki", format: "pem" }));
  return { kid, algorithm, key, published: { jwk, pem }, sign: (input) => signWith(algorithm, key, input) };
}

function generatePair(algorithm: string): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const namedCurve = CURVES[algorithm];
  if (namedCurve !== undefined) {
    return generateKeyPairSync("ec", { namedCurve });
  }
  return algorithm.startsWith("Ed")
    ? generateKeyPairSync("ed25519")
    : generateKeyPairSync("rsa", { modulusLength: RSA_BITS });
}

/** Signs as in RFC 7518 section 3 and RFC 8037 section 3.1. */
function signWith(algorithm: string, key: KeyObject, input: Uint8Array): Uint8Array {
  switch (algorithm.slice(0, 2)) {
    case "RS":
      return sign(hashOf(algorithm), input, { key, padding: constants.RSA_PKCS1_PADDING });
    case "PS": {
      const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
      return sign(hashOf(algorithm), input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
    }
    case "ES":
      return sign(hashOf(algorithm), input, { key, dsaEncoding: "ieee-p1363" });
    default:
      return sign(null, input, key);
  }
}

function hashOf(algorithm: string): string {
  return `sha${algorithm.slice(2)}`;
}
