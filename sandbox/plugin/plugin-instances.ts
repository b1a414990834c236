/**
 * Plugin instances in the plugin server. Each plugin entity of the configuration has one instance. The first request
 * for the entity starts the instance.
 */
import type { KongPlugin } from "../config/kong-config.ts";

/** The id that the default workspace has in every DB-less Kong. */
const WORKSPACE_ID = "0dc6f45b-8f8d-40d2-a504-473544ee190b";

/** While one request starts an instance, other requests for this instance wait for at most this many milliseconds. */
const CLAIM_TIMEOUT = 10_000;

export interface Instances {
  /** @throws Error when the instance fails to start. */
  getId(plugin: KongPlugin): Promise<number>;
  /**
   * Forgets all started instances. The plugin client calls this function if the plugin server no longer knows an
   * instance.
   */
  reset(): void;
}

/** @param start starts an instance with a configuration and returns the instance's id. */
export function createInstances(start: (config: Record<string, unknown>) => Promise<number>): Instances {
  let started = new WeakMap<KongPlugin, number>();
  const starting = new Map<KongPlugin, Promise<unknown>>();
  const configs = new WeakMap<KongPlugin, Record<string, unknown>>();
  let lastSequence = 0;

  /** As on Kong, each version of a plugin's configuration has a sequence number of its own. */
  const configOf = (plugin: KongPlugin): Record<string, unknown> => {
    let config = configs.get(plugin);
    if (config === undefined) {
      lastSequence += 1;
      config = describeInstance(plugin, lastSequence);
      configs.set(plugin, config);
    }
    return config;
  };

  return {
    getId: async (plugin) => {
      for (let other = starting.get(plugin); other !== undefined; other = starting.get(plugin)) {
        await withinClaimTimeout(other, plugin);
      }
      const id = started.get(plugin);
      if (id !== undefined) {
        return id;
      }
      const start_ = start(configOf(plugin));
      starting.set(plugin, start_);
      try {
        const newId = await start_;
        started.set(plugin, newId);
        return newId;
      } finally {
        starting.delete(plugin);
      }
    },
    reset: () => {
      started = new WeakMap();
    },
  };
}

/** Returns the plugin's configuration, together with the fields that Kong adds. */
function describeInstance(plugin: KongPlugin, sequence: number): Record<string, unknown> {
  const { id, routeId, serviceId, instanceName, config } = plugin;
  return {
    ...config,
    ...(routeId === undefined ? {} : { route_id: routeId }),
    ...(serviceId === undefined ? {} : { service_id: serviceId }),
    ...(instanceName === undefined ? {} : { plugin_instance_name: instanceName }),
    __plugin_id: id,
    __ws_id: WORKSPACE_ID,
    __seq__: sequence,
    __key__: ["plugins", "jwt-policy", routeId ?? "", serviceId ?? "", "", "", WORKSPACE_ID].join(":"),
  };
}

/** Waits until another request has started this instance, or has failed to start it. */
async function withinClaimTimeout(other: Promise<unknown>, plugin: KongPlugin): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    const error = new Error(`Could not claim instance_id for jwt-policy (key: ${plugin.id})`);
    timer = setTimeout(() => reject(error), CLAIM_TIMEOUT);
  });
  try {
    await Promise.race([other.catch(() => undefined), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
