import { readFile, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, normalize } from "node:path";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { findRenamed, type Renamed } from "./find-renamed.ts";
import { withGitTree } from "./git-tree.ts";
import { compareGateways } from "./kong/compare-gateways.ts";
import { compareKongFiles, type KongFile } from "./kong/compare-kong-files.ts";
import type { GatewayPlace } from "./kong/load-gateway.ts";
import { comparePolicyFile, type FoundChange, type Sides } from "./policies/compare-files.ts";
import { kindOfText, listVersion } from "./policies/policy-tree.ts";
import { readPair } from "./same-files.ts";

/** The two versions to compare. */
export interface CompareOptions {
  /** The old version, as `git:` and a commit, a directory, or a policy file. */
  readonly against: string;
  readonly policyRoot?: string | undefined;
}

export interface Comparison {
  readonly changes: readonly FoundChange[];
  readonly findings: readonly Finding[];
  /** The number of policies that were compared. */
  readonly files: number;
  readonly kongFiles: number;
  readonly renamed: readonly Renamed[];
}

/** Examples use times close to this fixed time, so that fingerprints and output are the same in every run. */
export const NOW_SECONDS = Date.UTC(2026, 0, 1) / 1000;

/**
 * Compares policies with an earlier version.
 *
 * @throws Error if there is no such version, or nothing to compare.
 */
export async function compareVersions(paths: readonly string[], options: CompareOptions): Promise<Comparison> {
  return withGitTree(options.against, (tree) => compare(paths, tree, options));
}

async function compare(
  paths: readonly string[],
  tree: string | undefined,
  { against, policyRoot }: CompareOptions,
): Promise<Comparison> {
  if (tree !== undefined) {
    return compareDirectories(paths, { before: tree, after: ".", root: policyRoot });
  }
  const [path = ".", ...others] = paths;
  if (others.length > 0) {
    await checkSeveral(paths, against);
    return compareDirectories(paths, { before: against, after: ".", root: policyRoot });
  }
  const [before, after] = await Promise.all([against, path].map(kindOf));
  if (before === undefined || after === undefined) {
    throw new Error(`${before === undefined ? against : path}: no such file or directory`);
  }
  if (before !== after) {
    throw new Error(`--against ${against} is a ${before}, and ${path} is a ${after}: compare two of the same kind`);
  }
  if (before === "directory") {
    return compareDirectories(["."], { before: against, after: path, root: policyRoot });
  }
  const isKong = [await readKind(against), await readKind(path)].includes("kong");
  const result = isKong
    ? await compareGateways(path, [placeOf(against, policyRoot), placeOf(path, policyRoot)], NOW_SECONDS)
    : await comparePolicyFile(path, [against, path], [policyRoot, policyRoot], NOW_SECONDS);
  return { ...result, files: isKong ? 0 : 1, kongFiles: isKong ? 1 : 0, renamed: [] };
}

/**
 * Checks the old directory, if the command compares several paths. As in a Git commit, each file must have the same
 * relative path in the old directory as now.
 *
 * @throws Error if the old directory has none of the paths, because all paths would then count as new.
 */
async function checkSeveral(paths: readonly string[], against: string): Promise<void> {
  if ((await kindOf(against)) !== "directory") {
    throw new Error(
      `--against ${against} is not a directory: to compare several paths, give a directory that contains all of them`,
    );
  }
  const outside = paths.find((path) => isAbsolute(path) || normalize(path).startsWith(".."));
  if (outside !== undefined) {
    throw new Error(
      `${outside} is outside the working directory: compare it in a separate run, with its own --against`,
    );
  }
  const places = paths.map((path) => join(against, path));
  const [olds, news] = await Promise.all([places, paths].map((all) => Promise.all(all.map(kindOf))));
  const absent = paths.find((_, index) => olds?.[index] === undefined && news?.[index] === undefined);
  if (absent !== undefined) {
    throw new Error(`${absent}: no such file or directory, and none in ${against}`);
  }
  if (olds?.every((kind) => kind === undefined)) {
    throw new Error(`${against} has no old version of these paths: the old version must be in ${places.join(" or ")}`);
  }
}

function rootsOf({ before, after, root }: Sides): readonly [string | undefined, string | undefined] {
  return root === undefined ? [undefined, undefined] : [join(before, root), join(after, root)];
}

async function readKind(file: string): Promise<string> {
  return kindOfText(await readFile(file, "utf8"));
}

function placeOf(file: string, root: string | undefined): GatewayPlace {
  return { directory: dirname(file), files: [basename(file)], root, policyFolders: [] };
}

async function kindOf(path: string): Promise<"file" | "directory" | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found && (found.isDirectory() ? "directory" : "file");
}

async function compareDirectories(paths: readonly string[], sides: Sides): Promise<Comparison> {
  const [old, current] = await Promise.all(
    [sides.before, sides.after].map(async (directory) => new Set(await listVersion(directory, paths))),
  );
  const [oldFiles, newFiles] = [[...(old ?? [])], [...(current ?? [])]];
  const renamed = await findRenamed(
    oldFiles.filter((file) => !current?.has(file)),
    newFiles.filter((file) => !old?.has(file)),
    sides,
  );
  const nameBefore = (file: string): string => renamed.find(({ to }) => to === file)?.from ?? file;
  const files = [...new Set([...oldFiles, ...newFiles])]
    .filter((file) => renamed.every(({ from }) => from !== file))
    .sort();
  if (files.length === 0) {
    throw new Error(`${paths.join(", ")}: no YAML or JSON files on either side`);
  }
  const changes: FoundChange[] = [];
  const findings: Finding[] = [];
  const kongFiles: KongFile[] = [];
  const policies: string[] = [];
  for (const file of files) {
    const { kinds, isSame } = await readPair(file, [sides.before, sides.after]);
    if (kinds.has("kong")) {
      kongFiles.push({ file, isSame });
    }
    if (!kinds.has("policy")) {
      continue;
    }
    policies.push(file);
    if (isSame) {
      continue;
    }
    const names = [
      old?.has(nameBefore(file)) ? join(sides.before, nameBefore(file)) : undefined,
      current?.has(file) ? join(sides.after, file) : undefined,
    ] as const;
    const result = await comparePolicyFile(file, names, rootsOf(sides), NOW_SECONDS);
    changes.push(...result.changes);
    findings.push(...result.findings);
  }
  const routing = await compareKongFiles(
    kongFiles,
    sides,
    policies.map((file) => dirname(file)),
    NOW_SECONDS,
  );
  return {
    changes: [...changes, ...routing.changes],
    findings: [...findings, ...routing.findings],
    files: policies.length,
    kongFiles: kongFiles.length,
    renamed,
  };
}
