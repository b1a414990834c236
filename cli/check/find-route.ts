import { resolve } from "node:path";
import type { Cell } from "../../offline/compare/cells/list-cells.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { findRule } from "../../plugin/core/request/match-rule.ts";
import { sampleRoute } from "../../sandbox/api/sample-request.ts";
import { type KongPlugin, type KongRoute, readKongConfig } from "../../sandbox/config/kong-config.ts";
import { compileRouter } from "../../sandbox/gateway/router.ts";
import { findPlugin } from "../../sandbox/plugin/find-plugin.ts";

/** A request that reaches the sandbox's gateway. */
interface GatewayRequest {
  readonly method: string;
  readonly path: string;
  /** The header fields that the Route requires: the host, and the fields in the Route's configuration. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/**
 * Finds a request that reaches the cell's rule through a Kong Route. A cell is a rule with a method and a path, and the
 * request has this method and this path.
 */
export type FindRequest = (policyFile: string, policy: CompiledPolicy, cell: Cell) => GatewayRequest | undefined;

/** The sandbox listens on this port unless `--port` names another. */
export const SANDBOX_PORT = 8000;

/**
 * @param kongText the text of kong.yml. If the sandbox cannot read Kong's configuration, the function finds no request.
 * @param policyRoot the directory to which the names of policies in kong.yml are relative.
 */
export function createFindRequest(kongText: string, policyRoot: string): FindRequest {
  const read = readKongConfig(kongText);
  if (!read.ok) {
    return () => undefined;
  }
  const { routes, plugins } = read.value;
  const match = compileRouter(routes, SANDBOX_PORT);
  return (policyFile, policy, cell) => {
    const ofRule = routes.filter((route) => usesRule(route, findPlugin(plugins, route), cell.rule));
    return ofRule.map((route) => findRouted(cell, policy, route)).find((request) => request !== undefined);

    function usesRule(route: KongRoute, plugin: KongPlugin | undefined, id: string): boolean {
      const { policy_file: file, rule: named } = plugin?.config ?? {};
      if (
        file === undefined ||
        resolve(policyRoot, file) !== resolve(policyFile) ||
        !route.protocols.includes("http")
      ) {
        return false;
      }
      const rule = findRule(
        policy,
        named === undefined ? { by: "route", name: route.name, tags: route.tags ?? [] } : { by: "rule", rule: named },
      );
      return rule.ok && rule.value.id === id;
    }
  };

  function findRouted(cell: Cell, policy: CompiledPolicy, route: KongRoute): GatewayRequest | undefined {
    const { headers, isRouted, ...samples } = sampleRoute(route, match, `127.0.0.1:${SANDBOX_PORT}`);
    // If a rule has no operations, its decision does not depend on method and path. Then a request with any method and
    // path of the Route shows the change.
    const isWhole = policy.rules.get(cell.rule)?.operations === undefined && cell.isOtherMethod;
    const methods = isWhole ? samples.methods : [cell.method];
    const paths = isWhole ? samples.paths : [cell.path];
    const found = methods
      .flatMap((method) => paths.map((path) => ({ method, path })))
      .find(({ method, path }) => isRouted(method, path));
    return found && { ...found, headers };
  }
}
