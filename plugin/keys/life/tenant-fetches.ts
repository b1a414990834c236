import type { FetchJson } from "../fetch/fetch-json.ts";
import { limitFetches } from "../fetch/limit-fetches.ts";

/** Maximum number of fetches that run at the same time for the tenants of one issuer. */
const MAX_RUNNING = 8;
/**
 * In one second, tokens with unknown kids may cause at most this many fetches. The limit is for all tenants of one
 * issuer together.
 */
const MAX_PER_SECOND = 10;

/**
 * Limits the number of fetches for all tenants of one issuer together. The tenants share the limits, because most tenants have the same
 * provider. A token can name any tenant of the policy, so without the limits each forged token could cause a fetch.
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
    const seconds = Math.abs(now - this.#countedAt) / 1000; // If the clock was set back, the difference is negative.
    this.#allowance = Math.min(MAX_PER_SECOND, this.#allowance + seconds * MAX_PER_SECOND);
    this.#countedAt = now;
    if (this.#allowance < 1) {
      return false;
    }
    this.#allowance -= 1;
    return true;
  }
}
