// `npm run test:nodes` runs the tests that need only the sandbox under each supported Node. npm's package `node`
// contains the runtimes. The Node versions are in a temporary folder outside of the clone.
//
//   npm run test:nodes [-- VERSION…]      such as 22, or 24.1.0; `RESULTS=1` writes the results to results/nodes
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir, type } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The oldest version that package.json allows, and the newest version of each line. */
const VERSIONS = ["20.19.0", "20", "22", "24"];
const FOLDERS = [
  "core",
  "property",
  "policy",
  "keys",
  "runtime",
  "observe",
  "kong",
  "server",
  "frames",
  "sandbox",
  "cli",
];
const TESTS = [
  ...FOLDERS.map((name) => `test/${name}/`),
  "evidence/package/",
  "test/attacks/decide",
  "test/attacks/sandbox",
  "test/conformance/sandbox",
  "test/guard/stock-events",
];
const RESULTS = "results/nodes";

process.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const directory = mkdtempSync(join(tmpdir(), "jwt-policy-nodes-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => process.exit(1));
}

const asked = process.argv.slice(2);
const commit = findCommit(); // The time is read now, because the tests take minutes.
const runs = (asked.length > 0 ? asked : VERSIONS).map(runUnder);
console.table(
  Object.fromEntries(
    runs.map(({ node, files, passed, failed, skipped }) => [node, { files, passed, failed, skipped }]),
  ),
);
for (const { node, failures } of runs) {
  for (const failure of failures) {
    console.log(`${node} failed: ${failure}`);
  }
}
const isGood = runs.every(({ passed, failed }) => passed > 0 && failed === 0);
if (process.env.RESULTS === "1") {
  noteResults();
}
process.exitCode = isGood ? 0 : 1;

/**
 * Installs one version and runs the tests with it. PATH contains no other Node, so the tests start only the installed
 * version.
 */
function runUnder(version) {
  const folder = join(directory, version);
  mkdirSync(folder);
  execFileSync(
    "npm",
    ["install", "--prefix", folder, "--no-audit", "--no-fund", "--loglevel", "error", `node@${version}`],
    {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  const program = join(folder, "node_modules/node/bin/node");
  if (!existsSync(program)) {
    throw new Error(
      `npm's package node@${version} brought no ${program}: npm must be allowed to run its install script`,
    );
  }
  const node = execFileSync(program, ["--version"], { encoding: "utf8" }).trim();
  console.log(`Node ${node} …`);
  const report = join(folder, "report.json");
  spawnSync(
    program,
    ["node_modules/vitest/vitest.mjs", "run", "--reporter", "json", "--outputFile", report, ...TESTS],
    {
      env: { ...process.env, PATH: `${dirname(program)}:${process.env.PATH}` },
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  return { node, ...readReport(report) };
}

/** Reads the counts of a run. If a file could not be run, it counts as a failure. */
function readReport(path) {
  const { testResults, numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(path, "utf8"));
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  return {
    files: testResults.length,
    passed: numPassedTests,
    failed: numFailedTests + broken.length,
    skipped: numPendingTests,
    failures: [
      ...tests
        .filter(({ status }) => status === "failed")
        .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join("\n")}`),
      ...broken.map(({ name, message }) => `${name}: ${message}`),
    ],
  };
}

function findCommit() {
  const git = (...args) => execFileSync("git", args, { encoding: "utf8" }).trim();
  const changes = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs");
  return `${git("rev-parse", "HEAD")}${changes === "" ? "" : " and changes"}`;
}

function noteResults() {
  const run = {
    plugin: JSON.parse(readFileSync("package.json", "utf8")).version,
    system: `${type()} ${release()}`,
    processors: cpus().length,
    commit,
    date: new Date().toISOString(),
  };
  mkdirSync(RESULTS, { recursive: true });
  for (const results of runs) {
    writeFileSync(
      `${RESULTS}/${results.node}.json`,
      `${JSON.stringify({ tests: TESTS, ...results, ...run }, null, 2)}\n`,
    );
  }
}
