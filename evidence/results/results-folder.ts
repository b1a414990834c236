import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release, type } from "node:os";
import { dirname, join } from "node:path";
import { VERSION } from "../../plugin/kong/contract/plugin-identity.ts";
import { currentCommit } from "./current-commit.ts";

/**
 * Where `RESULTS=1` puts full results, in the root of the clone. Git ignores the folder, and CI keeps it as an artifact.
 * `npm run tables` makes the tables of docs/evidence from it.
 */
const RESULTS = "results";

/** When and on what results were made. */
export interface Run {
  readonly plugin: string;
  readonly node: string;
  readonly system: string;
  readonly processors: number;
  /** The commit's 40 hexadecimal digits. If the clone had changes, words follow the digits. */
  readonly commit: string;
  /** ISO 8601. */
  readonly date: string;
}

function describeRun(): Run {
  return {
    plugin: VERSION,
    node: process.version,
    system: `${type()} ${release()}`,
    processors: cpus().length,
    commit: currentCommit(),
    date: new Date().toISOString(),
  };
}

/**
 * Writes results, together with facts about the run that made them. Does nothing without `RESULTS=1`.
 *
 * @param file path below the folder of results, without `.json`.
 */
export function writeResults(file: string, results: object): void {
  if (process.env.RESULTS !== "1") {
    return;
  }
  const path = join(RESULTS, `${file}.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify({ ...results, ...describeRun() }, null, 2)}\n`);
}

/**
 * Reads all results of one kind, ordered by their names.
 *
 * @param kind a folder below the folder of results. A missing folder has no results.
 */
export function readResults<Results>(kind: string): readonly (Results & Run)[] {
  const folder = join(RESULTS, kind);
  return listFolder(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")));
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
