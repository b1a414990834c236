import type { KongPlugin, KongRoute } from "../config/kong-config.ts";

/**
 * Finds the plugin of the route, or else of its service, or else the global plugin. Their configurations are never merged. Disabled
 * plugins are ignored.
 */
export function findPlugin(plugins: readonly KongPlugin[], route: KongRoute): KongPlugin | undefined {
  const enabled = plugins.filter((plugin) => plugin.enabled);
  return (
    enabled.find((plugin) => plugin.routeId === route.id) ??
    enabled.find((plugin) => plugin.serviceId === route.service.id) ??
    enabled.find((plugin) => plugin.routeId === undefined && plugin.serviceId === undefined)
  );
}
