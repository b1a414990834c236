import type { Jwk } from "../core/jwk.ts";

/** The last word of one place, as it is kept for the next process. */
export interface StoredKeySet {
  /** Public keys only; empty when the place has none that can be used. */
  readonly keys: readonly Jwk[];
  /** When the place said so, in milliseconds since the epoch. */
  readonly loadedAt: number;
}

/** Keeps what is public of fetched keys over restarts. No method rejects: without it keys are fetched, as ever. */
export interface KeyStore {
  /** @param place names issuer, options and place; other options have other keys. */
  readKeySet(place: string): Promise<StoredKeySet | undefined>;
  saveKeySet(place: string, set: StoredKeySet): Promise<void>;
  /** Thumbprints of keys whose private part a place published once. */
  readLeaked(source: string): Promise<readonly string[]>;
  saveLeaked(source: string, thumbprints: readonly string[]): Promise<void>;
  status(): KeyStoreStatus;
}

export interface KeyStoreStatus {
  readonly directory: string;
  /** Why nothing is kept there at the moment; undefined when all is well. */
  readonly problem: string | undefined;
}
