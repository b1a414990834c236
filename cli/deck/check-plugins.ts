import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { didYouMean } from "../../plugin/policy/language/suggest-name.ts";
import { createPolicyLoader, reportTemplate } from "./load-policy.ts";
import { type ConfigField, isTemplate, type PluginConfig, readPluginConfig } from "./plugin-config.ts";
import { isSame, type KongState, type StatePlugin } from "./state/kong-state.ts";
import { findingAt } from "./state/state-finding.ts";

/** A plugin with a readable configuration. */
export interface CheckedPlugin extends StatePlugin {
  readonly config: PluginConfig;
  /**
   * The policy is undefined if it is invalid. It is also undefined if a decK template gives it, because only decK knows
   * the template's value.
   */
  readonly policy: CompiledPolicy | undefined;
  /** The policy's text. The text is undefined if the policy is undefined. */
  readonly text: string | undefined;
}

export interface CheckedPlugins {
  readonly plugins: readonly CheckedPlugin[];
  readonly findings: readonly Finding[];
}

/**
 * Checks each plugin separately: the entity to which it is attached, its configuration, its policy, and the rule that it names.
 */
export async function checkPlugins(state: KongState, policyRoot: string): Promise<CheckedPlugins> {
  const loadPolicy = createPolicyLoader(policyRoot);
  const plugins: CheckedPlugin[] = [];
  const findings: Finding[] = [];
  for (const [index, plugin] of state.plugins.entries()) {
    findings.push(...checkScope(plugin, state.plugins.slice(0, index)));
    const read = readPluginConfig(plugin, state);
    if (!read.ok) {
      findings.push(...read.failure);
      continue;
    }
    const config = read.value;
    const loaded = await loadPolicy(config);
    findings.push(...loaded.findings, ...checkRule(config.get("rule"), loaded.policy));
    plugins.push({ ...plugin, config, policy: loaded.policy, text: loaded.text });
  }
  // Plugins with the same policy or configuration report the same findings, so the list keeps each finding only once.
  return { plugins, findings: [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()] };
}

function checkScope({ node, source, scope }: StatePlugin, before: readonly StatePlugin[]): Finding[] {
  if (scope.on === "consumer") {
    const message =
      "jwt-policy decides before Kong knows the Consumer: attach the plugin to a Route or a Service, or make it global.";
    return [findingAt(source, node, "error", "plugin_on_consumer", message)];
  }
  const isThere = before.some(
    (other) => other.scope.on === scope.on && (scope.on === "global" || isSame(other.scope.names, scope.names)),
  );
  const what = scope.on === "global" ? "Another jwt-policy is global" : `This ${scope.on} has another jwt-policy`;
  return isThere
    ? [findingAt(source, node, "error", "plugin_twice", `${what}; Kong accepts only one jwt-policy there.`)]
    : [];
}

function checkRule(rule: ConfigField | undefined, policy: CompiledPolicy | undefined): Finding[] {
  if (rule === undefined || policy === undefined || policy.rules.has(rule.value)) {
    return [];
  }
  if (isTemplate(rule.value)) {
    return [reportTemplate(rule)];
  }
  const known = [...policy.rules.keys()];
  const hint = didYouMean(rule.value, known) || ` Known: ${known.join(", ")}.`;
  const message = `Policy "${policy.name}" has no rule "${rule.value}", so every request would get 503.${hint}`;
  return [findingAt(rule.source, rule.node, "error", "rule_unknown", message)];
}
