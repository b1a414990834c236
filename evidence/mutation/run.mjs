// Removes one guard at a time and runs the tests that must notice. Prints a table and ends with status 1 when a mutant that
// is not declared equivalent survives, or when the tests fail without any mutant. Plain JavaScript: Node 20 runs no TypeScript.
//
//   node evidence/mutation/run.mjs [WORD]      only mutants whose file or name contains WORD
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createViteServer } from "vitest/node";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
// The tests on a real Kong run what is built.
const COPIED = ["dist", "plugin", "schema", "test", "sandbox", "policies", "tools", "package.json", "vitest.config.ts"];
const COPIED_CONFIGS = ["tsconfig.json", "tsconfig.build.json"];
/** A mutant may leave a test waiting for ever; none of these tests takes a tenth of this. */
const TEST_TIMEOUT_MS = 4_000;
const RUN_TIMEOUT_MS = 60_000;
/** Tests that start the process, or a Kong, wait for it. */
const BUILT_TEST_TIMEOUT_MS = 20_000;
const BUILT_RUN_TIMEOUT_MS = 240_000;

const [word = ""] = process.argv.slice(2);
const files = await loadMutatedFiles();
const workplace = mkdtempSync(join(tmpdir(), "mutation-"));
let running;
process.on("exit", () => {
  if (running) {
    killGroup(running);
  }
  rmSync(workplace, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => process.exit(1));
}

for (const name of [...COPIED, ...COPIED_CONFIGS]) {
  cpSync(join(ROOT, name), join(workplace, name), { recursive: true });
}
symlinkSync(join(ROOT, "node_modules"), join(workplace, "node_modules"));

const survivors = [];
let count = 0;
for (const { file, killers, isBuilt = false, mutants, missing } of files) {
  const chosen = mutants.filter(({ name }) => `${file} ${name}`.includes(word));
  if (chosen.length === 0) {
    continue;
  }
  console.log(`\n${file}`);
  if (missing !== undefined) {
    console.log(`  not tried: ${missing}`);
    continue;
  }
  const baseline = await runTests(killers, isBuilt);
  if (!baseline.passed) {
    console.log(`  The tests fail without any mutant (${baseline.killer}); nothing can be said about this file.`);
    survivors.push(`${file}: all, for its tests fail anyway`);
    continue;
  }
  const path = join(workplace, file);
  const source = readFileSync(path, "utf8");
  for (const mutant of chosen) {
    const verdict = await judge(mutant, source, path, killers, isBuilt);
    const note = mutant.equivalent === undefined ? "" : ` (equivalent: ${mutant.equivalent})`;
    console.log(`  ${mutant.name.padEnd(64)} ${verdict}${note}`);
    count += 1;
    if (verdict === "SURVIVED" && mutant.equivalent === undefined) {
      survivors.push(`${file}: ${mutant.name}`);
    }
  }
  writeFileSync(path, source);
}

console.log(`\n${count} mutants, ${survivors.length} survived${survivors.map((name) => `\n  ${name}`).join("")}`);
process.exit(survivors.length > 0 || count === 0 ? 1 : 0);

/** `killed by` and a test, or SURVIVED. */
async function judge({ find, replace }, source, path, killers, isBuilt) {
  const parts = source.split(find);
  if (parts.length !== 2) {
    console.log(`\n${JSON.stringify(find)} stands ${parts.length - 1} times in ${path}: the list is stale.`);
    process.exit(1);
  }
  writeFileSync(path, parts.join(replace));
  const { passed, killer } = await runTests(killers, isBuilt);
  return passed ? "SURVIVED" : `killed by ${killer}`;
}

/** Compiles and bundles the copy; a mutant may have wrong types and runs all the same. */
async function build() {
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  for (const args of [[compiler, "-p", "tsconfig.build.json"], ["tools/bundle.mjs"]]) {
    const child = spawn(process.execPath, args, { cwd: workplace, stdio: "ignore" });
    await once(child, "close");
  }
}

async function runTests(tests, isBuilt) {
  if (isBuilt) {
    await build();
  }
  const testTimeout = isBuilt ? BUILT_TEST_TIMEOUT_MS : TEST_TIMEOUT_MS;
  const child = spawn(
    process.execPath,
    [
      join(ROOT, "node_modules/vitest/vitest.mjs"),
      ...["run", "--bail", "1", "--reporter", "json", "--testTimeout", String(testTimeout), "--maxWorkers", "1"],
      ...tests,
    ],
    // A group of its own: a mutant may loop for ever in a worker, which would outlive the runner.
    { cwd: workplace, stdio: ["ignore", "pipe", "ignore"], detached: true },
  );
  running = child;
  let stdout = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  const timer = setTimeout(() => killGroup(child), isBuilt ? BUILT_RUN_TIMEOUT_MS : RUN_TIMEOUT_MS);
  const [status] = await once(child, "close");
  clearTimeout(timer);
  running = undefined;
  return { passed: status === 0, killer: status === null ? "the time limit" : findFailedTest(stdout) };
}

function killGroup(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}

function findFailedTest(stdout) {
  try {
    const report = JSON.parse(stdout.slice(stdout.indexOf("{")));
    for (const { name, assertionResults } of report.testResults) {
      const failed = assertionResults.find((test) => test.status === "failed");
      if (failed) {
        return `${name.slice(name.lastIndexOf("/") + 1)}: ${failed.fullName}`;
      }
    }
  } catch {
    // No report: the run itself broke, which the status has said.
  }
  return "an error outside of any test";
}

async function loadMutatedFiles() {
  const server = await createViteServer({
    root: ROOT,
    configFile: false,
    server: { middlewareMode: true, ws: false, watch: null },
  });
  try {
    return (await server.ssrLoadModule("/test/mutation/mutants.ts")).MUTATED_FILES;
  } finally {
    await server.close();
  }
}
