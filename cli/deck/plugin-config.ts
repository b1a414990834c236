import { isMap, isScalar, type Node, type YAMLMap } from "yaml";
import { CONFIG_FIELDS } from "../../plugin/kong/schema/config-schema.ts";
import { didYouMean } from "../../plugin/policy/language/suggest-name.ts";
import { isNull, type KongState, type StateEntity, type StatePlugin, textAt } from "./state/kong-state.ts";
import type { StateFile } from "./state/state-file.ts";
import { issueAt, type StateIssue } from "./state/state-issue.ts";

/** A field of the plugin's configuration, and its place: in the plugin, or in the shared configuration that it uses. */
export interface ConfigField {
  readonly value: string;
  readonly node: Node;
  /** The map that it is written in. */
  readonly owner: YAMLMap;
  readonly source: StateFile;
}

export type PluginConfig = ReadonlyMap<string, ConfigField>;

const KNOWN = CONFIG_FIELDS.flatMap((field) => Object.keys(field));

/** Builds a plugin's configuration as decK does: its own fields override those of the shared one that `_config` names. */
export function readPluginConfig(
  { node, source }: StatePlugin,
  { sharedConfigs }: KongState,
): { readonly config: PluginConfig } | { readonly issues: readonly StateIssue[] } {
  const sharedName = textAt(node, "_config");
  const shared = sharedName === undefined ? undefined : sharedConfigs.get(sharedName);
  if (sharedName !== undefined && shared === undefined) {
    const message = `_plugin_configs has no entry "${sharedName}".${didYouMean(sharedName, [...sharedConfigs.keys()])}`;
    return { issues: [issueAt(source, node.get("_config", true) as Node, "mistake", "config_unknown", message)] };
  }
  const own = node.get("config");
  const parts: StateEntity[] = [...(shared ? [shared] : []), ...(isMap(own) ? [{ node: own as YAMLMap, source }] : [])];
  const issues = parts.flatMap(checkFields);
  const config = new Map<string, ConfigField>();
  for (const part of parts) {
    for (const [name, field] of readFields(part)) {
      // A null in the plugin removes the field of the shared configuration.
      if (field === undefined) {
        config.delete(name);
      } else {
        config.set(name, field);
      }
    }
  }
  if (config.has("policy_file") === config.has("policy")) {
    const message = "The plugin needs exactly one of policy_file and policy in its config.";
    issues.push(issueAt(source, node, "mistake", "policy_missing", message));
  }
  return issues.length > 0 ? { issues } : { config };
}

/** Whether decK will insert something later, so that the value is unknown here. */
export function isTemplate(text: string): boolean {
  return text.includes("${{");
}

function checkFields({ node, source }: StateEntity): StateIssue[] {
  return node.items.flatMap(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : "";
    if (!KNOWN.includes(name)) {
      const message = `The plugin's config has no field "${name}".${didYouMean(name, KNOWN) || ` Known: ${KNOWN.join(", ")}.`}`;
      return [issueAt(source, key as Node, "mistake", "unknown_key", message)];
    }
    if (isNull(value)) {
      return [];
    }
    const isText = isScalar(value) && typeof value.value === "string" && value.value !== "";
    const place = (value ?? key) as Node;
    return isText ? [] : [issueAt(source, place, "mistake", "wrong_type", `config.${name} must be a text.`)];
  });
}

/** @returns fields by name; undefined for one that is null. */
function readFields({ node, source }: StateEntity): (readonly [string, ConfigField | undefined])[] {
  return node.items.flatMap(({ key, value }): (readonly [string, ConfigField | undefined])[] => {
    if (!isScalar(key) || !isScalar(value)) {
      return [];
    }
    const field = isNull(value) ? undefined : { value: String(value.value), node: value, owner: node, source };
    return [[String(key.value), field]];
  });
}
