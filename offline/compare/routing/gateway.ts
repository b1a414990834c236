import type { Binding } from "../../../plugin/core/model/request.ts";
import type { RoutedRoute } from "../../requests/kong-router.ts";
import type { PolicyVersion } from "../cells/policy-version.ts";

/**
 * The policy that judges the requests of a Kong Route, if there is one. `nobody`: no jwt-policy runs, so every request
 * passes. `refused`: every request is refused. Either the policy cannot be loaded, or the guard finds no verdict.
 */
export type RouteJudge =
  | { readonly by: "nobody" }
  | { readonly by: "refused"; readonly why: string }
  | {
      readonly by: "policy";
      /** The name of the policy, as in the plugin's log. */
      readonly policyFile: string;
      readonly version: PolicyVersion;
      readonly binding: Binding;
    };

/** Where Kong sends the requests of a Route. */
interface Upstream {
  /** Name of the Service. */
  readonly service: string;
  /** The Service's path, without a slash at the end. */
  readonly path: string;
  readonly stripsPath: boolean;
}

export interface GatewayRoute {
  readonly criteria: RoutedRoute;
  readonly upstream: Upstream;
  /** The judge depends on the protocol, because Kong runs a plugin only for the plugin's `protocols`. */
  judge(isTls: boolean): RouteJudge;
}

/** One version of a Kong configuration, with the policies that it loads. */
export type Gateway = readonly GatewayRoute[];

/**
 * Finds a string whose beginning matches a regular expression of Kong. Returns undefined if the search finds no such
 * string.
 */
export type SamplePattern = (pattern: string) => string | undefined;

/**
 * Writes a Route as a string, to compare two versions. The string omits the content of policies, which is compared
 * separately.
 */
export function writeRoute({ criteria, upstream, judge }: GatewayRoute): string {
  const { headers, plugin: _, ...others } = criteria;
  return JSON.stringify([others, [...headers], upstream, writeJudge(judge(true)), writeJudge(judge(false))]);
}

function writeJudge(judge: RouteJudge): unknown {
  return judge.by === "policy" ? [judge.policyFile, judge.binding] : judge;
}
