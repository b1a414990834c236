import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Both, PolicyVersion } from "../../offline/compare/cells/policy-version.ts";
import type { Gateway } from "../../offline/compare/routing/gateway.ts";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { type GatewayPlace, loadGateway } from "../diff/kong/load-gateway.ts";
import { kindOfText, listVersion, loadVersion } from "../diff/policies/policy-tree.ts";
import { readPair } from "../diff/same-files.ts";

/** The old and the new version of a policy. */
export interface PolicyPair {
  /** The path, relative to both directories. */
  readonly file: string;
  readonly name: string | undefined;
  /** The two versions are undefined if the file is equal on both sides. */
  readonly versions: readonly [PolicyVersion | undefined, PolicyVersion | undefined] | undefined;
}

/** All data that the old and the new version need for their decisions. */
export interface World {
  readonly pairs: readonly PolicyPair[];
  /** The file of Kong that exists on both sides; undefined if there is none or more than one. */
  readonly gateways: Both<Gateway> | undefined;
}

/** The content of two directories: policies, Kong's files, and mistakes. */
interface Found {
  readonly pairs: readonly PolicyPair[];
  readonly kongFiles: readonly string[];
  readonly findings: readonly Finding[];
}

const NAME = /^["']?name["']?[ \t]*:[ \t]*["']?([A-Za-z0-9_.-]+)/m;

/**
 * Loads the policies of two directories, or of two files.
 *
 * @param root the policy root, relative to both directories.
 */
export async function loadWorld(
  before: string,
  after: string,
  root: string | undefined,
): Promise<Result<World, readonly Finding[]>> {
  if (await areFiles(before, after)) {
    const pair = await loadPair(basename(after), [before, after], [root, root]);
    return pair.ok ? succeed({ pairs: [pair.value], gateways: undefined }) : pair;
  }
  const directories: Both<string> = [before, after];
  const { pairs, kongFiles, findings } = await findFiles(directories, root);
  const gateways = await loadGateways(kongFiles, directories, root, pairs);
  return gateways.ok && findings.length === 0
    ? succeed({ pairs, gateways: gateways.value })
    : fail([...findings, ...(gateways.ok ? [] : gateways.failure)]);
}

async function findFiles(directories: Both<string>, root: string | undefined): Promise<Found> {
  const pairs: PolicyPair[] = [];
  const kongFiles: string[] = [];
  const findings: Finding[] = [];
  const roots = directories.map((directory) => (root === undefined ? undefined : join(directory, root)));
  for (const file of await listBoth(directories)) {
    const { kinds, isSame } = await readPair(file, directories);
    if (kinds.has("kong")) {
      kongFiles.push(file);
    }
    if (kinds.has("policy") && isSame) {
      const text = await readFile(join(directories[0], file), "utf8");
      pairs.push({ file, name: NAME.exec(text)?.[1], versions: undefined });
    } else if (kinds.has("policy")) {
      const paths = [join(directories[0], file), join(directories[1], file)] as const;
      const pair = await loadPair(file, paths, [roots[0], roots[1]]);
      pairs.push(...(pair.ok ? [pair.value] : []));
      findings.push(...(pair.ok ? [] : pair.failure));
    }
  }
  return { pairs, kongFiles, findings };
}

async function loadPair(
  file: string,
  paths: Both<string>,
  roots: Both<string | undefined>,
): Promise<Result<PolicyPair, readonly Finding[]>> {
  const loaded = await Promise.all(
    paths.map(async (path, side) =>
      (await exists(path)) ? loadVersion({ file: path, root: roots[side], shown: file }) : undefined,
    ),
  );
  const failures = loaded.flatMap((load) => (load && !load.ok ? load.failure : []));
  const [old, current] = loaded.map((load) => (load?.ok ? load.value : undefined));
  return failures.length > 0
    ? fail(failures)
    : succeed({ file, name: (current ?? old)?.policy.name, versions: [old, current] });
}

async function areFiles(before: string, after: string): Promise<boolean> {
  const [old, current] = await Promise.all([isFile(before), isFile(after)]);
  if (old !== current) {
    throw new Error(`compare two directories or two policy files: only one of ${before} and ${after} is a directory`);
  }
  for (const path of old ? [before, after] : []) {
    if (kindOfText(await readFile(path, "utf8")) !== "policy") {
      throw new Error(`${path} is not a policy`);
    }
  }
  return old;
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found) {
    throw new Error(`${path}: no such file or directory`);
  }
  return found.isFile();
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function listBoth(directories: Both<string>): Promise<readonly string[]> {
  const lists = await Promise.all(directories.map((directory) => listVersion(directory, ["."])));
  return [...new Set(lists.flat())].sort();
}

async function loadGateways(
  files: readonly string[],
  directories: Both<string>,
  root: string | undefined,
  pairs: readonly PolicyPair[],
): Promise<Result<Both<Gateway> | undefined, readonly Finding[]>> {
  const [file] = files;
  const isOnBoth =
    file !== undefined && (await Promise.all(directories.map((directory) => exists(join(directory, file)))));
  if (files.length !== 1 || !isOnBoth || !isOnBoth.every(Boolean)) {
    return succeed(undefined);
  }
  const place = (directory: string): GatewayPlace => ({
    directory,
    files,
    root: root === undefined ? undefined : join(directory, root),
    policyFolders: pairs.map((pair) => dirname(pair.file)),
  });
  const [old, current] = [await loadGateway(place(directories[0])), await loadGateway(place(directories[1]))];
  return old.ok ? (current.ok ? succeed([old.value, current.value]) : current) : old;
}
