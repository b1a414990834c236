import { Document, stringify } from "yaml";
import { toPrintable } from "../../plugin/core/text/printable.ts";
import { checkPlugins } from "./check-plugins.ts";
import { checkPreflights } from "./check-preflights.ts";
import { checkRoutes } from "./check-routes.ts";
import { checkInstanceNames, completePlugins } from "./complete-plugins.ts";
import { inlinePolicies } from "./inline-policies.ts";
import { readPluginConfig } from "./plugin-config.ts";
import { findKongState } from "./state/kong-state.ts";
import { mergeFiles } from "./state/merge-files.ts";
import { readStateFile, type StateFile } from "./state/state-file.ts";
import type { StateIssue } from "./state/state-issue.ts";

export interface StateInput {
  /** The name of the file in issues. */
  readonly file: string;
  readonly text: string;
}

interface RenderSettings {
  readonly policyRoot: string;
  /** Whether policies go into the plugins' configurations. */
  readonly inline: boolean;
  /** Tags to add to each jwt-policy plugin. */
  readonly tags: readonly string[];
  /** For `_info.select_tags`. An empty list changes nothing. */
  readonly selectTags: readonly string[];
}

interface Rendered {
  /** A decK file; undefined when there is a mistake. */
  readonly text?: string;
  readonly issues: readonly StateIssue[];
}

/** Merges decK files into one. Checks every jwt-policy plugin against the policies, and adds missing names and tags. */
export async function renderState(
  inputs: readonly StateInput[],
  { policyRoot, inline, tags, selectTags }: RenderSettings,
): Promise<Rendered> {
  const read = inputs.map(({ file, text }) => readStateFile(file, text));
  const files = read.filter((file): file is StateFile => "root" in file);
  if (files.length < read.length) {
    return { issues: read.flatMap((file) => ("issues" in file ? file.issues : [])) };
  }
  const state = findKongState(files);
  const { plugins, issues } = await checkPlugins(state, policyRoot);
  const found = [
    ...issues,
    ...checkRoutes(state.routes, state.plugins, plugins),
    ...checkPreflights(state.routes, state.corsPlugins),
  ];
  completePlugins(plugins, tags);
  found.push(...checkInstanceNames(plugins));
  if (inline) {
    found.push(...(await inlinePolicies(plugins, policyRoot)));
    // A shared `policy_file` that its plugins overrode must not end up in one configuration with an inlined policy.
    const again = plugins.map((plugin) => readPluginConfig(plugin, state));
    found.push(...again.flatMap((config) => ("issues" in config ? config.issues : [])));
  }
  const merged = mergeFiles([...readSelectTags(selectTags), ...files]);
  if ("issues" in merged || found.some(({ severity }) => severity === "mistake")) {
    return { issues: [...found, ...("issues" in merged ? merged.issues : [])] };
  }
  const document = new Document(merged.root);
  const names = toPrintable(files.map(({ file }) => file).join(" ")); // A line feed in a name would end the comment.
  document.commentBefore = ` Made by \`kong-jwt-policy render\` of ${names}: change that, not this.`;
  return { text: document.toString({ lineWidth: 0 }), issues: found };
}

/** Turns the option into a state file, so that merging reports a file with other tags. */
function readSelectTags(tags: readonly string[]): StateFile[] {
  const file = readStateFile("--select-tag", stringify({ _info: { select_tags: tags } }));
  return tags.length > 0 && "root" in file ? [file] : [];
}
