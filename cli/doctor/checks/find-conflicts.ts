import { NAME } from "../../../plugin/kong/contract/plugin-identity.ts";
import { findGoverning } from "../../deck/check-routes.ts";
import { hasAt, isSame, type KongState, type NamedPlugin, type StateRoute } from "../../deck/state/kong-state.ts";
import type { Problem } from "../model/problem.ts";

interface Conflict {
  readonly plugins: readonly string[];
  readonly message: string;
  readonly fix: string;
}

/** Kong plugins that do not work as expected on a Route with jwt-policy. */
const CONFLICTS: readonly Conflict[] = [
  {
    plugins: ["jwt", "oauth2", "openid-connect", "jwt-signer", "oauth2-introspection"],
    message: "authenticates by the same Authorization header, and refuses requests that jwt-policy has accepted",
    fix: "remove it from the Route, or remove jwt-policy there (docs/guides/identity.md)",
  },
  {
    plugins: ["pre-function"],
    message:
      "runs before jwt-policy. If the code of pre-function changes Authorization or Connection, jwt-policy judges the old headers, because nginx fills the facts variable before this code runs",
    fix: "load the guard, which fills the variable again, or let the code change other headers only (docs/guides/guard.md)",
  },
  {
    plugins: ["proxy-cache", "proxy-cache-advanced"],
    message:
      "gives all callers the answers of one cache, unless its vary_headers name the headers that identify the caller",
    fix: "name the mapped identity headers in vary_headers, or do not cache these Routes",
  },
];

/** Finds other plugins that run together with jwt-policy: on the same Route or Service, or globally. */
export function findConflicts(state: KongState, isGuarded: boolean): readonly Problem[] {
  const enabled = state.allPlugins.filter(({ node }) => node.get("enabled") !== false);
  const judged = state.routes.filter((route) => findGoverning(route, state.plugins) !== undefined);
  return enabled.flatMap((plugin): Problem[] => {
    const conflict = CONFLICTS.find(({ plugins }) => plugins.includes(plugin.name ?? ""));
    const isHarmless = conflict === undefined || (isGuarded && plugin.name === "pre-function");
    const routes = isHarmless ? [] : judged.filter((route) => applies(plugin, route));
    const [first] = routes;
    if (!conflict || !first) {
      return [];
    }
    const more = routes.length > 1 ? ` and ${routes.length - 1} more` : "";
    const place = `Route "${first.names[0] ?? ""}"${more}`;
    return [
      {
        severity: "warning",
        message: `The plugin ${plugin.name}, ${describeScope(plugin, state)}, runs on ${place}: it ${conflict.message}`,
        fix: conflict.fix,
      },
    ];
  });
}

/** Finds plugins that the dynamic ordering of Kong Enterprise moves before or after jwt-policy. */
export function findOrders(state: KongState): readonly Problem[] {
  return state.allPlugins
    .filter(({ node, name }) => hasAt(node, "ordering") && (name === NAME || mentions(node.get("ordering"))))
    .map(
      (plugin): Problem => ({
        severity: "warning",
        message: `The plugin ${plugin.name}, ${describeScope(plugin, state)}, has an "ordering" that moves it or jwt-policy. A plugin that runs before jwt-policy sees requests that no policy has judged`,
        fix: "remove the ordering, or check that no plugin before jwt-policy trusts the caller (docs/guides/identity.md)",
      }),
    );
}

function mentions(ordering: unknown): boolean {
  return JSON.stringify(ordering ?? null).includes(`"${NAME}"`);
}

function applies({ scope }: NamedPlugin, route: StateRoute): boolean {
  switch (scope.on) {
    case "global":
      return true;
    case "service":
      return isSame(scope.names, route.service);
    case "route":
      return isSame(scope.names, route.names);
    case "consumer":
      return false;
  }
}

/** Finds the name of an entity, because the Admin API refers to entities only by their ids. */
function describeScope({ scope }: NamedPlugin, { routes }: KongState): string {
  const entities = routes.map(({ names, service }) => (scope.on === "service" ? service : names));
  const names = entities.find((known) => isSame(known, scope.names)) ?? scope.names;
  return scope.on === "global" ? "which is global" : `on ${scope.on} "${names[0] ?? ""}"`;
}
