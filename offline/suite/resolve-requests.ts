import type { Consumer } from "../../plugin/core/model/caller.ts";
import type { CompiledPolicy, CompiledRule } from "../../plugin/core/model/policy.ts";
import type { Binding } from "../../plugin/core/model/request.ts";
import { findOperation } from "../../plugin/core/request/operation-tree.ts";
import { splitPath } from "../../plugin/core/request/request-path.ts";
import { quoteText } from "../../plugin/core/text/printable.ts";
import { pathOf } from "../../plugin/core/text/query.ts";
import type { DocumentPath, Finding } from "../../plugin/policy/language/finding.ts";
import type { Request } from "../../schema/generated/policy-test-document.ts";
import type { RouteRequest } from "../requests/kong-router.ts";
import { createFacts, type OfflineRequest } from "../requests/request.ts";
import { unknownName } from "./names.ts";

/** How kong.yml routes requests. Also the file name by which its plugins name the tested policy. */
export interface KongRouting {
  readonly route: RouteRequest;
  /** Whether a plugin's `policy_file` is the tested policy. */
  isTestedPolicy(policyFile: string): boolean;
}

/** The data with which a request is resolved. */
export interface RequestWorld {
  readonly policy: CompiledPolicy;
  readonly kong: KongRouting | undefined;
  readonly consumers: readonly Consumer[];
}

/** The plugin that judges the request, and the Route in kong.yml for the request. */
interface Bound {
  readonly binding: Binding;
  readonly route?: string;
}

/** A resolved request; `not_routed` if Kong has no Route for the request; undefined after a finding. */
export type ResolvedRequest = OfflineRequest | "not_routed" | undefined;

export function resolveRequest(
  source: Request,
  world: RequestWorld,
  path: DocumentPath,
  findings: Finding[],
): ResolvedRequest {
  const bound = bindRequest(source, world, path, findings);
  if (bound === undefined || bound === "not_routed") {
    return bound;
  }
  const request: OfflineRequest = {
    binding: bound.binding,
    method: source.method ?? "GET",
    target: source.path ?? "/",
    headers: readHeaders(source),
    transport: source.transport ?? "tls",
    tokenIn: source.token_in,
    authenticated: readAuthenticated(source, world, path, findings),
    route: bound.route,
  };
  const facts = createFacts(request, undefined, world.policy);
  if (!facts.ok) {
    findings.push({ code: "invalid_value", path: [...path, "token_in"], message: facts.failure });
  }
  return request;
}

function bindRequest(
  source: Request,
  world: RequestWorld,
  path: DocumentPath,
  findings: Finding[],
): Bound | "not_routed" | undefined {
  const { policy } = world;
  const { rule, route } = source;
  if (rule !== undefined && route !== undefined) {
    const message = 'A request has either "rule" or "route".';
    findings.push({ code: "test_invalid", path: [...path, "route"], atKey: true, message });
    return undefined;
  }
  if (route !== undefined) {
    return { binding: { by: "route", name: route, tags: [] }, route };
  }
  if (rule !== undefined) {
    return bindToRule(policy, source, rule, path, findings);
  }
  if (source.path === undefined && source.method === undefined && source.host === undefined) {
    const [only, ...others] = policy.rules.keys();
    if (only !== undefined && others.length === 0) {
      return bindToRule(policy, source, only, path, findings);
    }
    const known = [...policy.rules.keys()];
    const message = `The request does not name its rule. Write "rule" and one of ${known.join(", ")}, or write "method" and "path".`;
    findings.push({ code: "missing_key", path, message });
    return undefined;
  }
  return world.kong
    ? routeByKong(source, world.kong, world, path, findings)
    : findRuleByOperation(policy, source, path, findings);
}

function bindToRule(
  policy: CompiledPolicy,
  source: Request,
  id: string,
  path: DocumentPath,
  findings: Finding[],
): Bound | undefined {
  const rule = policy.rules.get(id);
  if (!rule) {
    findings.push(unknownName("rule_unknown", "The rule", id, [...policy.rules.keys()], [...path, "rule"]));
    return undefined;
  }
  if (rule.operations && source.path === undefined) {
    const message = `The rule "${id}" decides by method and path: write "path", and "method" unless the method is GET.`;
    findings.push({ code: "missing_key", path, message });
    return undefined;
  }
  return { binding: { by: "rule", rule: id } };
}

function routeByKong(
  source: Request,
  kong: KongRouting,
  { policy }: RequestWorld,
  path: DocumentPath,
  findings: Finding[],
): Bound | "not_routed" | undefined {
  const refuse = (message: string): undefined => {
    findings.push({ code: "route_without_rule", path, message });
    return undefined;
  };
  const { method = "GET", path: target = "/", host } = source;
  const routed = kong.route({
    method,
    host,
    path: pathOf(target),
    headers: readHeaders(source),
    isTls: source.transport !== "plain" && source.transport !== "loopback",
  });
  if (!routed.ok) {
    return refuse(`${method} ${target} cannot be routed. ${routed.failure}`);
  }
  const route = routed.value;
  if (!route) {
    return "not_routed";
  }
  const name = route.name ?? "";
  if (!route.plugin) {
    return refuse(`${method} ${target} goes to the Route "${name}", which has no jwt-policy plugin.`);
  }
  const { policyFile, rule } = route.plugin;
  if (policyFile !== undefined && !kong.isTestedPolicy(policyFile)) {
    return refuse(
      `${method} ${target} goes to the Route "${name}", which uses another policy, ${quoteText(policyFile)}.`,
    );
  }
  if (rule !== undefined && !policy.rules.has(rule)) {
    findings.push(unknownName("rule_unknown", `The rule of Route "${name}"`, rule, [...policy.rules.keys()], path));
    return undefined;
  }
  const binding: Binding =
    rule === undefined ? { by: "route", name: route.name, tags: route.tags } : { by: "rule", rule };
  return { binding, route: name };
}

/** Finds the only rule with an operation for the request, for tests without kong.yml. */
function findRuleByOperation(
  policy: CompiledPolicy,
  { method = "GET", path: target = "/" }: Request,
  path: DocumentPath,
  findings: Finding[],
): Bound | undefined {
  const segments = splitPath(target) ?? [];
  const fitting = [...policy.rules.values()].filter((rule) => hasOperation(rule, method, segments));
  const [rule, ...others] = fitting;
  if (rule && others.length === 0) {
    return { binding: { by: "rule", rule: rule.id } };
  }
  const what = rule
    ? `Several rules have an operation for ${method} ${target}: ${fitting.map(({ id }) => id).join(", ")}.`
    : `No rule has an operation for ${method} ${target}.`;
  findings.push({ code: "rule_unknown", path, message: `${what} Write "rule", or name a kong.yml under "kong".` });
  return undefined;
}

function hasOperation({ operations }: CompiledRule, method: string, segments: readonly string[]): boolean {
  return operations !== undefined && findOperation(operations.root, method, segments)?.value !== undefined;
}

/** Omits empty headers, because a Kong plugin cannot distinguish an empty header from an absent header. */
function readHeaders({ headers = {}, host }: Request): ReadonlyMap<string, string> {
  const all = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return new Map(
    [...(host === undefined ? [] : [["host", host] as const]), ...all].filter(([, value]) => value !== ""),
  );
}

function readAuthenticated(
  { authenticated_as: source }: Request,
  { consumers }: RequestWorld,
  path: DocumentPath,
  findings: Finding[],
): OfflineRequest["authenticated"] {
  if (!source) {
    return undefined;
  }
  const consumer = consumers.find(({ username }) => username !== undefined && username === source.consumer);
  if (source.consumer !== undefined && !consumer) {
    const known = consumers.flatMap(({ username }) => username ?? []);
    const place = [...path, "authenticated_as", "consumer"];
    findings.push(unknownName("consumer_unknown", "The Consumer", source.consumer, known, place));
  }
  return { credential: source.credential, consumer };
}
