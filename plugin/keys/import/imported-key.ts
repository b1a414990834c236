import type { VerificationKey } from "../../core/model/key.ts";
import type { Jwk } from "../rules/jwk.ts";

/**
 * A key, with data by which the plugin recognises the same key under another kid, in another source, or after a
 * restart.
 */
export interface ImportedKey extends VerificationKey {
  /** The key's thumbprint (RFC 7638) with SHA-256. */
  readonly thumbprint: string;
  /** The names of the key's certificate: see certificate-names.ts. */
  readonly certificateNames?: readonly string[];
  /** The public JWK from which the key was imported; undefined for secrets. */
  readonly jwk: Jwk | undefined;
}

/** The result of an import. The reasons are for the operator and contain no key material. */
export interface ImportedKeySet {
  readonly keys: readonly ImportedKey[];
  /** The reasons why keys are rejected. The rejected keys are faulty, or the policy excludes them. */
  readonly ignored: readonly string[];
  /** The reasons why keys are not needed for this issuer's tokens. Keys that are not needed have another purpose. */
  readonly unused: readonly string[];
  /** Settings that the operator should write in the policy explicitly. */
  readonly notes: readonly string[];
  /** Private keys that the issuer published. The operator must replace these keys. */
  readonly leaked: readonly string[];
  /** The thumbprints of the leaked keys. */
  readonly leakedThumbprints: readonly string[];
}

export const NO_KEYS: ImportedKeySet = {
  keys: [],
  ignored: [],
  unused: [],
  notes: [],
  leaked: [],
  leakedThumbprints: [],
};
