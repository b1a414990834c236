import type { Jwk } from "../rules/jwk.ts";

/** The last answer of one place, as it is stored for the next process. */
export interface StoredKeySet {
  /** Only public keys; empty if the place has no usable key. */
  readonly keys: readonly Jwk[];
  /** When the place answered, in milliseconds since the epoch. */
  readonly loadedAt: number;
}

/**
 * Stores the public part of fetched keys over restarts. No method rejects, because keys are fetched as usual if the store
 * fails.
 */
export interface KeyStore {
  /** @param place a name for issuer, options and place, because other options result in other keys. */
  readKeySet(place: string): Promise<StoredKeySet | undefined>;
  saveKeySet(place: string, set: StoredKeySet): Promise<void>;
  /** Thumbprints of keys whose private part a place published once. */
  readLeaked(source: string): Promise<readonly string[]>;
  saveLeaked(source: string, thumbprints: readonly string[]): Promise<void>;
  status(): KeyStoreStatus;
}

export interface KeyStoreStatus {
  readonly directory: string;
  /** Why the store keeps nothing at the moment; undefined if there is no problem. */
  readonly problem: string | undefined;
}
