import { join, relative, resolve } from "node:path";
import type { Both, PolicyVersion } from "../../../offline/compare/cells/policy-version.ts";
import { write } from "../../../offline/compare/search/write-value.ts";
import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import { compilePolicy } from "../../../plugin/policy/compile/compile-policy.ts";
import type { Finding } from "../../../plugin/policy/language/finding.ts";
import { beginsWithMark, hasMark } from "../../../plugin/policy/language/policy-mark.ts";
import { readYaml } from "../../../plugin/policy/read/read-document.ts";
import { validateDocument } from "../../../plugin/policy/read/validate-document.ts";
import {
  loadPolicyFile,
  readPathLineage,
  readPolicyFile,
  readRootLineage,
} from "../../../plugin/runtime/load/policy-store.ts";
import { hashText } from "../../../plugin/runtime/load/read-lineage.ts";
import type { PolicyDocument } from "../../../schema/generated/policy-document.ts";
import { listFiles } from "../../files/list-files.ts";
import { isUnreadableState } from "../../files/recognize-file.ts";
import { showFailure } from "../../files/show-failure.ts";
import { isTestFile } from "../../policy-tests/load-suite.ts";

const YAML = /\.(?:ya?ml|json)$/;

export function isYamlFile(file: string): boolean {
  return YAML.test(file);
}

/**
 * Lists the files that may be policies or Kong's files, relative to the directory. A path without such files is not an
 * error, because the other version may have files at this path.
 *
 * @param paths the paths to search, relative to the directory.
 */
export async function listVersion(directory: string, paths: readonly string[]): Promise<readonly string[]> {
  const isWanted = (name: string): boolean => isYamlFile(name) && !isTestFile(name);
  const lists = await Promise.all(paths.map((path) => listFiles([join(directory, path)], isWanted).catch(() => [])));
  return lists.flat().map((file) => relative(resolve(directory), resolve(file)));
}

/** Finds the kind of a file from its content. */
export type FileKind = "policy" | "kong" | "other";

export function kindOfText(text: string): FileKind {
  if (beginsWithMark(text)) {
    return "policy";
  }
  if (!/jwt_policy|_format_version/.test(text)) {
    return "other";
  }
  const source = readYaml(text);
  if (!source.ok) {
    // The text has a mistake, or is too large for a policy. It may still be one of Kong's files, which may be larger
    // than a policy. A mistake in such a file must be reported, because it could hide a change in the file.
    const unreadable = isUnreadableState(text) ? "kong" : "other";
    return source.failure.isMarked ? "policy" : unreadable;
  }
  const { data } = source.value;
  const isKong = typeof data === "object" && data !== null && "_format_version" in data;
  return hasMark(data) ? "policy" : isKong ? "kong" : "other";
}

/** The location of a policy. */
export interface PolicyPlace {
  readonly file: string;
  /** The directory that must contain all policies. If undefined, it is the policy's own directory. */
  readonly root: string | undefined;
  /** The file name that findings show. */
  readonly shown: string;
}

/** Loads one version of a policy for the comparison. */
export async function loadVersion(place: PolicyPlace): Promise<Result<PolicyVersion, readonly Finding[]>> {
  const valid = await readValid(place);
  const version = valid && compileVersion(valid);
  return version ? succeed(version) : fail(await explainFailure(place));
}

/** Finds the mistakes in a policy and their positions. For this, loads the policy as the gateway does. */
async function explainFailure({ file, root, shown }: PolicyPlace): Promise<readonly Finding[]> {
  const load =
    root === undefined
      ? await readPolicyFile(resolve(file), shown)
      : await loadPolicyFile(resolve(root), relative(resolve(root), resolve(file)));
  if (load.ok) {
    throw new Error(`${shown} changed while it was read: try again`);
  }
  return showFailure(load, resolve(file), shown);
}

/**
 * From both versions of a policy, loads only the rules that differ. The result is undefined if a version has a mistake;
 * {@link loadVersion} reports this mistake.
 */
export async function loadChanged(places: Both<PolicyPlace>): Promise<Both<PolicyVersion> | undefined> {
  const [before, after] = await Promise.all(places.map(readValid));
  if (!before || !after) {
    return undefined;
  }
  const [old, current] = pickChangedRules([before, after]).map(compileVersion);
  return old && current && [old, current];
}

function compileVersion({ document, hash }: ValidDocument): PolicyVersion | undefined {
  const compiled = compilePolicy(document, hash);
  return compiled.ok ? { document, policy: compiled.value } : undefined;
}

interface ValidDocument {
  readonly document: PolicyDocument;
  readonly hash: string;
}

async function readValid({ file, root, shown }: PolicyPlace): Promise<ValidDocument | undefined> {
  const { read } =
    root === undefined
      ? await readPathLineage(resolve(file), shown)
      : await readRootLineage(resolve(root), relative(resolve(root), resolve(file)));
  // Several policies share the original data, so the code works on a copy.
  const valid = read.ok ? validateDocument(structuredClone(read.value.source.data)) : read;
  return valid.ok && read.ok ? { document: valid.value, hash: hashText(read.value.text) } : undefined;
}

/**
 * Omits each rule that is equal on both sides, because such a rule needs no comparison. But if any other part of the
 * policy differs, the result has all rules.
 */
function pickChangedRules(versions: Both<ValidDocument>): readonly ValidDocument[] {
  const [before, after] = versions.map(({ document }) => document);
  if (write({ ...before, routes: {} }) !== write({ ...after, routes: {} })) {
    return versions;
  }
  const isChanged = (rule: string): boolean => write(before?.routes[rule]) !== write(after?.routes[rule]);
  return versions.map(({ document, hash }) => ({
    document: {
      ...document,
      routes: Object.fromEntries(Object.entries(document.routes).filter(([rule]) => isChanged(rule))),
    },
    hash,
  }));
}
