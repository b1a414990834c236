import type { Finding } from "../../plugin/policy/language/finding.ts";
import { findGoverning } from "./check-routes.ts";
import { isSame, type StatePlugin, type StateRoute, textsAt } from "./state/kong-state.ts";
import { findingAt } from "./state/state-finding.ts";

const PREFLIGHT_METHOD = "OPTIONS";

/**
 * A cors plugin on a Route answers preflight requests. But if the Route's methods do not include OPTIONS, Kong finds no Route for
 * a preflight, answers 404, and runs no plugin. The function warns of each Route with a cors plugin but without
 * OPTIONS.
 */
export function checkPreflights(routes: readonly StateRoute[], corsPlugins: readonly StatePlugin[]): Finding[] {
  return routes
    .filter((route) => !takesPreflights(route) && findGoverning(route, corsPlugins) !== undefined)
    .filter((route) => !routes.some((other) => takesPreflights(other) && sharesPath(route, other)))
    .map((route) => {
      const methods = textsAt(route.node, "methods").join(", ");
      const message = `Route "${route.names[0] ?? ""}" accepts only ${methods}, so Kong answers 404 to CORS preflights before the cors plugin runs. Add OPTIONS to the Route's methods, or add another Route that accepts OPTIONS for the same paths.`;
      return findingAt(route.source, route.node, "warning", "preflight_not_routed", message);
    });
}

function takesPreflights({ node }: StateRoute): boolean {
  const methods = textsAt(node, "methods");
  return methods.length === 0 || methods.includes(PREFLIGHT_METHOD);
}

/** A Route without paths matches every path. */
function sharesPath({ node }: StateRoute, other: StateRoute): boolean {
  const taken = textsAt(other.node, "paths");
  return taken.length === 0 || isSame(textsAt(node, "paths"), taken);
}
