// `npm run test:stryker`: has Stryker change everything it can in the code that can end an event and in plugin/core. Fails for
// every mutant that no test kills and that stryker-survivors.mjs does not explain, and for every explanation that is stale.
// Stryker is installed apart, in evidence/mutation/stryker, at the first run. Left out is plugin/core/model/denial.ts: a table of words.
//
//   node evidence/mutation/stryker.mjs [WORD]      only files whose name contains WORD
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SURVIVORS } from "./stryker-survivors.mjs";

const FOLDER = "evidence/mutation/stryker";
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
const stale = SURVIVORS.filter(({ file }) => file.includes(word)).filter(
  (survivor) => !alive.some((mutant) => explains(survivor, mutant)),
);

for (const { place, line, replacement, status } of unexplained) {
  console.log(`${status} ${place}\n    ${line}\n    → ${replacement}`);
}
for (const { file, line, replacement } of stale) {
  console.log(`stale explanation: ${file}\n    ${line}\n    → ${replacement}`);
}
console.log(
  `${mutants.length} mutants, ${mutants.length - alive.length} killed, ${alive.length - unexplained.length} explained, ${unexplained.length} survived`,
);
process.exit(unexplained.length + stale.length > 0 ? 1 : 0);

/** What became of the mutants of each file that the configuration names and the word picks. */
function mutateFiles(config) {
  const chosen = JSON.parse(readFileSync(config, "utf8")).mutate.filter((file) => file.includes(word));
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

function run(program, args) {
  const { status } = spawnSync(program, args, { stdio: "inherit" });
  if (status !== 0) {
    console.error(`${program} ${args.join(" ")} failed`);
    process.exit(1);
  }
}
