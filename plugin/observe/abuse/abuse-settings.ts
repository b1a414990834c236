import type { Network } from "../../core/text/ip-network.ts";

/** The operator's settings for the detection of abuse. A detector without settings is off. */
export interface AbuseSettings {
  readonly sharedTokens: SharedTokenSettings | undefined;
  readonly failingSubjects: { readonly perMinute: number } | undefined;
  readonly unknownKeys: { readonly perMinute: number; readonly factor: number } | undefined;
  readonly longLifetimes: { readonly factor: number; readonly afterTokens: number } | undefined;
  readonly denialRates: { readonly change: number; readonly requests: number } | undefined;
  /**
   * The secret from which the process derives the keys of pseudonyms. If there is no secret, each process makes its own random
   * keys.
   */
  readonly pseudonymSecret: Uint8Array | undefined;
  /** How long one key is used for pseudonyms, in seconds. */
  readonly rotateSeconds: number;
  readonly linesPerMinute: number;
  /** For this many seconds after a finding, the watch does not report the same finding again. */
  readonly repeatSeconds: number;
}

export interface SharedTokenSettings {
  readonly returns: number;
  readonly networks: number;
  readonly ipv4Prefix: number;
  readonly ipv6Prefix: number;
  /** All addresses of one group count as one network. */
  readonly sharedNetworks: readonly (readonly Network[])[];
  /** How many seconds a shared token is refused; undefined if the watch only reports such a token. */
  readonly refuseSeconds: number | undefined;
}
