import { dirname, resolve } from "node:path";
import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type { CompiledIssuer, CompiledPolicy, KeyOrigin } from "../../plugin/core/model/policy.ts";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import { messageOf } from "../../plugin/core/text/error-message.ts";
import type { ImportedKeySet } from "../../plugin/keys/import/imported-key.ts";
import { loadKeySet } from "../../plugin/keys/life/load-key-set.ts";
import type { DocumentPath, Finding } from "../../plugin/policy/language/finding.ts";
import { readDocument } from "../../plugin/policy/read/read-document.ts";
import { createRootFiles, type RootFiles } from "../../plugin/runtime/load/root-files.ts";

export type FileOrigin = Extract<KeyOrigin, { readonly file: string }>;

/** If the user gives no policy root, the check tries at most this many directories above the policy as the root. */
const MAX_PARENTS = 5;
/** Maps each kind of key file to the member of the policy document that lists such files. */
export const FILE_LISTS = { jwks_file: "jwks_files", pem_file: "pem_files", secret_file: "secret_files" } as const;

/**
 * Warns of key files that the gateway would not find or could not use. A missing key file is not an error, because keys may be
 * only on the gateway.
 *
 * @param path the path of the policy. Without a policy root, the policy's directory and the directories above it are tried.
 * @param text the text of the policy's own file. The findings have positions in this text.
 */
export async function checkKeyFiles(
  policy: CompiledPolicy,
  text: string,
  path: string,
  policyRoot: string | undefined,
): Promise<readonly Finding[]> {
  const roots = listRoots(path, policyRoot);
  const findings = await Promise.all(listIssuers(policy).map((issuer) => checkIssuer(issuer, roots)));
  const source = readDocument(text);
  return findings.flat().length === 0 || !source.ok ? [] : source.value.locate(findings.flat());
}

async function checkIssuer(issuer: CompiledIssuer, roots: readonly string[]): Promise<readonly Finding[]> {
  const counts = new Map<string, number>();
  const files = issuer.keys.filter((origin): origin is FileOrigin => "file" in origin);
  const findings = files.map(async (origin): Promise<Finding[]> => {
    const list = FILE_LISTS[origin.from];
    const index = counts.get(list) ?? 0;
    counts.set(list, index + 1);
    const problem = await findProblem(origin, issuer, roots);
    const place: DocumentPath = ["issuers", issuer.id, "keys", list, index];
    return problem === undefined
      ? []
      : [{ code: "key_file_missing", severity: "warning", path: place, message: problem }];
  });
  return (await Promise.all(findings)).flat();
}

/** Finds why a key file is not usable; undefined if the file is usable under one of the policy roots. */
async function findProblem(
  origin: FileOrigin,
  issuer: CompiledIssuer,
  roots: readonly string[],
): Promise<string | undefined> {
  const loaded = await loadKeyFile(origin, issuer, roots);
  if (loaded.ok) {
    return undefined;
  }
  const hint =
    roots.length > 1
      ? " The names of key files are relative to the policy root: set the root with --policy-root."
      : " The names of key files are relative to the policy root.";
  return `This key file cannot be used: ${loaded.failure}.${hint}`;
}

/**
 * Loads a key file from the first policy root under which the file is usable. If there is no such root, the failure
 * says why the first root does not work.
 */
export async function loadKeyFile(
  origin: FileOrigin,
  issuer: CompiledIssuer,
  roots: readonly string[],
): Promise<Result<ImportedKeySet, string>> {
  const problems: string[] = [];
  for (const root of roots) {
    const loaded = await tryRoot(origin, issuer, createRootFiles(root));
    if (loaded.ok) {
      return loaded;
    }
    problems.push(loaded.failure);
  }
  return fail(problems[0] ?? "there is no policy root");
}

async function tryRoot(
  origin: FileOrigin,
  issuer: CompiledIssuer,
  files: RootFiles,
): Promise<Result<ImportedKeySet, string>> {
  const fetchJson = (): never => {
    throw new Error("a file is not fetched");
  };
  try {
    const loaded = await loadKeySet(origin, { files, fetchJson }, 0);
    const set = await loaded.importFor(issuer);
    return set.keys.length > 0
      ? succeed(set)
      : fail([...set.ignored, ...set.unused][0] ?? `${origin.file} has no keys`);
  } catch (error) {
    return fail(messageOf(error));
  }
}

/** Lists the directories that may be the policy root. */
export function listRoots(path: string, policyRoot: string | undefined): readonly string[] {
  return policyRoot === undefined ? listParents(path) : [resolve(policyRoot)];
}

function listParents(path: string): readonly string[] {
  const parents: string[] = [];
  for (
    let parent = dirname(path);
    parents.length < MAX_PARENTS && parent !== parents.at(-1);
    parent = dirname(parent)
  ) {
    parents.push(parent);
  }
  return parents;
}
