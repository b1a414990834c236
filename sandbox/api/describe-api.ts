/** Finds out what each Kong Route requires, and finds requests that show each requirement. */
import { publicReason } from "../../plugin/core/model/denial.ts";
import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type { CompiledPolicy, CompiledRule } from "../../plugin/core/model/policy.ts";
import { findRule } from "../../plugin/core/request/match-rule.ts";
import { readPolicy } from "../../plugin/policy/read-policy.ts";
import { describePath, listOperations, type Operation } from "../../plugin/policy/satisfy/list-operations.ts";
import { findNearMiss } from "../../plugin/policy/satisfy/near-miss.ts";
import { satisfyRule, type Wanted } from "../../plugin/policy/satisfy/satisfy-rule.ts";
import { placeToken, type SatisfyingRequest } from "../../plugin/policy/satisfy/write-request.ts";
import { loadPolicyFile } from "../../plugin/runtime/load/policy-store.ts";
import { hashText } from "../../plugin/runtime/load/read-lineage.ts";
import type { KongConfig, KongPlugin, KongRoute } from "../config/kong-config.ts";
import { compileRouter } from "../gateway/router.ts";
import type { Header } from "../message/header-list.ts";
import { findPlugin } from "../plugin/find-plugin.ts";
import type { StandIn } from "../run/start-sandbox.ts";
import { takeKey } from "../stand-in/key-directory.ts";
import { signToken } from "../stand-in/sign-token.ts";
import { type RouteSamples, sampleRoute } from "./sample-request.ts";

/** A request that the user can try, and the status of the gateway's answer. */
export interface ApiRequest {
  readonly method: string;
  /** The path and the query. */
  readonly target: string;
  readonly headers: readonly Header[];
  readonly status: number;
  /** A title that says what the request demonstrates. */
  readonly title: string;
  /** The token in the request; undefined if the request has no token. */
  readonly token: string | undefined;
}

interface ApiRoute {
  readonly route: KongRoute;
  /** The policy and the rule of the Route, or the reason why no policy applies. */
  readonly binding: string;
  readonly requests: readonly ApiRequest[];
  /** Requests that the user cannot try, with the reasons. */
  readonly notes: readonly string[];
}

export interface Api {
  readonly routes: readonly ApiRoute[];
  /** The ids of all issuers in the policies. */
  readonly issuers: readonly string[];
}

export interface ApiSettings {
  readonly config: KongConfig;
  readonly policyRoot: string;
  readonly standIn: StandIn | undefined;
  /** The port of the gateway. */
  readonly port: number;
  readonly nowSeconds: number;
}

export async function describeApi(settings: ApiSettings): Promise<Api> {
  const { config, policyRoot, port } = settings;
  const match = compileRouter(config.routes, port);
  const loadPolicy = rememberPolicies(policyRoot);
  const issuers = new Set<string>();
  const routes: ApiRoute[] = [];
  for (const route of config.routes) {
    const samples = sampleRoute(route, match, `127.0.0.1:${port}`);
    const plugin = findPlugin(config.plugins, route);
    const policy = plugin && (await loadPolicy(plugin));
    for (const { id } of policy ? listIssuers(policy) : []) {
      issuers.add(id);
    }
    routes.push(
      plugin === undefined
        ? describeOpen(route, samples, config)
        : await describeGoverned(settings, { route, samples, plugin, policy }),
    );
  }
  return { routes, issuers: [...issuers] };
}

/**
 * Several plugins may use the same policy, so the code compiles it only once. The result is undefined if the policy has
 * mistakes.
 */
function rememberPolicies(policyRoot: string): (plugin: KongPlugin) => Promise<CompiledPolicy | undefined> {
  const loads = new Map<string, Promise<CompiledPolicy | undefined>>();
  return ({ config: { policy_file: file, policy: text = "" } }) => {
    const name = JSON.stringify([file, text]);
    const load =
      loads.get(name) ??
      (file === undefined ? Promise.resolve(readPolicy(text, hashText(text))) : loadPolicyFile(policyRoot, file)).then(
        (read) => (read.ok ? read.value : undefined),
      );
    loads.set(name, load);
    return load;
  };
}

function describeOpen(route: KongRoute, samples: RouteSamples, { hasGuard }: KongConfig): ApiRoute {
  const isRefused = hasGuard && route.tags?.includes("jwt-policy-public") !== true;
  const request = firstRequest(samples);
  const title = isRefused ? "no policy: the guard refuses" : "no policy";
  return {
    route,
    binding: isRefused ? "none: the guard refuses" : "none: open to everyone",
    requests:
      request && route.protocols.includes("http")
        ? [{ ...request, status: isRefused ? 503 : 200, title, token: undefined }]
        : [],
    notes: request ? describeProtocols(route) : ["no request was found that reaches this Route"],
  };
}

function firstRequest(samples: RouteSamples): Omit<ApiRequest, "status" | "title" | "token"> | undefined {
  for (const method of samples.methods) {
    const path = samples.paths.find((candidate) => samples.isRouted(method, candidate));
    if (path !== undefined) {
      return { method, target: path, headers: samples.headers };
    }
  }
  return undefined;
}

function describeProtocols({ protocols }: KongRoute): readonly string[] {
  return protocols.includes("http") ? [] : [`it is for ${protocols.join(", ")}: the sandbox serves http only`];
}

interface Governed {
  readonly route: KongRoute;
  readonly samples: RouteSamples;
  readonly plugin: KongPlugin;
  readonly policy: CompiledPolicy | undefined;
}

async function describeGoverned(settings: ApiSettings, governed: Governed): Promise<ApiRoute> {
  const { route, plugin, policy, samples } = governed;
  const file = plugin.config.policy_file ?? "inline policy";
  if (policy === undefined) {
    return { route, binding: `${file}: it has mistakes, every request gets 503`, requests: [], notes: [] };
  }
  const { rule: named } = plugin.config;
  const found = findRule(
    policy,
    named === undefined ? { by: "route", name: route.name, tags: route.tags ?? [] } : { by: "rule", rule: named },
  );
  if (!found.ok) {
    const binding = `${file}: ${found.failure.detail ?? found.failure.reason}`;
    const request = firstRequest(samples);
    const status =
      found.failure.reason === "no_matching_rule" && policy.unmatchedMode === "report"
        ? 200
        : named === undefined
          ? 403
          : 503;
    return {
      route,
      binding,
      requests: request ? [{ ...request, status, title: "no rule", token: undefined }] : [],
      notes: describeProtocols(route),
    };
  }
  const rule = found.value;
  const binding = `${file}, rule ${rule.id}`;
  const notes = describeProtocols(route);
  if (notes.length > 0) {
    return { route, binding, requests: [], notes };
  }
  const described = await Promise.all(
    listOperations(rule).map((operation) => describeOperation(settings, governed, policy, rule, operation)),
  );
  return {
    route,
    binding,
    requests: described.flatMap(({ requests }) => requests),
    notes: described.flatMap((one) => one.notes),
  };
}

/** One operation of a rule, and the data for requests to the operation. */
interface Described {
  readonly name: string;
  readonly wanted: Wanted;
  readonly sign: (request: SatisfyingRequest, status: number, title: string) => Promise<ApiRequest>;
}

interface Examples {
  readonly requests: readonly ApiRequest[];
  readonly notes: readonly string[];
}

async function describeOperation(
  { config, standIn, nowSeconds }: ApiSettings,
  { samples }: Governed,
  policy: CompiledPolicy,
  rule: CompiledRule,
  operation: Operation,
): Promise<Examples> {
  const { requirements, methods, segments } = operation;
  const name = methods && segments ? `${methods.join(",")} ${describePath(segments)}` : `rule ${rule.id}`;
  const wanted: Wanted = {
    policy,
    rule: rule.id,
    operation,
    methods: samples.methods,
    paths: samples.paths,
    isRouted: samples.isRouted,
    canSign: ({ id }) => standIn?.issuers.includes(id) ?? false,
    consumers: config.consumers.map(({ id, username }) => ({ id, ...(username === undefined ? {} : { username }) })),
    nowSeconds,
  };
  const described: Described = {
    name,
    wanted,
    sign: (request, status, title) => writeRequest(request, { samples, standIn, status, title }),
  };
  const bare = requirements.access === "required" ? NO_EXAMPLES : await showBare(described);
  if (requirements.access === "public") {
    return bare;
  }
  const alternatives = await Promise.all(
    requirements.alternatives.map((_, index) => showAlternative(described, index, standIn !== undefined)),
  );
  return joinExamples([bare, ...alternatives]);
}

const NO_EXAMPLES: Examples = { requests: [], notes: [] };

function joinExamples(examples: readonly Examples[]): Examples {
  return {
    requests: examples.flatMap(({ requests }) => requests),
    notes: examples.flatMap(({ notes }) => notes),
  };
}

/** A request without a token, if the rule does not need a token. */
async function showBare({ name, wanted, sign }: Described): Promise<Examples> {
  const { access } = wanted.operation.requirements;
  const bare = await satisfyRule(wanted);
  return bare.ok && bare.value.token === undefined
    ? { requests: [await sign(bare.value, 200, `${name}: ${access} access, no token`)], notes: [] }
    : NO_EXAMPLES;
}

/** Makes a request that satisfies the alternative. For the first alternative, also makes requests that the rule denies. */
async function showAlternative({ name, wanted, sign }: Described, index: number, hasKeys: boolean): Promise<Examples> {
  const { requirements } = wanted.operation;
  const which = requirements.alternatives.length === 1 ? name : `${name}, alternative ${index + 1}`;
  const satisfied = await satisfyRule({ ...wanted, alternative: index, withToken: true });
  if (!satisfied.ok) {
    const { isCertain, reasons } = satisfied.failure;
    const verdict = isCertain ? "no token can satisfy it" : "no token was found that satisfies it";
    return { requests: [], notes: hasKeys ? [`${which}: ${verdict}: ${reasons.join("; ")}`] : [] };
  }
  const request = satisfied.value;
  const good = await sign(request, 200, which);
  if (index > 0 || requirements.mode !== "enforce") {
    return { requests: [good], notes: [] };
  }
  const miss = await findNearMiss(wanted, request);
  return {
    requests: [
      good,
      ...(requirements.access === "required"
        ? [await sign({ ...request, token: undefined, source: undefined }, 401, `${name}: no token`)]
        : []),
      ...(miss === undefined
        ? []
        : [await sign(miss.request, 403, `${name}: without ${miss.without} (${publicReason(miss.reason)})`)]),
    ],
    notes: [],
  };
}

async function writeRequest(
  request: SatisfyingRequest,
  {
    samples,
    standIn,
    status,
    title,
  }: {
    readonly samples: RouteSamples;
    readonly standIn: StandIn | undefined;
    readonly status: number;
    readonly title: string;
  },
): Promise<ApiRequest> {
  const { token: unsigned, method } = request;
  const token =
    unsigned && standIn
      ? await signToken(await takeKey(standIn.keys, unsigned.algorithm), unsigned.typ, unsigned.claims)
      : undefined;
  const { target, headers } = placeToken(request, token ?? "");
  return { method, target, headers: [...samples.headers, ...headers], status, title, token };
}
