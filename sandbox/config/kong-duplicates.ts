import type { KongDocument, PluginNode } from "./kong-document.ts";
import type { Located, Report } from "./located-yaml.ts";

/** Reports duplicates that Kong would refuse: names, instance names, plugins of one scope. @returns whether there are any. */
export function reportDuplicates(document: KongDocument, report: Report): boolean {
  let found = false;
  const seen = new Set<string>();
  const once = (key: string, what: string, node: Located<unknown>["node"]): void => {
    if (seen.has(key)) {
      report(node, `${what} is there twice`);
      found = true;
    }
    seen.add(key);
  };
  const checkPlugins = (plugins: readonly Located<PluginNode>[] | undefined, scope: string): void => {
    for (const { value, node } of plugins ?? []) {
      once(`plugin ${scope}`, `a jwt-policy plugin for this scope`, node);
      if (value.instance_name) {
        once(
          `instance ${value.instance_name.value}`,
          `instance_name "${value.instance_name.value}"`,
          value.instance_name.node,
        );
      }
    }
  };
  checkPlugins(document.plugins, "global");
  for (const [s, { value: one }] of (document.services ?? []).entries()) {
    once(`service ${one.name.value}`, `service "${one.name.value}"`, one.name.node);
    checkPlugins(one.plugins, `service ${s}`);
    for (const [r, { value }] of (one.routes ?? []).entries()) {
      if (value.name) {
        once(`route ${value.name.value}`, `route "${value.name.value}"`, value.name.node);
      }
      checkPlugins(value.plugins, `route ${s}/${r}`);
    }
  }
  for (const { value } of document.consumers ?? []) {
    for (const key of ["username", "custom_id"] as const) {
      const field = value[key];
      if (field) {
        once(`${key} ${field.value}`, `a consumer's ${key} "${field.value}"`, field.node);
      }
    }
  }
  return found;
}
