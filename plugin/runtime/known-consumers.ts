import { BoundedMap } from "../bounded/bounded-map.ts";
import type { CallerSource, Consumer, ConsumerLookup } from "../core/model/caller.ts";
import type { Lookups } from "./verified-tokens.ts";

/** Asks Kong for one Consumer. */
export type LoadConsumer = (by: ConsumerLookup["by"], value: string) => Promise<Consumer | undefined>;

export interface KnownConsumers {
  /**
   * Returns the cached Consumer, or else asks Kong.
   *
   * @param workspace the Kong workspace. Consumers in different workspaces of one Kong can have the same name.
   */
  find(workspace: string, lookup: ConsumerLookup, load: LoadConsumer): ReturnType<CallerSource["findConsumer"]>;
}

const MAX_ENTRIES = 10_000;
/**
 * How long the plugin caches Kong's answer that a Consumer does not exist. The time is short, so that a new Consumer
 * works soon. Kong also gives this answer if Kong cannot read its database. So the plugin soon asks again.
 */
const MAX_UNKNOWN_AGE_SECONDS = 10;
/**
 * When this part of an entry's lifetime is over, one request asks Kong again. Until Kong answers this request, all
 * other requests use the cached entry.
 */
const RENEW_FROM = 0.9;
const RENEW_AGAIN_MS = 1_000;

interface Entry {
  readonly consumer: Consumer | undefined;
  readonly askedAt: number;
  renewingSince: number;
}

/**
 * Caches Consumers for all plugin instances. A request never waits for a call to Kong that another request has made. If
 * the client of that other request disconnects, the call ends without an answer. So a request that waited for this
 * answer would hang.
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
      // The entry's age counts from the call to Kong, because a slow answer is already old when it arrives.
      const askedAt = now();
      const consumer = await load(by, value);
      entries.set(name, { consumer, askedAt, renewingSince: Number.NEGATIVE_INFINITY });
      return consumer;
    },
  };
}

/**
 * Whether the cached entry is still usable. If the entry will soon expire, the function sometimes returns false, so
 * that one request renews the entry.
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
