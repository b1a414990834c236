// Shows the shape of the code: files per folder, which folders import which, and cycles. CONTRIBUTING.md explains the folders.
//
//   npm run structure                  folders with sources, today
//   npm run structure -- --at REF      the same at a commit
//   npm run structure -- --arrows      each arrow between two folders, with the number of imports
//   npm run structure -- --check       fails if a folder of the product has too many files, or if folders import each other in a circle
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { parseArgs } from "node:util";

const WINGS = ["plugin", "offline", "cli", "sandbox", "schema", "test", "evidence"];
const PRODUCT = /^(?:plugin|offline|cli|sandbox)(?:\/|$)/;
const MANY_FILES = 12;
const IMPORT =
  /^(?:import|export)\b[^"';]*?\bfrom "(\.{1,2}\/[^"]+)"|^import "(\.{1,2}\/[^"]+)"|\bimport\("(\.{1,2}\/[^"]+)"\)/gm;

const { values } = parseArgs({
  options: { at: { type: "string" }, arrows: { type: "boolean" }, check: { type: "boolean" } },
});
const root = values.at === undefined ? "." : checkOut(values.at);
try {
  show(root);
} finally {
  if (values.at !== undefined) {
    rmSync(root, { recursive: true, force: true });
  }
}

function checkOut(ref) {
  const folder = mkdtempSync(join(tmpdir(), "structure-"));
  const archive = execFileSync("git", ["archive", ref], { maxBuffer: 2 ** 30 });
  execFileSync("tar", ["-x", "-C", folder], { input: archive });
  return folder;
}

function show(folder) {
  const sources = listSources(folder);
  const imports = new Map(sources.map((file) => [file, readImports(folder, file, new Set(sources))]));
  const folders = groupByFolder(sources);
  const arrows = countArrows(imports);
  const folderCycles = findCycles(folderGraph(arrows));
  if (values.check) {
    check(folders, folderCycles);
    return;
  }
  for (const [name, files] of [...folders].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const targets = [...arrows.keys()].filter((arrow) => arrow.startsWith(`${name} → `)).length;
    const mark = files.length > MANY_FILES ? `  more than ${MANY_FILES} files` : "";
    console.log(`${name.padEnd(36)} ${String(files.length).padStart(3)} files  imports ${targets} folders${mark}`);
  }
  if (values.arrows) {
    for (const [arrow, count] of [...arrows].sort()) {
      console.log(`${arrow}  ${count}`);
    }
  }
  const fileCycles = findCycles(imports);
  const largest = Math.max(...[...folders.values()].map((files) => files.length));
  for (const cycle of [...fileCycles, ...folderCycles]) {
    console.log(`cycle: ${cycle.join(", ")}`);
  }
  const many = [...folders.values()].filter((files) => files.length > MANY_FILES).length;
  console.log(
    `${sources.length} files in ${folders.size} folders, at most ${largest} in one, ${many} folders with more than ${MANY_FILES}; ` +
      `${arrows.size} arrows between folders; cycles: ${fileCycles.length} of files, ${folderCycles.length} of folders`,
  );
}

function check(folders, folderCycles) {
  const faults = [
    ...[...folders]
      .filter(([name, files]) => PRODUCT.test(name) && files.length > MANY_FILES)
      .map(
        ([name, files]) => `${name} has ${files.length} files, more than ${MANY_FILES}: split it by what the files do`,
      ),
    ...folderCycles
      .filter((cycle) => cycle.every((name) => PRODUCT.test(name)))
      .map((cycle) => `these folders import each other in a circle: ${cycle.join(", ")}`),
  ];
  for (const fault of faults) {
    console.error(`structure: ${fault}`);
  }
  process.exitCode = faults.length === 0 ? 0 : 1;
}

function listSources(folder) {
  const listed =
    values.at === undefined
      ? execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
      : execFileSync("git", ["ls-tree", "-r", "--name-only", values.at], { encoding: "utf8", maxBuffer: 2 ** 26 });
  return listed
    .split("\n")
    .filter((file) => WINGS.includes(file.split("/", 1)[0]) && file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .filter((file) => !file.startsWith("schema/generated/") && exists(join(folder, file)));
}

function exists(file) {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

function readImports(folder, file, known) {
  const text = readFileSync(join(folder, file), "utf8");
  const targets = [...text.matchAll(IMPORT)].map((match) =>
    posix.normalize(posix.join(posix.dirname(file), match[1] ?? match[2] ?? match[3])),
  );
  return new Set(targets.filter((target) => known.has(target)));
}

function groupByFolder(files) {
  const folders = new Map();
  for (const file of files) {
    const folder = posix.dirname(file);
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return folders;
}

/** Counts the imports between different folders, by `from → to`. */
function countArrows(imports) {
  const arrows = new Map();
  for (const [file, targets] of imports) {
    for (const target of targets) {
      const [from, to] = [posix.dirname(file), posix.dirname(target)];
      if (from !== to) {
        arrows.set(`${from} → ${to}`, (arrows.get(`${from} → ${to}`) ?? 0) + 1);
      }
    }
  }
  return arrows;
}

function folderGraph(arrows) {
  const graph = new Map();
  for (const arrow of arrows.keys()) {
    const [from, to] = arrow.split(" → ");
    graph.set(from, new Set([...(graph.get(from) ?? []), to]));
    graph.set(to, graph.get(to) ?? new Set());
  }
  return graph;
}

/** Groups of nodes that can reach each other (Tarjan's strongly connected components). */
function findCycles(graph) {
  const found = [];
  const index = new Map();
  const low = new Map();
  const stack = [];
  const visit = (node) => {
    index.set(node, index.size);
    low.set(node, index.get(node));
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) {
        visit(next);
        low.set(node, Math.min(low.get(node), low.get(next)));
      } else if (stack.includes(next)) {
        low.set(node, Math.min(low.get(node), index.get(next)));
      }
    }
    if (low.get(node) === index.get(node)) {
      const group = stack.splice(stack.indexOf(node));
      if (group.length > 1) {
        found.push(group.sort());
      }
    }
  };
  for (const node of graph.keys()) {
    if (!index.has(node)) {
      visit(node);
    }
  }
  return found;
}
