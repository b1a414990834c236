import type { Jwk } from "../rules/jwk.ts";

/** The last answer of one source, as it is stored for the next process. */
export interface StoredKeySet {
  /** Only public keys; an empty list if the source has no usable key. */
  readonly keys: readonly Jwk[];
  /** When the source answered, in milliseconds since the epoch. */
  readonly loadedAt: number;
}

/**
 * Keeps the public part of fetched keys for the time after a restart. No method rejects, because keys are fetched as
 * usual if the store fails.
 */
export interface KeyStore {
  /**
   * @param place a name made of the issuer, the options and the source, because other options result in other keys.
   */
  readKeySet(place: string): Promise<StoredKeySet | undefined>;
  saveKeySet(place: string, set: StoredKeySet): Promise<void>;
  /** Thumbprints of keys whose private part a source published once. */
  readLeaked(source: string): Promise<readonly string[]>;
  saveLeaked(source: string, thumbprints: readonly string[]): Promise<void>;
  status(): KeyStoreStatus;
}

export interface KeyStoreStatus {
  readonly directory: string;
  /** The reason why the store keeps nothing at the moment; undefined if there is no problem. */
  readonly problem: string | undefined;
}
