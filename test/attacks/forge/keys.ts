import { generateKeyPairSync } from "node:crypto";
import type { JWK } from "jose";
import { STAND_IN_PREFIX } from "../../../plugin/keys/rules/stand-in.ts";
import { rereadKey } from "../../../sandbox/stand-in/reread-key.ts";
import { generateSigningKey, type SigningAlgorithm, type SigningKey } from "../../tokens.ts";

const OF_ACME = {
  rs256: "RS256",
  ps256: "PS256",
  es256: "ES256",
  es384: "ES384",
  es512: "ES512",
  eddsa: "EdDSA",
} as const;

/**
 * Keys of `acme`; `cubic`, of acme, has the public exponent 3. `partner` belongs to another issuer and `remote` to a third, each
 * under the kid of acme's `es256`. `mixed` and `mixedRsa` belong to an issuer that also has a shared secret. `tenants`
 * belongs to the issuers with many tenants, and `blue` to one tenant. No policy trusts `stranger` and `strangerRsa`,
 * with any kid. The other keys are in the remote issuer's key set, and the plugin must not use them.
 */
export type KeyName =
  | keyof typeof OF_ACME
  | "cubic"
  | "partner"
  | "remote"
  | "tenants"
  | "blue"
  | "mixed"
  | "mixedRsa"
  | "stranger"
  | "strangerRsa"
  | "short"
  | "leaked"
  | "forEncryption"
  | "standIn";

export type AttackKeys = Readonly<Record<KeyName, SigningKey>>;

export function createKeys(): AttackKeys {
  const ofAcme = (alg: SigningAlgorithm): SigningKey => generateSigningKey(alg, `acme-${alg}`);
  const kid = "acme-ES256";
  return {
    rs256: ofAcme("RS256"),
    ps256: ofAcme("PS256"),
    es256: ofAcme("ES256"),
    es384: ofAcme("ES384"),
    es512: ofAcme("ES512"),
    eddsa: ofAcme("EdDSA"),
    cubic: generateRsaKey("acme-cubic", 2048, 3),
    partner: generateSigningKey("ES256", kid),
    remote: generateSigningKey("ES256", kid),
    tenants: generateSigningKey("ES256", "tenants"),
    blue: generateSigningKey("ES256", "blue"),
    mixed: generateSigningKey("ES256", "mixed-ES256"),
    mixedRsa: generateSigningKey("RS256", "mixed-RS256"),
    stranger: generateSigningKey("ES256", kid),
    strangerRsa: generateSigningKey("RS256", "acme-RS256"),
    short: generateRsaKey("short", 1024, 65_537),
    leaked: generateSigningKey("ES256", "leaked"),
    forEncryption: generateSigningKey("ES256", "for-encryption"),
    standIn: generateSigningKey("ES256", `${STAND_IN_PREFIX}ES256-0123456789ab`),
  };
}

function generateRsaKey(kid: string, modulusLength: number, publicExponent: number): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength, publicExponent });
  const publicJwk: JWK = { ...(rereadKey(publicKey).export({ format: "jwk" }) as JWK), kid, alg: "RS256", use: "sig" };
  return { kid, alg: "RS256", privateKey, publicJwk };
}
