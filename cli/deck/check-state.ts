import { checkOperations } from "./check-operations.ts";
import { type CheckedPlugins, checkPlugins } from "./check-plugins.ts";
import { checkPreflights } from "./check-preflights.ts";
import { checkRoutes } from "./check-routes.ts";
import type { KongState } from "./state/kong-state.ts";

/** Checks that plugins, Routes and policies match each other. */
export async function checkState(state: KongState, policyRoot: string): Promise<CheckedPlugins> {
  const { plugins, findings } = await checkPlugins(state, policyRoot);
  return {
    plugins,
    findings: [
      ...findings,
      ...checkRoutes(state.routes, state.plugins, plugins),
      ...checkOperations(state.routes, state.plugins, plugins),
      ...checkPreflights(state.routes, state.corsPlugins),
    ],
  };
}
