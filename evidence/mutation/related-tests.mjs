// Finds the fast tests that can notice a change of a source file. Two kinds of tests can notice the change: tests that
// import the file (nearest first), and tests that start the built files.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

const TEST = /\.test\.ts$/;
/** Tests of the projects in vitest.config.ts that need a Kong. */
const NEEDS_KONG = /kong-(?:binary|container)[^/]*\.test\.ts$|^test\/guard\/(?:faults|requests|settings)\.test\.ts$/;
const IMPORT = /(?:from|import|import\()\s*"(\.[^"]+)"/g;

/**
 * @returns for a source file, two lists of tests: `imports` has the tests that import it. `starts` has the tests of the
 * same folders that start the build.
 */
export function createTestFinder(root) {
  const files = ["plugin", "schema", "sandbox", "cli", "test"].flatMap((folder) => listFiles(root, folder));
  const importers = new Map();
  const starters = new Set();
  for (const file of files) {
    const text = readFileSync(join(root, file), "utf8");
    for (const [, target] of text.matchAll(IMPORT)) {
      const path = normalize(join(dirname(file), target));
      importers.set(path, [...(importers.get(path) ?? []), file]);
    }
    if (file.startsWith("test/") && /["/.]dist["/]/.test(text)) {
      starters.add(file);
    }
  }
  const isFast = (file) => TEST.test(file) && !NEEDS_KONG.test(file) && existsSync(join(root, file));
  const testsOf = (file) => [...findImporters(file, importers)].filter(([path]) => isFast(path));
  const startingTests = new Set(
    [...starters].flatMap((file) => [file, ...findImporters(file, importers).keys()]).filter(isFast),
  );
  return (file) => {
    const wing = file.split("/")[1];
    const twin = file.replace(/^plugin\//, "test/").replace(/\.ts$/, ".test.ts");
    const folder = dirname(twin);
    const score = ([path, distance]) => (path === twin ? 0 : distance + (path.startsWith(`${folder}/`) ? 0 : 3));
    const related = testsOf(file)
      .sort((a, b) => score(a) - score(b))
      .map(([path]) => path);
    // The test of a command starts the command, and imports no source of it.
    const commands = (importers.get(file) ?? []).filter((path) => path.startsWith("cli/"));
    const near = new Set([...related, ...commands.map((path) => `test/${path.replace(/\.ts$/, ".test.ts")}`)]);
    const closeness = (path) => (path === twin ? 3 : near.has(path) ? 2 : path.startsWith(`${folder}/`) ? 1 : 0);
    const starts = [...startingTests]
      .filter((path) => near.has(path) || path.startsWith(`test/${wing}/`))
      .sort((a, b) => closeness(b) - closeness(a) || (a < b ? -1 : 1));
    return { imports: related.filter((path) => !startingTests.has(path)), starts };
  };
}

/** All files that import this file, directly or through other files, with their distance. */
function findImporters(file, importers) {
  const distances = new Map();
  let layer = [file];
  for (let distance = 1; layer.length > 0; distance += 1) {
    const next = layer.flatMap((path) => importers.get(path) ?? []).filter((path) => !distances.has(path));
    for (const path of next) {
      distances.set(path, distance);
    }
    layer = [...new Set(next)];
  }
  return distances;
}

/** Every source file below a folder, relative to the root. */
export function listFiles(root, folder, ending = /\.(?:ts|mjs|cjs)$/) {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && ending.test(entry.name) && !entry.name.endsWith(".d.ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}
