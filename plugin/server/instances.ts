import type { PluginInstance } from "../kong/handler.ts";

/** The plugin instances of this process, by the id that Kong knows them under. */
export interface Instances {
  /** Starts an instance from Kong's configuration JSON and returns its id. */
  start(configJson: string): number;
  close(id: number): void;
  find(id: number): PluginInstance | undefined;
  /** Gives up instances that no event asked for in a long time: Kong sends no close when it deletes a plugin. */
  evictIdle(): void;
}

const MAX_ID = 2 ** 31 - 1;
const following = (id: number): number => (id % MAX_ID) + 1;
/** Fine enough that no burst of starts runs ahead of the clock; the range of ids lasts three days before it begins anew. */
const IDS_PER_MS = 8;
const IDLE_MS = 3_600_000;
const MAX_INSTANCES = 20_000;
/** How exactly the order of use is kept, in milliseconds; it costs time on every request. */
const USE_GRAIN_MS = 1_000;

/**
 * Ids are never reused, not by a respawned process either: Kong goes on using the ids of the old process until it is told
 * otherwise, and a reused one would have a route judged by another route's policy. So ids follow the clock: a later process starts
 * beyond all that an earlier one gave out.
 *
 * @param now milliseconds of a clock that all processes on this machine share and that never steps back.
 */
export function createInstances(startInstance: (configJson: string) => PluginInstance, now: () => number): Instances {
  const instances = new Map<number, { readonly instance: PluginInstance; usedAt: number }>();
  const readClock = (): number => Math.floor(now() * IDS_PER_MS) % MAX_ID;
  let last = readClock() - 1;

  const nextId = (): number => {
    const clock = readClock();
    const ahead = (clock - last + MAX_ID) % MAX_ID;
    // Where the clock's range begins anew, ids go on from where they were instead of jumping back.
    last = ahead > 0 && ahead < MAX_ID / 2 ? Math.max(clock, 1) : following(last);
    while (instances.has(last)) {
      last = following(last);
    }
    return last;
  };

  // Kong can not be told that a start failed: the failure shows as a refusal of every request.
  const startSafely = (configJson: string): PluginInstance => {
    try {
      return startInstance(configJson);
    } catch (error) {
      return { access: () => Promise.reject(error) };
    }
  };

  return {
    start(configJson) {
      const id = nextId();
      const [longestUnused] = instances.keys();
      if (instances.size >= MAX_INSTANCES && longestUnused !== undefined) {
        instances.delete(longestUnused); // Kong starts it anew if it is still wanted.
      }
      instances.set(id, { instance: startSafely(configJson), usedAt: now() });
      return id;
    },
    close: (id) => void instances.delete(id),
    find(id) {
      const entry = instances.get(id);
      if (entry && now() - entry.usedAt > USE_GRAIN_MS) {
        entry.usedAt = now();
        instances.delete(id); // To the end: the map's order is that of use.
        instances.set(id, entry);
      }
      return entry?.instance;
    },
    evictIdle() {
      for (const [id, { usedAt }] of instances) {
        if (now() - usedAt > IDLE_MS) {
          instances.delete(id);
        }
      }
    },
  };
}
