import { BoundedMap } from "../bounded/bounded-map.ts";
import type { CallerSource, Consumer, ConsumerLookup } from "../core/model/caller.ts";
import type { Lookups } from "./verified-tokens.ts";

/** Asks Kong for one Consumer. */
export type LoadConsumer = (by: ConsumerLookup["by"], value: string) => Promise<Consumer | undefined>;

export interface KnownConsumers {
  /**
   * Returns the remembered Consumer, or else asks Kong.
   *
   * @param workspace separates Consumers with the same name in different workspaces of one Kong.
   */
  find(workspace: string, lookup: ConsumerLookup, load: LoadConsumer): ReturnType<CallerSource["findConsumer"]>;
}

const MAX_ENTRIES = 10_000;
/** Short, so that a new Consumer works soon, and so that Kong is soon asked again if it could not read its database. */
const MAX_UNKNOWN_AGE_SECONDS = 10;
/** When this share of an entry's lifetime has passed, one request asks Kong again. All other requests still use the entry. */
const RENEW_FROM = 0.9;
const RENEW_AGAIN_MS = 1_000;

interface Entry {
  readonly consumer: Consumer | undefined;
  readonly askedAt: number;
  renewingSince: number;
}

/**
 * Remembers Consumers for all plugin instances. Requests never wait for another request's answer from Kong. If a client goes
 * away, the call of its request ends without an answer, and other requests that wait for the answer would hang.
 *
 * @param now the time in milliseconds, from any clock.
 */
export function rememberConsumers(now: () => number, lookups: Lookups = { hits: 0, misses: 0 }): KnownConsumers {
  const entries = new BoundedMap<string, Entry>({ maxEntries: MAX_ENTRIES });

  return {
    async find(workspace, { by, value, maxAgeSeconds }, load) {
      const name = `${workspace} ${by} ${value}`;
      const entry = entries.get(name);
      if (entry && isUsable(entry, maxAgeSeconds, now())) {
        lookups.hits += 1;
        return entry.consumer;
      }
      lookups.misses += 1;
      // The age starts with the question, so that a slow answer does not count as new.
      const askedAt = now();
      const consumer = await load(by, value);
      entries.set(name, { consumer, askedAt, renewingSince: Number.NEGATIVE_INFINITY });
      return consumer;
    },
  };
}

/**
 * Whether the answer is still usable. When the answer will soon expire, this sometimes returns false, so that one request
 * renews it.
 */
function isUsable(entry: Entry, maxAgeSeconds: number, nowMs: number): boolean {
  const maxAgeMs = 1000 * (entry.consumer ? maxAgeSeconds : Math.min(maxAgeSeconds, MAX_UNKNOWN_AGE_SECONDS));
  const ageMs = nowMs - entry.askedAt;
  if (ageMs >= maxAgeMs) {
    return false;
  }
  if (ageMs < maxAgeMs * RENEW_FROM || nowMs - entry.renewingSince < RENEW_AGAIN_MS) {
    return true;
  }
  entry.renewingSince = nowMs;
  return false;
}
