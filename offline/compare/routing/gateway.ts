import type { Binding } from "../../../plugin/core/model/request.ts";
import type { RoutedRoute } from "../../requests/kong-router.ts";
import type { PolicyVersion } from "../cells/policy-version.ts";

/**
 * What judges the requests of a Kong Route. `nobody`: no jwt-policy runs, so every request passes. `refused`: every request is
 * refused, because the policy cannot be loaded or the guard finds no verdict.
 */
export type RouteJudge =
  | { readonly by: "nobody" }
  | { readonly by: "refused"; readonly why: string }
  | {
      readonly by: "policy";
      /** The name of the policy, as the plugin writes it. */
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
  /** Depends on the protocol, because a plugin runs only for the protocols that it lists. */
  judge(isTls: boolean): RouteJudge;
}

/** One version of a Kong configuration, with the policies that it loads. */
export type Gateway = readonly GatewayRoute[];

/** Finds a string that a regular expression of Kong matches at its start; undefined if none was found. */
export type SamplePattern = (pattern: string) => string | undefined;

/** A string that is the same for the same Route. The content of policies is left out, because other changes are about it. */
export function writeRoute({ criteria, upstream, judge }: GatewayRoute): string {
  const { headers, plugin: _, ...others } = criteria;
  return JSON.stringify([others, [...headers], upstream, writeJudge(judge(true)), writeJudge(judge(false))]);
}

function writeJudge(judge: RouteJudge): unknown {
  return judge.by === "policy" ? [judge.policyFile, judge.binding] : judge;
}
