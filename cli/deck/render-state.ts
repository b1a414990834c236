import { Document, stringify } from "yaml";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import { toPrintable } from "../../plugin/core/text/printable.ts";
import { type Finding, isWarning } from "../../plugin/policy/language/finding.ts";
import { checkState } from "./check-state.ts";
import { checkInstanceNames, completePlugins } from "./complete-plugins.ts";
import { inlinePolicies } from "./inline-policies.ts";
import { readPluginConfig } from "./plugin-config.ts";
import { findKongState } from "./state/kong-state.ts";
import { mergeFiles } from "./state/merge-files.ts";
import { readStateFile, type StateFile } from "./state/state-file.ts";

export interface StateInput {
  /** The file name that findings show. */
  readonly file: string;
  readonly text: string;
}

interface RenderSettings {
  readonly policyRoot: string;
  /** Whether to put the policies into the plugins' configurations. */
  readonly inline: boolean;
  /** Tags to add to each jwt-policy plugin. */
  readonly tags: readonly string[];
  /** For `_info.select_tags`. If the list of tags is empty, `_info.select_tags` stays as it is. */
  readonly selectTags: readonly string[];
}

interface Rendered {
  /** A decK file. */
  readonly text: string;
  readonly warnings: readonly Finding[];
}

/** Merges decK files into one. Checks every jwt-policy plugin against the policies, and adds missing names and tags. */
export async function renderState(
  inputs: readonly StateInput[],
  { policyRoot, inline, tags, selectTags }: RenderSettings,
): Promise<Result<Rendered, readonly Finding[]>> {
  const read = inputs.map(({ file, text }) => readStateFile(file, text));
  const files = read.flatMap((file) => (file.ok ? [file.value] : []));
  if (files.length < read.length) {
    return fail(read.flatMap((file) => (file.ok ? [] : file.failure)));
  }
  const state = findKongState(files);
  const { plugins, findings } = await checkState(state, policyRoot);
  const found = [...findings];
  completePlugins(plugins, tags);
  found.push(...checkInstanceNames(plugins));
  if (inline) {
    found.push(...(await inlinePolicies(plugins, policyRoot)));
    // A plugin can override a `policy_file` of a shared configuration. Inlining could then leave a `policy_file` and a
    // policy in one configuration. So the code checks the configurations again.
    const again = plugins.map((plugin) => readPluginConfig(plugin, state));
    found.push(...again.flatMap((config) => (config.ok ? [] : config.failure)));
  }
  const merged = mergeFiles([...readSelectTags(selectTags), ...files]);
  if (!merged.ok) {
    return fail([...found, ...merged.failure]);
  }
  if (!found.every(isWarning)) {
    return fail(found);
  }
  const document = new Document(merged.value);
  const names = toPrintable(files.map(({ file }) => file).join(" ")); // A line feed in a name would end the comment.
  document.commentBefore = ` Made by \`kong-jwt-policy render\` from ${names}: change those files, not this one.`;
  return succeed({ text: document.toString({ lineWidth: 0 }), warnings: found });
}

/** Writes the values of `--select-tag` as a state file. The merge then reports each file with different tags. */
function readSelectTags(tags: readonly string[]): StateFile[] {
  const file = readStateFile("--select-tag", stringify({ _info: { select_tags: tags } }));
  return tags.length > 0 && file.ok ? [file.value] : [];
}
