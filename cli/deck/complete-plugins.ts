import { Pair, Scalar, type YAMLMap, YAMLSeq } from "yaml";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import type { CheckedPlugin } from "./check-plugins.ts";
import { hasAt, type PluginScope, textAt, textsAt } from "./state/kong-state.ts";
import { findingAt } from "./state/state-finding.ts";

/** Adds missing tags and a missing instance name to each plugin. The instance name depends only on the Route or Service. */
export function completePlugins(plugins: readonly CheckedPlugin[], tags: readonly string[]): void {
  for (const { node, scope } of plugins) {
    const name = nameInstance(scope);
    if (!hasAt(node, "instance_name") && name !== undefined) {
      node.delete("instance_name");
      addAfterName(node, new Pair(new Scalar("instance_name"), new Scalar(name)));
    }
    addTags(node, tags);
  }
}

/** Instance names must be unique on Kong. */
export function checkInstanceNames(plugins: readonly CheckedPlugin[]): Finding[] {
  const seen = new Set<string>();
  return plugins.flatMap(({ node, source }) => {
    const name = textAt(node, "instance_name");
    if (name === undefined || !seen.has(name)) {
      seen.add(name ?? "");
      return [];
    }
    const message = `instance_name "${name}" is used twice; give this plugin another name.`;
    return [findingAt(source, node, "error", "instance_name_twice", message)];
  });
}

function nameInstance({ on, names: [name] }: PluginScope): string | undefined {
  switch (on) {
    case "route":
      return name && `${name}-jwt-policy`;
    case "service": // The name contains the kind of entity, because a Route often has the same name as its Service.
      return name && `${name}-service-jwt-policy`;
    case "global":
      return "global-jwt-policy";
    case "consumer":
      return undefined;
  }
}

function addAfterName(node: YAMLMap, pair: Pair): void {
  const index = node.items.findIndex(({ key }) => (key as Scalar).value === "name");
  node.items.splice(index + 1, 0, pair);
}

/** @param node this function adds the missing tags to the node's own list. */
function addTags(node: YAMLMap, tags: readonly string[]): void {
  const known = textsAt(node, "tags");
  const missing = tags.filter((tag) => !known.includes(tag));
  if (missing.length > 0) {
    const list = node.get("tags");
    const sequence = list instanceof YAMLSeq ? list : new YAMLSeq();
    sequence.flow = true;
    for (const tag of missing) {
      sequence.add(new Scalar(tag));
    }
    node.set("tags", sequence);
  }
}
