import { findRule } from "../../plugin/core/request/match-rule.ts";
import type { Finding, FindingCode } from "../../plugin/policy/language/finding.ts";
import type { CheckedPlugin } from "./check-plugins.ts";
import { hasAt, isSame, type StatePlugin, type StateRoute, textAt, textsAt } from "./state/kong-state.ts";
import { findingAt } from "./state/state-finding.ts";

/** If a Route has this tag, the guard lets its requests pass without a policy. */
export const PUBLIC_TAG = "jwt-policy-public";
/** Kong's defaults. A plugin judges only requests whose protocol it lists. */
const ROUTE_PROTOCOLS = ["http", "https"];
export const PLUGIN_PROTOCOLS = ["grpc", "grpcs", "http", "https"];

/**
 * Warns of two kinds of Routes: Routes without a plugin, and Routes with a plugin that does not list all protocols of
 * the Route. The function also warns if the policy has no rule for the Route.
 */
export function checkRoutes(
  routes: readonly StateRoute[],
  plugins: readonly StatePlugin[],
  checked: readonly CheckedPlugin[],
): Finding[] {
  return routes.flatMap((route) => {
    const warn = (code: FindingCode, message: string): Finding[] => [
      findingAt(route.source, route.node, "warning", code, `Route "${route.names[0] ?? ""}" ${message}`),
    ];
    const governing = findGoverning(route, plugins);
    if (governing === undefined) {
      const message =
        "has no jwt-policy plugin: none on the Route, none on its Service, none global. No policy judges its requests.";
      return route.tags.includes(PUBLIC_TAG) ? [] : warn("route_without_policy", message);
    }
    const plugin = checked.find(({ node }) => node === governing.node);
    const missing = findUnjudgedProtocols(route, governing);
    return [
      ...(missing.length > 0
        ? warn(
            "protocol_without_policy",
            `takes ${missing.join(", ")}, but its jwt-policy does not list these protocols.`,
          )
        : []),
      ...(plugin && !hasRule(route, plugin)
        ? warn(
            "route_without_rule",
            `has no rule in policy "${plugin.policy?.name}": ${describeUnmatched(plugin)}. Add a rule with the Route's name, or name a rule in the plugin's config.`,
          )
        : []),
    ];
  });
}

/** Says how the policy treats a request that matches no rule. */
function describeUnmatched({ policy }: CheckedPlugin): string {
  return policy?.unmatchedMode === "report"
    ? "report mode lets every request pass and logs no_matching_rule; in enforce mode every request gets 403"
    : "every request gets 403";
}

/**
 * Finds the plugin of a Route as Kong does. The Route's plugin comes first, then the plugin of its Service, then the
 * global plugin. The search ignores disabled plugins.
 */
export function findGoverning(route: StateRoute, plugins: readonly StatePlugin[]): StatePlugin | undefined {
  const enabled = plugins.filter(({ node }) => node.get("enabled") !== false);
  return (
    enabled.find(({ scope }) => scope.on === "route" && isSame(scope.names, route.names)) ??
    enabled.find(({ scope }) => scope.on === "service" && isSame(scope.names, route.service)) ??
    enabled.find(({ scope }) => scope.on === "global")
  );
}

function findUnjudgedProtocols(route: StateRoute, plugin: StatePlugin): string[] {
  const judged = hasAt(plugin.node, "protocols") ? textsAt(plugin.node, "protocols") : PLUGIN_PROTOCOLS;
  const taken = hasAt(route.node, "protocols") ? textsAt(route.node, "protocols") : ROUTE_PROTOCOLS;
  return taken.filter((protocol) => !judged.includes(protocol));
}

function hasRule(route: StateRoute, { policy, config }: CheckedPlugin): boolean {
  if (policy === undefined || config.has("rule")) {
    return true; // `checkPlugins` has already checked the rule that the plugin names.
  }
  return findRule(policy, { by: "route", name: textAt(route.node, "name"), tags: route.tags }).ok;
}
