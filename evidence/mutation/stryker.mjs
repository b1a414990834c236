// `npm run test:stryker`: Stryker makes all its changes in plugin/ and prints the score of each folder. In plugin/core,
// and in the code that ends an event, a test must kill every mutant, or stryker-survivors.mjs must explain it. No
// explanation may be out of date. Stryker is installed apart, in evidence/mutation/stryker, at the first run. Left out
// is plugin/core/model/denial.ts: a table of words.
//
//   node evidence/mutation/stryker.mjs [WORD]      only files whose path contains WORD
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { listFiles } from "./related-tests.mjs";
import { SURVIVORS } from "./stryker-survivors.mjs";

const FOLDER = "evidence/mutation/stryker";
/** Where a survivor without an explanation is a failure. */
const STRICT = /^plugin\/(?:core\/|server\/protocol\/|kong\/handler|kong\/calls\/verdict)/;
process.chdir(fileURLToPath(new URL("../..", import.meta.url)));

if (!existsSync(`${FOLDER}/node_modules`)) {
  run("npm", ["ci", "--legacy-peer-deps", "--no-audit", "--no-fund", "--prefix", FOLDER]);
}
const [word = ""] = process.argv.slice(2);
const reports = ["stryker.config.json", "stryker.core.config.json"].map((name) => mutateFiles(`${FOLDER}/${name}`));
const mutants = reports.flatMap(Object.entries).flatMap(([file, { source, mutants: all }]) =>
  all.map(({ status, location, replacement }) => ({
    status,
    file,
    place: `${file}:${location.start.line}`,
    line: source.split("\n")[location.start.line - 1].trim(),
    replacement: replacement.replaceAll(/\s+/g, " "),
  })),
);
const alive = mutants.filter(({ status }) => status === "Survived" || status === "NoCoverage");
const explains = (survivor, mutant) =>
  survivor.file === mutant.file && survivor.line === mutant.line && survivor.replacement === mutant.replacement;
const unexplained = alive.filter((mutant) => !SURVIVORS.some((survivor) => explains(survivor, mutant)));
const failures = unexplained.filter(({ file }) => STRICT.test(file));
const stale = SURVIVORS.filter(({ file }) => file.includes(word)).filter(
  (survivor) => !alive.some((mutant) => explains(survivor, mutant)),
);

for (const { place, line, replacement, status } of unexplained) {
  console.log(`${status} ${place}\n    ${line}\n    → ${replacement}`);
}
for (const { file, line, replacement } of stale) {
  console.log(`stale explanation: ${file}\n    ${line}\n    → ${replacement}`);
}
for (const [folder, all] of groupByFolder(mutants)) {
  const open = unexplained.filter((mutant) => all.includes(mutant)).length;
  console.log(
    `${folder}: ${all.length} mutants, ${(100 - (100 * open) / all.length).toFixed(1)} % killed or explained`,
  );
}
process.exit(failures.length + stale.length > 0 ? 1 : 0);

function groupByFolder(all) {
  const folders = new Map();
  for (const mutant of all) {
    const folder = mutant.file.split("/").slice(0, 2).join("/");
    folders.set(folder, [...(folders.get(folder) ?? []), mutant]);
  }
  return folders;
}

/**
 * The results for the mutants of each file that the configuration names. If the user gave a word, only files with this
 * word in their path.
 */
function mutateFiles(config) {
  const chosen = listMutatedFiles(JSON.parse(readFileSync(config, "utf8")).mutate).filter((file) =>
    file.includes(word),
  );
  if (chosen.length === 0) {
    return {};
  }
  rmSync(`${FOLDER}/report.json`, { force: true });
  run(process.execPath, [
    `${FOLDER}/node_modules/@stryker-mutator/core/bin/stryker.js`,
    ...["run", config, "--mutate", chosen.join(",")],
  ]);
  return JSON.parse(readFileSync(`${FOLDER}/report.json`, "utf8")).files;
}

/** The configuration's entries are files, whole folders, and exclusions. */
function listMutatedFiles(entries) {
  const files = entries
    .filter((entry) => !entry.startsWith("!"))
    .flatMap((entry) => (entry.endsWith("/**/*.ts") ? listFiles(".", entry.slice(0, -"/**/*.ts".length)) : entry));
  return files.filter((file) => !entries.includes(`!${file}`));
}

function run(program, args) {
  const { status } = spawnSync(program, args, { stdio: "inherit" });
  if (status !== 0) {
    console.error(`${program} ${args.join(" ")} failed`);
    process.exit(1);
  }
}
