import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { lintRisks } from "../../offline/lint/lint-document.ts";
import { findLintRule } from "../../offline/lint/rules/registry.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { readDocument } from "../../plugin/policy/read/read-document.ts";
import { validateDocument } from "../../plugin/policy/read/validate-document.ts";
import type { PolicyDocument } from "../../schema/generated/policy-document.ts";
import { findRuleName } from "../deck/check-operations.ts";
import type { CheckedPlugin } from "../deck/check-plugins.ts";
import { findGoverning } from "../deck/check-routes.ts";
import { checkState } from "../deck/check-state.ts";
import { readPluginConfig } from "../deck/plugin-config.ts";
import { findKongState, type KongState, type StateRoute, textsAt } from "../deck/state/kong-state.ts";
import { readStateFile } from "../deck/state/state-file.ts";
import { findingAt } from "../deck/state/state-finding.ts";
import type { LintInput } from "./lint-policy-file.ts";

/** The policies that Kong's files use, and findings about these files. */
export interface KongView {
  /** Findings that are located in Kong's files. */
  readonly findings: readonly Finding[];
  /**
   * Maps the absolute path of a policy to the names of its rules that Routes use. The map contains every policy that a
   * plugin uses.
   */
  readonly usedRules: ReadonlyMap<string, ReadonlySet<string>>;
}

/** If the user gives no policy root, `lint` tries at most this many directories above a policy as the root. */
const MAX_PARENTS = 5;

/**
 * Compares Kong's files with the policies.
 *
 * @param policyRoot the policy root. If undefined, the function guesses it.
 * @param policies the policy files that `lint` reads.
 */
export async function checkKong(
  inputs: readonly LintInput[],
  policyRoot: string | undefined,
  policies: readonly string[],
): Promise<KongView> {
  const read = inputs.map(({ file, text }) => readStateFile(file, text));
  const files = read.flatMap((file) => (file.ok ? [file.value] : []));
  if (files.length < read.length) {
    return { findings: read.flatMap((file) => (file.ok ? [] : file.failure)), usedRules: new Map() };
  }
  const state = findKongState(files);
  const root = policyRoot ?? guessRoot(state, inputs, policies);
  const { plugins, findings } = await checkState(state, root);
  const found = [...findings, ...checkPublic(state, plugins), ...plugins.flatMap(lintInline)];
  const names = new Set(inputs.map(({ file }) => file));
  const isOurs = ({ code, file = "", severity }: Finding): boolean =>
    names.has(file) && (severity !== "warning" || findLintRule(code) !== undefined);
  return {
    findings: found
      .filter(isOurs)
      .map((finding) => ({ ...finding, severity: findLintRule(finding.code)?.severity ?? "error" })),
    usedRules: findUsedRules(state, plugins, root),
  };
}

/**
 * Guesses the policy root. It is the directory that contains most of the policies that Kong's files name. The path is
 * relative to the working directory.
 */
export function findPolicyRoot(inputs: readonly LintInput[], policies: readonly string[]): string {
  const read = inputs.map(({ file, text }) => readStateFile(file, text));
  const state = findKongState(read.flatMap((file) => (file.ok ? [file.value] : [])));
  return relative(".", guessRoot(state, inputs, policies)) || ".";
}

/**
 * Finds the directories with the largest number of named policies, and returns the deepest of these directories.
 */
function guessRoot(state: KongState, inputs: readonly LintInput[], policies: readonly string[]): string {
  const names = state.plugins.flatMap((plugin) => {
    const config = readPluginConfig(plugin, state);
    return config.ok ? (config.value.get("policy_file")?.value ?? []) : [];
  });
  const candidates = [
    ...policies.flatMap(listParents),
    ...inputs.flatMap(({ file }) => [join(dirname(file), "policies"), dirname(file)]),
    "policies",
  ];
  const count = (root: string): number => names.filter((name) => existsSync(join(root, name))).length;
  const best = Math.max(0, ...candidates.map(count));
  return candidates.find((root) => count(root) === best) ?? "policies";
}

function listParents(file: string): readonly string[] {
  const first = dirname(resolve(file));
  const parents = [first];
  for (
    let parent = dirname(first);
    parents.length < MAX_PARENTS && parent !== parents.at(-1);
    parent = dirname(parent)
  ) {
    parents.push(parent);
  }
  return parents;
}

/** Pairs each Route with the plugin and the rule that judge its requests. */
function listJudged(
  { routes, plugins }: KongState,
  checked: readonly CheckedPlugin[],
): readonly (readonly [route: StateRoute, plugin: CheckedPlugin, rule: string])[] {
  return routes.flatMap((route) => {
    const governing = findGoverning(route, plugins);
    const plugin = checked.find(({ node }) => node === governing?.node);
    const rule = plugin && findRuleName(route, plugin);
    return plugin && rule !== undefined ? [[route, plugin, rule] as const] : [];
  });
}

function checkPublic(state: KongState, checked: readonly CheckedPlugin[]): Finding[] {
  return listJudged(state, checked).flatMap(([route, plugin, name]) => {
    const rule = readPolicyOf(plugin)?.routes[name];
    const paths = textsAt(route.node, "paths");
    const isExact = paths.length > 0 && paths.every((path) => path.startsWith("~") && path.endsWith("$"));
    if (rule?.access !== "public" || rule.operations || isExact) {
      return [];
    }
    const message = `Route "${route.names[0] ?? ""}" takes all paths below ${paths.join(", ") || "/"}, and its rule "${name}" is public. List the public paths as "operations" of the rule.`;
    return [findingAt(route.source, route.node, "warning", "public_prefix_route", message)];
  });
}

/**
 * Lints a policy that is inside a plugin's configuration. The findings of `validate` are left out, because `checkPlugins` has
 * already reported them.
 */
function lintInline(plugin: CheckedPlugin): Finding[] {
  const field = plugin.config.get("policy");
  const source = field && readDocument(field.value);
  const document = readPolicyOf(plugin);
  if (!field || !source?.ok || !document) {
    return [];
  }
  return source.value.locate(lintRisks(document)).map(({ code, line, column, message, severity = "warning" }) => {
    const placed = `Line ${line}, column ${column} of the policy: ${message}`;
    return findingAt(field.source, field.node, severity, code, placed);
  });
}

function readPolicyOf({ text }: CheckedPlugin): PolicyDocument | undefined {
  const source = text === undefined ? undefined : readDocument(text);
  const valid = source?.ok ? validateDocument(structuredClone(source.value.data)) : undefined;
  return valid?.ok ? valid.value : undefined;
}

function findUsedRules(
  state: KongState,
  checked: readonly CheckedPlugin[],
  root: string,
): ReadonlyMap<string, ReadonlySet<string>> {
  const used = new Map<string, Set<string>>();
  const rulesOf = (plugin: CheckedPlugin): Set<string> | undefined => {
    const file = plugin.config.get("policy_file")?.value;
    const path = file === undefined ? undefined : resolve(root, file);
    const rules = path === undefined ? undefined : (used.get(path) ?? new Set());
    if (path !== undefined && rules) {
      used.set(path, rules);
    }
    return rules;
  };
  for (const plugin of checked) {
    rulesOf(plugin);
  }
  for (const [, plugin, rule] of listJudged(state, checked)) {
    rulesOf(plugin)?.add(rule);
  }
  return used;
}
