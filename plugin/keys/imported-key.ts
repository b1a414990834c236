import type { Jwk } from "../core/jwk.ts";
import type { VerificationKey } from "../core/key.ts";

/** A key with what is needed to know it again: under another kid, in another place, or after a restart. */
export interface ImportedKey extends VerificationKey {
  /** RFC 7638, SHA-256. */
  readonly thumbprint: string;
  /** The public JWK that it was imported from; undefined for secrets. */
  readonly jwk: Jwk | undefined;
}

/** The reasons are for the operator, and hold no key material. */
export interface ImportedKeySet {
  readonly keys: readonly ImportedKey[];
  /** Why keys are refused: they are faulty, or the policy excludes them. */
  readonly ignored: readonly string[];
  /** Why keys have no use here: they are for another purpose. */
  readonly unused: readonly string[];
  /** Settings that the operator should make explicit. */
  readonly notes: readonly string[];
  /** Private keys that the issuer published: the operator has to act. */
  readonly leaked: readonly string[];
  /** The thumbprints of those. */
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
