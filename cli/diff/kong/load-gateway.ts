import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { YAMLMap } from "yaml";
import type { PolicyVersion } from "../../../offline/compare/cells/policy-version.ts";
import type { Gateway, GatewayRoute, RouteJudge } from "../../../offline/compare/routing/gateway.ts";
import type { Binding } from "../../../plugin/core/model/request.ts";
import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import type { Finding } from "../../../plugin/policy/language/finding.ts";
import { readDocument } from "../../../plugin/policy/read/read-document.ts";
import { validateDocument } from "../../../plugin/policy/read/validate-document.ts";
import { readPolicy } from "../../../plugin/policy/read-policy.ts";
import { hashText } from "../../../plugin/runtime/load/read-lineage.ts";
import { findGoverning, PLUGIN_PROTOCOLS, PUBLIC_TAG } from "../../deck/check-routes.ts";
import { isTemplate, type PluginConfig, readPluginConfig } from "../../deck/plugin-config.ts";
import { findKongState, hasAt, type KongState, type StateRoute, textAt, textsAt } from "../../deck/state/kong-state.ts";
import { readStateFile, type StateFile } from "../../deck/state/state-file.ts";
import { readCriteria } from "../../policy-tests/kong-routing.ts";
import { loadVersion } from "../policies/policy-tree.ts";

/** One side of a comparison of Kong's files. */
export interface GatewayPlace {
  /** The directory with the files of this side. */
  readonly directory: string;
  /** The paths of Kong's files, relative to this directory. */
  readonly files: readonly string[];
  /** The directory of the policies; undefined if the code must guess it. */
  readonly root: string | undefined;
  /** The directories below `directory` that contain policies. */
  readonly policyFolders: readonly string[];
}

/** Loads one version of Kong's files, with the policies that they name. */
export async function loadGateway(place: GatewayPlace): Promise<Result<Gateway, readonly Finding[]>> {
  const files = await readFiles(place);
  if (!files.ok) {
    return files;
  }
  const state = findKongState(files.value);
  const configs = new Map(state.plugins.map((plugin) => [plugin.node, readPluginConfig(plugin, state)]));
  const mistakes = [...configs.values()].flatMap((config) => (config.ok ? [] : config.failure));
  if (mistakes.length > 0) {
    return fail(mistakes);
  }
  const valid = new Map([...configs].flatMap(([node, config]) => (config.ok ? [[node, config.value] as const] : [])));
  const judges = await loadJudges(valid, place);
  return judges.ok
    ? succeed(state.routes.filter(isServed).map((route) => convertRoute(route, state, valid, judges.value)))
    : judges;
}

async function readFiles({
  directory,
  files,
}: GatewayPlace): Promise<Result<readonly StateFile[], readonly Finding[]>> {
  const read = await Promise.all(
    files.map(async (file) => readStateFile(file, await readFile(join(directory, file), "utf8"))),
  );
  const failures = read.flatMap((one) => (one.ok ? [] : one.failure));
  return failures.length > 0 ? fail(failures) : succeed(read.flatMap((one) => (one.ok ? [one.value] : [])));
}

/** The policy that a plugin uses, without its binding to a rule; or the reason why the plugin has no policy. */
type Policy = { readonly version: PolicyVersion; readonly name: string } | { readonly why: string };
type Judges = ReadonlyMap<YAMLMap, Policy>;

async function loadJudges(
  configs: ReadonlyMap<YAMLMap, PluginConfig>,
  place: GatewayPlace,
): Promise<Result<Judges, readonly Finding[]>> {
  const names = [...configs.values()].flatMap((config) => config.get("policy_file")?.value ?? []);
  const root = place.root ?? guessRoot(names, place);
  const loaded = new Map<string, Result<Policy, readonly Finding[]>>();
  const judges = new Map<YAMLMap, Policy>();
  for (const [node, config] of configs) {
    const file = config.get("policy_file")?.value;
    const text = config.get("policy")?.value ?? "";
    const key = file ?? text;
    const load = loaded.get(key) ?? (file === undefined ? loadInline(text) : await loadFile(root, file));
    loaded.set(key, load);
    if (load.ok) {
      judges.set(node, load.value);
    }
  }
  const failures = [...loaded.values()].flatMap((load) => (load.ok ? [] : load.failure));
  return failures.length > 0 ? fail(failures) : succeed(judges);
}

async function loadFile(root: string, name: string): Promise<Result<Policy, readonly Finding[]>> {
  if (isTemplate(name) || !existsSync(join(root, name))) {
    return succeed({ why: `the policy file ${name} does not exist` });
  }
  const load = await loadVersion({ file: join(root, name), root, shown: name });
  return load.ok ? succeed({ version: load.value, name }) : load;
}

function loadInline(text: string): Result<Policy, readonly Finding[]> {
  if (isTemplate(text)) {
    return succeed({ why: "decK inserts the policy later" });
  }
  const load = readPolicy(text, hashText(text));
  const source = readDocument(text);
  const valid = source.ok ? validateDocument(source.value.data) : source;
  return load.ok && valid.ok
    ? succeed({
        version: { document: valid.value, policy: load.value },
        name: `the plugin's own policy "${load.value.name}"`,
      })
    : fail(load.ok ? [] : load.failure);
}

/** Finds the directory that contains the largest number of the named policies. */
function guessRoot(names: readonly string[], { directory, files, policyFolders }: GatewayPlace): string {
  const own = files.flatMap((file) => [join(dirname(file), "policies"), dirname(file)]);
  // Many policies are in the same folder, so the set removes duplicate folders.
  const folders = [...new Set([...own, "policies", ".", ...policyFolders])];
  const candidates = folders.map((folder) => join(directory, folder));
  const count = (root: string): number => names.filter((name) => existsSync(join(root, name))).length;
  const best = Math.max(...candidates.map(count));
  return candidates.find((root) => count(root) === best) ?? directory;
}

/** A Route takes no requests if its Service is switched off. */
function isServed({ node, serviceNode }: StateRoute): boolean {
  return node.get("enabled") !== false && serviceNode?.get("enabled") !== false;
}

function convertRoute(
  route: StateRoute,
  state: KongState,
  configs: ReadonlyMap<YAMLMap, PluginConfig>,
  judges: Judges,
): GatewayRoute {
  const governing = findGoverning(route, state.plugins);
  const listed =
    governing && hasAt(governing.node, "protocols") ? textsAt(governing.node, "protocols") : PLUGIN_PROTOCOLS;
  const without = judgeWithoutPlugin(route, state);
  const policy = governing && judges.get(governing.node);
  const rule = governing && configs.get(governing.node)?.get("rule")?.value;
  const criteria = readCriteria(route);
  const protocols = criteria.protocols.map((protocol) => protocol.replace(/^grpc/, "http"));
  const own = policy === undefined ? without : judgeBy(policy, bindingOf(route, rule));
  return {
    criteria: { ...criteria, protocols, plugin: undefined },
    upstream: describeUpstream(route),
    judge: (isTls) =>
      listed.some((name) => (isTls ? /^(?:https|grpcs)$/ : /^(?:http|grpc)$/).test(name)) ? own : without,
  };
}

/**
 * Says what happens to the requests of a Route without a jwt-policy plugin. If the guard runs on the Route, it refuses
 * them, unless the Route is tagged as public.
 */
function judgeWithoutPlugin(route: StateRoute, { guardPlugins }: KongState): RouteJudge {
  const isGuarded = findGoverning(route, guardPlugins) !== undefined && !route.tags.includes(PUBLIC_TAG);
  return isGuarded ? { by: "refused", why: "the guard finds no verdict" } : { by: "nobody" };
}

function judgeBy(policy: Policy, binding: Binding): RouteJudge {
  return "why" in policy
    ? { by: "refused", why: policy.why }
    : { by: "policy", policyFile: policy.name, version: policy.version, binding };
}

function bindingOf({ node, tags }: StateRoute, rule: string | undefined): Binding {
  return rule === undefined ? { by: "route", name: textAt(node, "name"), tags } : { by: "rule", rule };
}

function describeUpstream({ node, service, serviceNode }: StateRoute): GatewayRoute["upstream"] {
  const url = serviceNode && textAt(serviceNode, "url");
  const path =
    (url !== undefined && URL.canParse(url) ? new URL(url).pathname : undefined) ??
    (serviceNode && textAt(serviceNode, "path"));
  return {
    service: service[0] ?? "(none)",
    path: (path ?? "").replace(/\/$/, ""),
    stripsPath: node.get("strip_path") !== false,
  };
}
