import type { FetchJson } from "../fetch/fetch-json.ts";
import { limitFetches } from "../fetch/limit-fetches.ts";

/** How many fetches for the tenants of one issuer run at the same time. */
const MAX_RUNNING = 8;
/** How many fetches tokens with unknown kids may cause in one second, for all tenants of one issuer together. */
const MAX_PER_SECOND = 10;

/**
 * Limits the fetches for all tenants of one issuer together. Most tenants have the same provider. A token can name any tenant of
 * the policy, so without these limits each forged token could cause a fetch.
 */
export class TenantFetches {
  readonly fetchJson: FetchJson;
  readonly #now: () => number;
  #allowance = MAX_PER_SECOND;
  #countedAt: number;

  /** @param now milliseconds since the epoch. */
  constructor(fetchJson: FetchJson, now: () => number) {
    this.#now = now;
    this.#countedAt = now();
    this.fetchJson = limitFetches(fetchJson, MAX_RUNNING);
  }

  /** Whether a token with an unknown kid may cause a fetch now. Each call that returns true counts towards the limit. */
  mayLookAgain(): boolean {
    const now = this.#now();
    const seconds = Math.abs(now - this.#countedAt) / 1000; // The clock may be set back, so the difference may be negative.
    this.#allowance = Math.min(MAX_PER_SECOND, this.#allowance + seconds * MAX_PER_SECOND);
    this.#countedAt = now;
    if (this.#allowance < 1) {
      return false;
    }
    this.#allowance -= 1;
    return true;
  }
}
