import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readYaml } from "../../plugin/policy/read/read-document.ts";
import type { Sides } from "./policies/compare-files.ts";
import { kindOfText } from "./policies/policy-tree.ts";

/** A policy whose file has a new name. The old path is relative to the old directory, the new path to the new directory. */
export interface Renamed {
  readonly from: string;
  readonly to: string;
}

/**
 * Pairs each missing policy with a new policy that has the same `name`. Without the pairing, all rules of a renamed
 * file would count as new. They would hide the one change that matters. If several files have the same `name`, the
 * function does not pair them.
 */
export async function findRenamed(
  gone: readonly string[],
  added: readonly string[],
  { before, after }: Sides,
): Promise<readonly Renamed[]> {
  const [old, current] = await Promise.all([namesOf(gone, before), namesOf(added, after)]);
  return [...old].flatMap(([name, files]) => {
    const [from, ...others] = files;
    const [to, ...more] = current.get(name) ?? [];
    const isOne = others.length + more.length === 0;
    return isOne && from !== undefined && to !== undefined ? [{ from, to }] : [];
  });
}

/** Finds the files of each policy name. */
async function namesOf(files: readonly string[], directory: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = new Map<string, string[]>();
  for (const file of files) {
    const text = await readFile(join(directory, file), "utf8").catch(() => "");
    const name = kindOfText(text) === "policy" ? readName(text) : undefined;
    if (name !== undefined) {
      names.set(name, [...(names.get(name) ?? []), file]);
    }
  }
  return names;
}

function readName(text: string): string | undefined {
  const source = readYaml(text);
  const data: unknown = source.ok ? source.value.data : undefined;
  const name = typeof data === "object" && data !== null && "name" in data ? data.name : undefined;
  return typeof name === "string" ? name : undefined;
}
