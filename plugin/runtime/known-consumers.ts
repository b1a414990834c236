import type { CallerSource, Consumer, ConsumerLookup } from "../core/identity.ts";

/** Asks Kong for one Consumer. */
export type LoadConsumer = (by: ConsumerLookup["by"], value: string) => Promise<Consumer | undefined>;

export interface KnownConsumers {
  /**
   * What is remembered, or else what Kong says now.
   *
   * @param workspace keeps apart what different plugins of one Kong may know under the same name.
   */
  find(workspace: string, lookup: ConsumerLookup, load: LoadConsumer): ReturnType<CallerSource["findConsumer"]>;
}

const MAX_ENTRIES = 10_000;
/** A Consumer that is created must work soon, and a database that could not be read is asked again. */
const MAX_UNKNOWN_AGE_SECONDS = 10;
/** In the last part of an entry's time one request asks anew while all others still use it. */
const RENEW_FROM = 0.9;
const RENEW_AGAIN_MS = 1_000;

interface Entry {
  readonly consumer: Consumer | undefined;
  readonly askedAt: number;
  renewingSince: number;
}

/**
 * Remembers Consumers for all plugin instances. Requests never wait for one another's answer: a request whose client goes away takes
 * its call along, and those that waited would hang.
 *
 * @param now milliseconds of any clock.
 */
export function rememberConsumers(now: () => number): KnownConsumers {
  const entries = new Map<string, Entry>();

  const remember = (name: string, entry: Entry): void => {
    entries.delete(name); // To the end: the oldest answer goes first.
    entries.set(name, entry);
    const [oldest] = entries.keys();
    if (entries.size > MAX_ENTRIES && oldest !== undefined) {
      entries.delete(oldest);
    }
  };

  return {
    async find(workspace, { by, value, maxAgeSeconds }, load) {
      const name = `${workspace} ${by} ${value}`;
      const entry = entries.get(name);
      if (entry && isUsable(entry, maxAgeSeconds, now())) {
        return entry.consumer;
      }
      // From when it was asked, so that an answer that takes long does not count as new.
      const askedAt = now();
      const consumer = await load(by, value);
      remember(name, { consumer, askedAt, renewingSince: Number.NEGATIVE_INFINITY });
      return consumer;
    },
  };
}

/** Whether the answer still counts; says no once in a while towards its end. */
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
