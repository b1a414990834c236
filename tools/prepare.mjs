// Prepares a fresh clone: checks Node's version, installs the locked dependencies, builds the sources. Prints nothing if there is
// nothing to do. `npm start` and `npm test` run this script. npm also runs it as the script `prepare`: before it packs, after it
// has installed the dependencies of a clone, and when another project installs this repository by its Git address. The script
// uses only Node's own modules, because dependencies may be missing.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const MINIMUM_NODE = [20, 19];
const SOURCES = [
  "plugin",
  "schema",
  "offline",
  "cli",
  "sandbox",
  "tsconfig.json",
  "tsconfig.build.json",
  "tools/bundle.mjs",
];
const SHOWN_LINES = 20;
/** This script sets the variable for the npm that it starts, so that `prepare` inside that npm does nothing. */
const IS_INSTALLING = "KONG_JWT_POLICY_INSTALLING";
/** With its default limits, npm waits for minutes if a registry does not answer. */
const NPM_LIMITS = [
  "--fetch-retries=1",
  "--fetch-retry-mintimeout=1000",
  "--fetch-retry-maxtimeout=5000",
  "--fetch-timeout=60000",
];
const UNREACHABLE =
  /\b(?:ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|network)\b/;
const POLL_MS = 500;

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
if (hasNothingToDo()) {
  process.exit(0);
}
checkNode();
await installDependencies();
buildSources();

/**
 * Whether npm runs this script as `prepare`, but the script cannot build. Either the script itself has started npm, or
 * npm does not install the build tools.
 */
function hasNothingToDo() {
  const { npm_lifecycle_event: event, npm_config_omit: omitted = "" } = process.env;
  return event === "prepare" && (process.env[IS_INSTALLING] === "1" || /\bdev\b/.test(omitted));
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor < MINIMUM_NODE[1])) {
    fail(`This project needs Node ${MINIMUM_NODE.join(".")} or later; this is Node ${process.versions.node}.`);
  }
}

/** Installs dependencies, unless this script or npm has already installed this lock file. */
async function installDependencies() {
  const marker = "node_modules/.prepared";
  const lock = createHash("sha256").update(readFileSync("package-lock.json")).digest("hex");
  if (existsSync(marker) && readFileSync(marker, "utf8").trim() === lock) {
    return;
  }
  // npm writes this file at the end of each installation. If this file is newer than the lock file, a developer ran npm by hand.
  if (changedAt("node_modules/.package-lock.json") > changedAt("package-lock.json")) {
    writeFileSync(marker, `${lock}\n`);
    return;
  }
  await runNpm("Installing dependencies (first run, about a minute) …", [
    "ci",
    "--no-audit",
    "--no-fund",
    // pre-commit runs `npm install --global` with a Git address. That npm passes its setting `global` on to this npm.
    // It does not install the build tools before `prepare`.
    "--global=false",
    "--include=dev",
    ...NPM_LIMITS,
  ]);
  writeFileSync(marker, `${lock}\n`);
}

/** Builds if a source is newer than the last build. A failed build writes no marker. */
function buildSources() {
  const marker = "dist/.built";
  const builtAt = changedAt(marker);
  // The marker of the installation counts as a source, because changed dependencies may require a new build.
  if (builtAt > Math.max(...[...SOURCES, "node_modules/.prepared"].map(newestChange))) {
    return;
  }
  rmSync("dist", { recursive: true, force: true }); // Removes old output, because output of deleted sources must not run.
  run("Building …", process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"]);
  run("Bundling …", process.execPath, ["tools/bundle.mjs"]);
  chmodSync("dist/cli/main.js", 0o755); // With this link, `npx --no-install kong-jwt-policy` runs in the clone itself.
  writeFileSync(marker, "");
}

/** The time of the last change in milliseconds since the epoch; 0 if the path does not exist. */
function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/**
 * The time of the newest change at or below this path, in milliseconds. Folders count too, because deleting a file changes its
 * folder.
 */
function newestChange(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    return 0;
  }
  const children = stat.isDirectory() ? readdirSync(path).map((name) => newestChange(`${path}/${name}`)) : [];
  return Math.max(stat.mtimeMs, ...children);
}

/**
 * Runs a command. Prints a message before the command, and its time after it. Prints the command's output only if the
 * command fails.
 */
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

/**
 * Runs npm. npm ends together with this process, even if a signal, a closed terminal or the death of the parent process ends this
 * process. Without this rule, npm would continue to write into node_modules without the user's knowledge.
 */
async function runNpm(message, args) {
  process.stderr.write(message);
  const begin = Date.now();
  const { ppid } = process;
  const child = spawn("npm", args, {
    detached: process.platform !== "win32",
    env: { ...process.env, [IS_INSTALLING]: "1" },
    shell: process.platform === "win32",
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const end = () => {
    try {
      process.kill(-child.pid, "SIGKILL"); // Ends npm and all processes that it started.
    } catch {
      child.kill("SIGKILL");
    }
    process.exit(1);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, end);
  }
  const watch = setInterval(() => process.ppid !== ppid && end(), POLL_MS);
  const [status, error] = await new Promise((resolve) => {
    child.on("error", (failure) => resolve([1, failure]));
    child.on("close", (code) => resolve([code ?? 1]));
  });
  clearInterval(watch);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.removeListener(signal, end);
  }
  if (status !== 0) {
    const text = error ? error.message : shorten(output.trimEnd());
    fail(`\n${text}\n\nnpm ${args[0]} failed with exit status ${status}. ${adviseOn(text)}`);
  }
  process.stderr.write(` ${((Date.now() - begin) / 1000).toFixed(1)} s\n`);
}

function adviseOn(text) {
  return UNREACHABLE.test(text)
    ? "npm does not reach its registry: check the network and the proxy, or name another registry with `npm config set registry URL`. Then run this command again; it starts the installation anew."
    : "Correct what npm reports, and run this command again; it starts the installation anew.";
}

/**
 * Keeps the first and the last lines. npm prints the problem first and then its whole usage. A compiler prints its
 * summary last.
 */
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
