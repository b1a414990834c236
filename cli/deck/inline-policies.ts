import { isMap, isScalar, Pair, Scalar } from "yaml";
import { CONFIG_FIELDS } from "../../plugin/kong/schema/config-schema.ts";
import type { Finding, FindingCode } from "../../plugin/policy/language/finding.ts";
import { loadPolicyFile } from "../../plugin/runtime/load/policy-store.ts";
import type { CheckedPlugin } from "./check-plugins.ts";
import { flattenPolicy } from "./flatten-policy.ts";
import { type ConfigField, isTemplate } from "./plugin-config.ts";
import { isNull } from "./state/kong-state.ts";
import { findingAt } from "./state/state-finding.ts";

const { policy: POLICY_FIELD } = Object.assign({}, ...CONFIG_FIELDS) as { policy: { len_max: number } };

/**
 * Replaces each `policy_file` with the policy itself. The `policy_file` is in a plugin, or in the shared configuration
 * that the plugin names.
 *
 * @returns findings that say why policies could not be inlined.
 */
export async function inlinePolicies(plugins: readonly CheckedPlugin[], policyRoot: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { node, config, policy } of plugins) {
    if (config.has("policy_file")) {
      dropNulls(node.get("config"));
    }
    const field = config.get("policy_file");
    // Plugins can share a configuration. If an earlier plugin uses the same configuration, its policy is already
    // inlined, and this condition is false.
    if (field?.owner.has("policy_file") && (policy !== undefined || isTemplate(field.value))) {
      dropNulls(field.owner);
      findings.push(...(await inlinePolicy(field, policyRoot)));
      node.flow = false;
    }
  }
  return findings;
}

/**
 * Removes null values. Without this, the configuration could contain a key twice, or a null could override the policy
 * in a shared configuration.
 */
function dropNulls(config: unknown): void {
  if (isMap(config)) {
    config.items = config.items.filter(({ value }) => !isNull(value));
  }
}

async function inlinePolicy(field: ConfigField, policyRoot: string): Promise<Finding[]> {
  const fail = (code: FindingCode, message: string): Finding[] => [
    findingAt(field.source, field.node, "error", code, message),
  ];
  if (isTemplate(field.value)) {
    return fail("not_inlined", "decK inserts the name of the policy later, so the policy cannot be inlined here.");
  }
  const text = flattenPolicy((await loadPolicyFile(policyRoot, field.value)).text);
  if (isTemplate(text)) {
    return fail("not_inlined", 'The policy contains "${{", which decK would read as one of its own templates.');
  }
  const length = Buffer.byteLength(text);
  if (length > POLICY_FIELD.len_max) {
    const message = `The policy has ${length} bytes; Kong accepts at most ${POLICY_FIELD.len_max} bytes in a plugin's configuration. Leave the policy in its file.`;
    return fail("policy_too_large", message);
  }
  const { owner } = field;
  const value = new Scalar(text);
  value.type = Scalar.BLOCK_LITERAL;
  owner.items = owner.items.map((pair) =>
    isScalar(pair.key) && pair.key.value === "policy_file" ? new Pair(new Scalar("policy"), value) : pair,
  );
  owner.flow = false;
  return [];
}
