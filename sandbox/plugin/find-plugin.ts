import type { KongPlugin, KongRoute } from "../config/kong-config.ts";

/**
 * Finds the plugin of the Route. If there is none, the plugin of the Route's Service. If there is none, the global
 * plugin. The configurations of these plugins are never merged. The search ignores disabled plugins.
 */
export function findPlugin(plugins: readonly KongPlugin[], route: KongRoute): KongPlugin | undefined {
  const enabled = plugins.filter((plugin) => plugin.enabled);
  return (
    enabled.find((plugin) => plugin.routeId === route.id) ??
    enabled.find((plugin) => plugin.serviceId === route.service.id) ??
    enabled.find((plugin) => plugin.routeId === undefined && plugin.serviceId === undefined)
  );
}
