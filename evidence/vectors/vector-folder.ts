import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The folder of the public vectors: `JWT_VECTORS`, or a folder beside the project. The vectors are data of other
 * projects, and are not part of this repository. docs/evidence/vectors.md names the sources.
 */
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = resolve(ROOT, process.env.JWT_VECTORS ?? "../shared/vectors");

/** Why no vectors can be read; undefined if the vectors are present. */
export const missingVectors: string | undefined = existsSync(`${FOLDER}/wycheproof/cases.json`)
  ? undefined
  : `no public vectors: ${process.env.JWT_VECTORS ?? "../shared/vectors"} has no wycheproof/cases.json; JWT_VECTORS names their folder`;

/** Reads one file of the vectors. @throws Error if the file does not exist or is not JSON. */
export function readVectors<T>(path: string): T {
  return JSON.parse(readFileSync(`${FOLDER}/${path}`, "utf8")) as T;
}
