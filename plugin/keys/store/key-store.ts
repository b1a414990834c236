import type { Jwk } from "../rules/jwk.ts";

/** The last answer of one source, as it is stored for the next process. */
export interface StoredKeySet {
  /** Contains only public keys; an empty list if the source has no usable key. */
  readonly keys: readonly Jwk[];
  /** When the source answered, in milliseconds since the epoch. */
  readonly loadedAt: number;
}

/**
 * Stores the public parts of fetched keys, so that the plugin can use the keys after a restart. No method rejects: if
 * the store fails, keys are fetched as usual.
 */
export interface KeyStore {
  /**
   * @param place a name made of the issuer, its options and the source. The options are part of the name, because
   * different options can give different keys.
   */
  readKeySet(place: string): Promise<StoredKeySet | undefined>;
  saveKeySet(place: string, set: StoredKeySet): Promise<void>;
  /** Returns the thumbprints of keys whose private part a source once published. */
  readLeaked(source: string): Promise<readonly string[]>;
  saveLeaked(source: string, thumbprints: readonly string[]): Promise<void>;
  status(): KeyStoreStatus;
}

export interface KeyStoreStatus {
  readonly directory: string;
  /** The reason why the store saves nothing at the moment; undefined if there is no problem. */
  readonly problem: string | undefined;
}
