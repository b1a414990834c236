import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { didYouMean } from "../../plugin/policy/language/suggest-name.ts";
import { createPolicyLoader, reportTemplate } from "./load-policy.ts";
import { type ConfigField, isTemplate, type PluginConfig, readPluginConfig } from "./plugin-config.ts";
import { isSame, type KongState, type StatePlugin } from "./state/kong-state.ts";
import { issueAt, type StateIssue } from "./state/state-issue.ts";

/** A plugin whose configuration could be read. */
export interface CheckedPlugin extends StatePlugin {
  readonly config: PluginConfig;
  /** Undefined when the policy is invalid, or known only to decK. */
  readonly policy: CompiledPolicy | undefined;
}

interface Checked {
  readonly plugins: readonly CheckedPlugin[];
  readonly issues: readonly StateIssue[];
}

/** Checks each plugin on its own: where it is attached, its configuration, its policy, and the rule that it names. */
export async function checkPlugins(state: KongState, policyRoot: string): Promise<Checked> {
  const loadPolicy = createPolicyLoader(policyRoot);
  const plugins: CheckedPlugin[] = [];
  const issues: StateIssue[] = [];
  for (const [index, plugin] of state.plugins.entries()) {
    issues.push(...checkScope(plugin, state.plugins.slice(0, index)));
    const read = readPluginConfig(plugin, state);
    if ("issues" in read) {
      issues.push(...read.issues);
      continue;
    }
    const loaded = await loadPolicy(read.config);
    issues.push(...loaded.issues, ...checkRule(read.config.get("rule"), loaded.policy));
    plugins.push({ ...plugin, config: read.config, policy: loaded.policy });
  }
  // Plugins that share a policy or a configuration report the same issues: keep one of each.
  return { plugins, issues: [...new Map(issues.map((issue) => [JSON.stringify(issue), issue])).values()] };
}

function checkScope({ node, source, scope }: StatePlugin, before: readonly StatePlugin[]): StateIssue[] {
  if (scope.on === "consumer") {
    const message = "jwt-policy decides before a Consumer is known: attach it to a Route, a Service, or globally.";
    return [issueAt(source, node, "mistake", "plugin_on_consumer", message)];
  }
  const isThere = before.some(
    (other) => other.scope.on === scope.on && (scope.on === "global" || isSame(other.scope.names, scope.names)),
  );
  const what = scope.on === "global" ? "Another jwt-policy is global" : `This ${scope.on} has another jwt-policy`;
  return isThere ? [issueAt(source, node, "mistake", "plugin_twice", `${what}; Kong takes one.`)] : [];
}

function checkRule(rule: ConfigField | undefined, policy: CompiledPolicy | undefined): StateIssue[] {
  if (rule === undefined || policy === undefined || policy.rules.has(rule.value)) {
    return [];
  }
  if (isTemplate(rule.value)) {
    return [reportTemplate(rule)];
  }
  const known = [...policy.rules.keys()];
  const hint = didYouMean(rule.value, known) || ` Known: ${known.join(", ")}.`;
  const message = `Policy "${policy.name}" has no rule "${rule.value}", so every request would get 503.${hint}`;
  return [issueAt(rule.source, rule.node, "mistake", "rule_unknown", message)];
}
