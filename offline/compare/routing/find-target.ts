import type { CompiledPolicy, Mode, Requirements } from "../../../plugin/core/model/policy.ts";
import { findRule } from "../../../plugin/core/request/match-rule.ts";
import { acceptAll, requireOnly } from "../../../plugin/policy/satisfy/least-requirements.ts";
import { matchPath, type RoutedRoute, type RouteRequest } from "../../requests/kong-router.ts";
import { type CellRequirements, resolveFor } from "../cells/resolve-cell.ts";
import { type Gateway, type GatewayRoute, type RouteJudge, writeRoute } from "./gateway.ts";
import type { SampleRequest } from "./list-requests.ts";

/** The Route, the policy and the upstream of a request in one version of Kong's configuration. */
export interface Target {
  /** A string that identifies the Route. */
  readonly key: string;
  /** The Route of the request; undefined if Kong answers 404. */
  readonly route: GatewayRoute | undefined;
  /** The policy that judges the request; undefined if Kong answers 404. */
  readonly judge: RouteJudge | undefined;
  readonly requirements: CellRequirements;
  /** In mode `report`, a request passes even if the request does not meet the requirements. */
  readonly mode: Mode;
  /** The Service, and the path that the upstream gets. */
  readonly upstream: string | undefined;
}

/** The reason why the Route of a request is not known offline. */
export interface UnknownTarget {
  readonly unknown: string;
}

const OPEN: Requirements = { ...requireOnly(acceptAll(new Set(), undefined)), access: "public" };
const PASSES_ALL: CellRequirements = { requirements: OPEN, segments: [], passesPreflight: true };
const DENIES_ALL: CellRequirements = { requirements: undefined, segments: [], passesPreflight: false };
const NOT_ROUTED: Target = {
  key: "",
  route: undefined,
  judge: undefined,
  requirements: DENIES_ALL,
  mode: "enforce",
  upstream: undefined,
};

export type FindTarget = (request: SampleRequest) => Target | UnknownTarget;

/** @param route finds the Route of a request by the criteria of this gateway. */
export function createFindTarget(gateway: Gateway, route: RouteRequest): FindTarget {
  const byCriteria = new Map<RoutedRoute, { readonly own: GatewayRoute; readonly key: string }>(
    gateway.map((own) => [own.criteria, { own, key: writeRoute(own) }]),
  );
  return (request) => {
    const routed = route(request);
    if (!routed.ok) {
      return { unknown: routed.failure };
    }
    const found = routed.value && byCriteria.get(routed.value);
    return found ? describeTarget(found.own, found.key, request) : NOT_ROUTED;
  };
}

function describeTarget(route: GatewayRoute, key: string, request: SampleRequest): Target {
  const judge = route.judge(request.isTls);
  const upstream = describeUpstream(route, request.path);
  if (judge.by !== "policy") {
    const requirements = judge.by === "nobody" ? PASSES_ALL : DENIES_ALL;
    return { key, route, judge, requirements, mode: "enforce", upstream };
  }
  const { policy } = judge.version;
  const resolved = resolveFor(policy, judge.binding, request);
  return {
    key,
    route,
    judge,
    requirements: request.isTls ? resolved : overPlainHttp(resolved),
    mode: resolved.requirements?.mode ?? findUnmatchedMode(policy, judge),
    upstream,
  };
}

/** Over plain http, a rule refuses every request, unless the rule is public or has `allow_http`. */
function overPlainHttp(resolved: CellRequirements): CellRequirements {
  const { requirements } = resolved;
  return requirements && (requirements.allowsHttp || requirements.access === "public") ? resolved : DENIES_ALL;
}

function findUnmatchedMode(policy: CompiledPolicy, judge: Extract<RouteJudge, { by: "policy" }>): Mode {
  const rule = findRule(policy, judge.binding);
  if (rule.ok) {
    return rule.value.requirements.mode;
  }
  return judge.binding.by === "rule" ? "enforce" : policy.unmatchedMode;
}

/** Describes the upstream of a request. With `strip_path`, Kong removes the part of the path that the Route matched. */
function describeUpstream({ upstream: { service, path, stripsPath }, criteria }: GatewayRoute, sent: string): string {
  const matched = Math.max(0, ...criteria.paths.map((own) => matchPath(own, sent)?.length ?? 0));
  const rest = stripsPath ? sent.slice(matched).replace(/^\/?/, "/") : sent;
  return `Service "${service}" at ${path}${rest}`;
}
