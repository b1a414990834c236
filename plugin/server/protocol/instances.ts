import { BoundedMap } from "../../bounded/bounded-map.ts";
import type { PluginInstance } from "../../kong/handler.ts";

/** The number of generations. After the last generation, 0 comes again. */
export const GENERATIONS = 256;

/** The plugin instances of this process. Kong identifies each instance by an id. */
export interface Instances {
  /** Starts an instance from Kong's configuration JSON and returns its id. */
  start(configJson: string): number;
  close(id: number): void;
  find(id: number): PluginInstance | undefined;
}

interface InstanceEntry {
  readonly instance: PluginInstance;
  readonly configLength: number;
  usedAt: number;
}

/** Limits for the totals over all instances. */
export interface InstanceLimits {
  readonly maxInstances: number;
  /** Maximum total length of configurations, in characters. */
  readonly maxConfigLength: number;
}

/**
 * An id consists of the generation of the process and a count. Together, the bits of both fill Kong's int32, except the
 * sign bit.
 */
const IDS_PER_GENERATION = 2 ** 31 / GENERATIONS;
const IDLE_MS = 3_600_000;
const EVICT_MS = 600_000;
const MAX_INSTANCES = 20_000;
/** Maximum total length of configurations, in characters. The configuration of an inline policy has up to 131,072 characters. */
const MAX_CONFIG_LENGTH = 256 * 1024 * 1024;
/** Precision of the time of last use, in milliseconds. A higher precision would cost time on every request. */
const USE_GRAIN_MS = 1_000;

/**
 * An instance id is never reused, neither by this process nor by another process. After a process has ended, Kong uses
 * the ids of this process until another server reports them as unknown. If two processes run at the same time, each
 * process also gets calls with ids of the other process. If two instances had the same id, the policy of one Kong Route
 * could judge requests of another Route. So each process has its own generation of ids. When the process has used all
 * ids of its generation, it takes a new generation.
 *
 * @param claimGeneration a function that returns 0 to 255, each time another number.
 * @param now a function that returns the time in milliseconds, from any clock.
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
  const close = (entry: InstanceEntry | undefined): void => entry?.instance.close?.();
  // The process can evict an instance without harm, because Kong starts the instance again when Kong needs it.
  const instances = new BoundedMap<number, InstanceEntry>({
    maxEntries: maxInstances,
    maxSize: maxConfigLength,
    sizeOf: (_id, { configLength }) => configLength,
    onEvict: close,
  });
  let generation = claimGeneration();
  let count = 0;

  const nextId = (): number => {
    count += 1; // Kong reads the id 0 as "no instance", so no instance gets the id 0.
    if (count === IDS_PER_GENERATION) {
      generation = claimGeneration();
      count = 1;
    }
    return generation * IDS_PER_GENERATION + count;
  };

  // The plugin cannot report to Kong that a start failed, so a failed instance refuses every request.
  const startSafely = (configJson: string): PluginInstance => {
    try {
      return startInstance(configJson);
    } catch (error) {
      return { access: () => Promise.reject(error) };
    }
  };

  // If a plugin is deleted in Kong, Kong does not close the instances of this plugin. So the process evicts instances
  // that no event has used for a long time.
  setInterval(() => {
    for (const [id, { usedAt }] of instances.entries()) {
      if (now() - usedAt > IDLE_MS) {
        close(instances.delete(id));
      }
    }
  }, EVICT_MS).unref();

  return {
    start(configJson) {
      const id = nextId();
      instances.set(id, { instance: startSafely(configJson), configLength: configJson.length, usedAt: now() });
      return id;
    },
    close: (id) => close(instances.delete(id)),
    find(id) {
      const entry = instances.get(id);
      if (entry && now() - entry.usedAt > USE_GRAIN_MS) {
        entry.usedAt = now();
        instances.set(id, entry); // The instance whose last use is the oldest is evicted first.
      }
      return entry?.instance;
    },
  };
}
