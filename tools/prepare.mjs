// Prepares a fresh clone: checks Node's version, installs the locked dependencies, builds the sources. Prints nothing if all is done.
// `npm start`, `npm test` and `npm pack` run it. It uses only Node's own modules, because dependencies may be missing.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const MINIMUM_NODE = [20, 19];
const SOURCES = ["plugin", "schema", "cli", "sandbox", "tsconfig.json", "tsconfig.build.json", "tools/bundle.mjs"];
const SHOWN_LINES = 20;

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
checkNode();
installDependencies();
buildSources();

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor < MINIMUM_NODE[1])) {
    fail(`This project needs Node ${MINIMUM_NODE.join(".")} or later; this is Node ${process.versions.node}.`);
  }
}

/** Installs dependencies, unless this lock file is already installed by this script or by npm. */
function installDependencies() {
  const marker = "node_modules/.prepared";
  const lock = createHash("sha256").update(readFileSync("package-lock.json")).digest("hex");
  if (existsSync(marker) && readFileSync(marker, "utf8").trim() === lock) {
    return;
  }
  // npm writes this file at the end of each installation. If it is newer than the lock file, a developer ran npm by hand.
  if (changedAt("node_modules/.package-lock.json") > changedAt("package-lock.json")) {
    writeFileSync(marker, `${lock}\n`);
    return;
  }
  run("Installing dependencies (first run, about a minute) …", "npm", ["ci", "--no-audit", "--no-fund"]);
  writeFileSync(marker, `${lock}\n`);
}

/** Builds if a source is newer than the last build. A failed build leaves no marker. */
function buildSources() {
  const marker = "dist/.built";
  const builtAt = changedAt(marker);
  // The marker of the installation counts as a source, because changed dependencies may need a new build.
  if (builtAt > Math.max(...[...SOURCES, "node_modules/.prepared"].map(newestChange))) {
    return;
  }
  rmSync("dist", { recursive: true, force: true }); // Output of deleted sources must not run.
  run("Building …", process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"]);
  run("Bundling …", process.execPath, ["tools/bundle.mjs"]);
  chmodSync("dist/cli/main.js", 0o755); // So that `npx --no-install kong-jwt-policy` runs in the clone itself.
  writeFileSync(marker, "");
}

/** Milliseconds since the epoch. 0 if the path does not exist. */
function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Time of the newest change at or below this path, in milliseconds. Folders count, because deleting a file changes its folder. */
function newestChange(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    return 0;
  }
  const children = stat.isDirectory() ? readdirSync(path).map((name) => newestChange(`${path}/${name}`)) : [];
  return Math.max(stat.mtimeMs, ...children);
}

/** Runs a command: prints the message before it, the time after it, and its output only if it fails. */
function run(message, program, args) {
  process.stderr.write(message);
  const begin = Date.now();
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === "win32",
  });
  if (status !== 0) {
    const output = error ? error.message : shorten(`${stdout}${stderr}`.trimEnd());
    fail(`\n${output}\n\n${program} ${args.join(" ")} failed${status === null ? "" : ` with exit status ${status}`}.`);
  }
  process.stderr.write(` ${((Date.now() - begin) / 1000).toFixed(1)} s\n`);
}

/** Keeps the first and the last lines: npm prints the problem first and then its whole usage, a compiler prints its summary last. */
function shorten(output) {
  const lines = output.split("\n");
  return lines.length <= 2 * SHOWN_LINES
    ? output
    : [...lines.slice(0, SHOWN_LINES), "…", ...lines.slice(-SHOWN_LINES)].join("\n");
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
