import type { PluginInstance } from "../kong/handler.ts";
import { GENERATIONS } from "./claim-generation.ts";

/** The plugin instances of this process, by the id that Kong knows them under. */
export interface Instances {
  /** Starts an instance from Kong's configuration JSON and returns its id. */
  start(configJson: string): number;
  close(id: number): void;
  find(id: number): PluginInstance | undefined;
  /** Gives up instances that no event asked for in a long time: Kong sends no close when it deletes a plugin. */
  evictIdle(): void;
}

interface InstanceEntry {
  readonly instance: PluginInstance;
  readonly configLength: number;
  usedAt: number;
}

/** What all instances may take together. */
export interface InstanceLimits {
  readonly maxInstances: number;
  /** In characters. */
  readonly maxConfigLength: number;
}

/** An id is the process's generation and a count; all 31 bits of Kong's int32 that are not its sign. */
const IDS_PER_GENERATION = 2 ** 31 / GENERATIONS;
const IDLE_MS = 3_600_000;
const MAX_INSTANCES = 20_000;
/** Most configuration in all, in characters: an inline policy has up to 131,072. */
const MAX_CONFIG_LENGTH = 256 * 1024 * 1024;
/** How exactly the order of use is kept, in milliseconds; it costs time on every request. */
const USE_GRAIN_MS = 1_000;

/**
 * Ids are never reused, not by another process either: Kong goes on using those of a process that is gone until it is told
 * otherwise, and sends those of one to another that serves beside it. A reused one would have a route judged by another route's
 * policy. So each process counts within a generation of its own, and claims another when it has used that up.
 *
 * @param claimGeneration 0 to 255, another one each time.
 * @param now milliseconds of any clock.
 */
export function createInstances(
  startInstance: (configJson: string) => PluginInstance,
  claimGeneration: () => number,
  now: () => number,
  { maxInstances, maxConfigLength }: InstanceLimits = {
    maxInstances: MAX_INSTANCES,
    maxConfigLength: MAX_CONFIG_LENGTH,
  },
): Instances {
  const instances = new Map<number, InstanceEntry>();
  let configLength = 0;
  let generation = claimGeneration();
  let count = 0;

  const nextId = (): number => {
    count += 1; // Kong takes 0 for none.
    if (count === IDS_PER_GENERATION) {
      generation = claimGeneration();
      count = 1;
    }
    return generation * IDS_PER_GENERATION + count;
  };

  // Kong can not be told that a start failed: the failure shows as a refusal of every request.
  const startSafely = (configJson: string): PluginInstance => {
    try {
      return startInstance(configJson);
    } catch (error) {
      return { access: () => Promise.reject(error) };
    }
  };

  const end = (id: number): void => {
    const entry = instances.get(id);
    if (entry) {
      instances.delete(id);
      configLength -= entry.configLength;
      entry.instance.close?.();
    }
  };

  /** Kong starts an ended instance anew if it still needs it. */
  const makeRoom = (length: number): void => {
    for (const longestUnused of instances.keys()) {
      if (instances.size < maxInstances && configLength + length <= maxConfigLength) {
        return;
      }
      end(longestUnused);
    }
  };

  return {
    start(configJson) {
      const id = nextId();
      makeRoom(configJson.length);
      instances.set(id, { instance: startSafely(configJson), configLength: configJson.length, usedAt: now() });
      configLength += configJson.length;
      return id;
    },
    close: end,
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
          end(id);
        }
      }
    },
  };
}
