import { isDeepStrictEqual } from "node:util";
import { Document, isMap, isScalar, isSeq, type Node, Pair, YAMLMap } from "yaml";
import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import type { Finding } from "../../../plugin/policy/language/finding.ts";
import { hasAt, isNull } from "./kong-state.ts";
import type { StateFile } from "./state-file.ts";
import { findingAt } from "./state-finding.ts";

/** The merged file begins with the listed keys, in the listed order. */
const HEAD = ["_format_version", "_info"];
/** If several files contain one of these maps, the merge joins their members. */
const JOINED_MAPS = ["_info", "_plugin_configs"];

/**
 * Merges files as `deck file merge` does. The merge joins lists in the order of the files. A value that can appear only
 * once must be the same in every file. If values differed, decK would silently choose one of them.
 */
export function mergeFiles(files: readonly StateFile[]): Result<YAMLMap, readonly Finding[]> {
  const root = new YAMLMap();
  const findings: Finding[] = [];
  /** Maps the path of each key to the file that set this key first. */
  const firstIn = new Map<string, string>();

  const add = (target: YAMLMap, pair: Pair, path: string, source: StateFile): void => {
    const name = nameOf(pair);
    if (isNull(pair.value) && target.has(name)) {
      return;
    }
    if (!hasAt(target, name)) {
      target.delete(name);
    }
    const known: unknown = target.get(name, true);
    if (known === undefined) {
      target.items.push(new Pair(pair.key, pair.value));
      firstIn.set(`${path}/${name}`, source.file);
    } else if (path === "" && isSeq(known) && isSeq(pair.value)) {
      known.items.push(...pair.value.items);
    } else if (!isDeepStrictEqual(toData(known), toData(pair.value))) {
      const message = `"${name}" has another value in ${firstIn.get(`${path}/${name}`)}; only one value is possible.`;
      findings.push(findingAt(source, pair.key as Node, "error", "files_differ", message));
    }
  };
  for (const source of files) {
    for (const pair of source.root.items) {
      const name = nameOf(pair);
      if (!JOINED_MAPS.includes(name) || !isMap(pair.value)) {
        add(root, pair, "", source);
        continue;
      }
      if (!isMap(root.get(name))) {
        root.set(pair.key, new YAMLMap());
      }
      for (const part of (pair.value as YAMLMap).items) {
        add(root.get(name) as YAMLMap, part, name, source);
      }
    }
  }
  root.items.sort((one, other) => rank(one) - rank(other));
  return findings.length > 0 ? fail(findings) : succeed(root);
}

function nameOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function rank(pair: Pair): number {
  const index = HEAD.indexOf(nameOf(pair));
  return index < 0 ? HEAD.length : index;
}

function toData(node: unknown): unknown {
  return new Document(node).toJS();
}
