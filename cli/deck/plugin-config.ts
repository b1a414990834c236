import { isMap, isScalar, type Node, type YAMLMap } from "yaml";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import { CONFIG_FIELDS } from "../../plugin/kong/schema/config-schema.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { didYouMean } from "../../plugin/policy/language/suggest-name.ts";
import { isNull, type KongState, type StateEntity, type StatePlugin, textAt } from "./state/kong-state.ts";
import type { StateFile } from "./state/state-file.ts";
import { findingAt } from "./state/state-finding.ts";

/**
 * A field of the plugin's configuration. The field is in the plugin itself, or in the shared configuration that the
 * plugin uses.
 */
export interface ConfigField {
  readonly value: string;
  readonly node: Node;
  /** The YAML map that contains the field. */
  readonly owner: YAMLMap;
  readonly source: StateFile;
}

export type PluginConfig = ReadonlyMap<string, ConfigField>;

const KNOWN = CONFIG_FIELDS.flatMap((field) => Object.keys(field));

/**
 * Builds a plugin's configuration as decK does. The plugin's own fields override the fields of the shared configuration
 * that `_config` names.
 */
export function readPluginConfig(
  { node, source }: StatePlugin,
  { sharedConfigs }: KongState,
): Result<PluginConfig, readonly Finding[]> {
  const sharedName = textAt(node, "_config");
  const shared = sharedName === undefined ? undefined : sharedConfigs.get(sharedName);
  if (sharedName !== undefined && shared === undefined) {
    const message = `_plugin_configs has no entry "${sharedName}".${didYouMean(sharedName, [...sharedConfigs.keys()])}`;
    return fail([findingAt(source, node.get("_config", true) as Node, "error", "config_unknown", message)]);
  }
  const own = node.get("config");
  const parts: StateEntity[] = [...(shared ? [shared] : []), ...(isMap(own) ? [{ node: own as YAMLMap, source }] : [])];
  const findings = parts.flatMap(checkFields);
  const config = new Map<string, ConfigField>();
  for (const part of parts) {
    for (const [name, field] of readFields(part)) {
      // If the plugin sets a field to null, the field of the shared configuration does not count.
      if (field === undefined) {
        config.delete(name);
      } else {
        config.set(name, field);
      }
    }
  }
  if (config.has("policy_file") === config.has("policy")) {
    const message = "The plugin needs exactly one of policy_file and policy in its config.";
    findings.push(findingAt(source, node, "error", "policy_missing", message));
  }
  return findings.length > 0 ? fail(findings) : succeed(config);
}

/** Whether this text is a template. decK replaces it by a value later, and the value is not known here. */
export function isTemplate(text: string): boolean {
  return text.includes("${{");
}

function checkFields({ node, source }: StateEntity): Finding[] {
  return node.items.flatMap(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : "";
    if (!KNOWN.includes(name)) {
      const message = `The plugin's config has no field "${name}".${didYouMean(name, KNOWN) || ` Known: ${KNOWN.join(", ")}.`}`;
      return [findingAt(source, key as Node, "error", "unknown_key", message)];
    }
    if (isNull(value)) {
      return [];
    }
    const isText = isScalar(value) && typeof value.value === "string" && value.value !== "";
    const place = (value ?? key) as Node;
    return isText ? [] : [findingAt(source, place, "error", "wrong_type", `config.${name} must be a string.`)];
  });
}

/** @returns each field with its name. If a field is null in the configuration, the result has undefined for it. */
function readFields({ node, source }: StateEntity): (readonly [string, ConfigField | undefined])[] {
  return node.items.flatMap(({ key, value }): (readonly [string, ConfigField | undefined])[] => {
    if (!isScalar(key) || !isScalar(value)) {
      return [];
    }
    const field = isNull(value) ? undefined : { value: String(value.value), node: value, owner: node, source };
    return [[String(key.value), field]];
  });
}
