import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { type FileLoad, readPolicyFile } from "../../plugin/runtime/load/policy-store.ts";
import { areAboutText, showExcerpts } from "../findings/excerpts.ts";
import { describeOtherKind } from "./recognize-file.ts";

/**
 * Shows why a policy file cannot be loaded. Also shows the file and the line with the mistake. If the mistake is in an
 * extended file, shows the line of the extended file. For a file of another kind, the message names the kind, but shows
 * no text of the file.
 *
 * @param path the path of the file.
 * @param name the file name that findings show.
 */
export async function showFailure(load: FileLoad, path: string, name: string): Promise<readonly Finding[]> {
  if (load.ok) {
    return [];
  }
  const { failure, files } = load;
  if (failure.some(({ code }) => code === "not_a_policy")) {
    const message = describeOtherKind(await readText(path), "policy");
    return showExcerpts(message === undefined ? failure : failure.map((one) => ({ ...one, message })), name, "");
  }
  if (!areAboutText(failure)) {
    return showExcerpts(failure, name, "");
  }
  const [first = "", parent] = files;
  const refusal = failure.find(({ code }) => code === "extends_refused");
  const inParent =
    parent === undefined || refusal === undefined
      ? []
      : await showParent({ path, name, parent: relative(dirname(first), parent), refusal });
  if (inParent.length > 0) {
    return inParent;
  }
  return showExcerpts(failure, name, await readText(path));
}

interface RefusedParent {
  readonly path: string;
  readonly name: string;
  /** The path of the extended file, relative to the policy that extends it. */
  readonly parent: string;
  readonly refusal: Finding;
}

/** Reads the mistakes in the extended file. If the mistake is in the extending policy instead, the list is empty. */
async function showParent({ path, name, parent, refusal }: RefusedParent): Promise<readonly Finding[]> {
  const [parentPath, parentName] = [join(dirname(path), parent), join(dirname(name), parent)];
  const load = await readPolicyFile(parentPath, parentName);
  const cause = load.ok ? undefined : load.failure[0];
  if (cause === undefined || cause.code.startsWith("file_") || !refusal.message.includes(cause.message)) {
    return [];
  }
  const findings = await showFailure(load, parentPath, parentName);
  return findings.map((finding) => ({ ...finding, notes: [...(finding.notes ?? []), `${name} extends this file`] }));
}

async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
