// `npm run size`: the size of the plugin server, and two times after its start. The first is until it has printed its
// dump, the second is until it listens. The script measures the server as one file and as separate modules. The rounds
// are interleaved, the figures are medians. `RESULTS=1` writes them to results/size.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir, type } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const ROUNDS = Number(process.env.SIZE_ROUNDS ?? 20);
const dist = (path) => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
const BUNDLE = dist("jwt-policy-server.mjs");
const MODULES = dist("plugin/server/main.js");
const VALIDATORS = dist("schema/generated");

const directory = mkdtempSync(join(tmpdir(), "jwt-policy-size-"));
const place = ["--socket", join(directory, "s"), "--policy-root", directory];

/**
 * The measured processes. Each has a title, the arguments of node, and the words on standard output that end the
 * measurement. Without words, the end of the process ends it.
 */
const CASES = [
  ["node alone, until it has ended", ["-e", "0"]],
  ["--dump, modules", [MODULES, "--dump"]],
  ["--dump, one file", [BUNDLE, "--dump"]],
  ["until it listens, modules", [MODULES, ...place], "listens on"],
  ["until it listens, one file", [BUNDLE, ...place], "listens on"],
];

try {
  const bytes = readFileSync(BUNDLE);
  console.log(`Node ${process.version}, ${cpus().length} processors (${cpus()[0]?.model}), ${ROUNDS} rounds`);
  const sizes = {
    kilobytes: kilobytes(bytes),
    gzipKilobytes: kilobytes(gzipSync(bytes)),
    validatorKilobytes: countValidators(),
  };
  console.log(
    `one file: ${sizes.kilobytes} kB, ${sizes.gzipKilobytes} kB with gzip; validators: ${sizes.validatorKilobytes} kB`,
  );
  const figures = CASES.map(() => []);
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [index, [, args, words]] of CASES.entries()) {
      const ms = await measure(args, words);
      if (round > 0) {
        figures[index].push(ms); // The first round warms the file cache.
      }
    }
  }
  const medians = CASES.map(([title], index) => {
    const sorted = figures[index].sort((a, b) => a - b);
    const median = Math.round(sorted[Math.floor(sorted.length / 2)]);
    console.log(
      `${title.padEnd(32)} ${String(median).padStart(5)} ms  (${sorted[0].toFixed(0)} to ${sorted.at(-1).toFixed(0)})`,
    );
    return median;
  });
  const [node, dumpOfModules, dump, listensOfModules, listens] = medians;
  noteResults({ ...sizes, rounds: ROUNDS, ms: { node, dump, dumpOfModules, listens, listensOfModules } });
} finally {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}

/** Milliseconds from the start of the process to the words, or to its end. */
async function measure(args, words) {
  const begin = performance.now();
  const child = spawn(process.execPath, args, { env: {}, stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  let output = "";
  if (words !== undefined) {
    for await (const chunk of child.stdout) {
      output += chunk;
      if (output.includes(words)) {
        break;
      }
    }
  } else {
    child.stdout.resume();
    await closed;
  }
  const ms = performance.now() - begin;
  child.kill("SIGKILL");
  const [status] = await closed;
  if (words === undefined ? status !== 0 : !output.includes(words)) {
    throw new Error(`node ${args.join(" ")} ended with status ${status}: ${output}`);
  }
  return ms;
}

function kilobytes(data) {
  return Math.round(data.length / 1000);
}

/**
 * The bundle contains some of the generated validators almost unchanged. The longest string of a validator shows
 * whether the validator is in the bundle.
 */
function countValidators() {
  const bundle = readFileSync("dist/jwt-policy-server.mjs", "utf8");
  const texts = readdirSync(VALIDATORS)
    .filter((name) => /^validate-.*\.js$/.test(name))
    .map((name) => readFileSync(join(VALIDATORS, name), "utf8"));
  const findLongest = (text) => text.match(/"[^"\n]+"/g).toSorted((a, b) => b.length - a.length)[0];
  return texts.reduce((sum, text) => sum + (bundle.includes(findLongest(text)) ? kilobytes(text) : 0), 0);
}

function noteResults(results) {
  if (process.env.RESULTS !== "1") {
    return;
  }
  const git = (...args) => execFileSync("git", args, { encoding: "utf8" }).trim();
  const changes = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs");
  const run = {
    plugin: JSON.parse(readFileSync("package.json", "utf8")).version,
    node: process.version,
    system: `${type()} ${release()}`,
    processors: cpus().length,
    commit: `${git("rev-parse", "HEAD")}${changes === "" ? "" : " and changes"}`,
    date: new Date().toISOString(),
  };
  mkdirSync("results/size", { recursive: true });
  writeFileSync("results/size/server.json", `${JSON.stringify({ ...results, ...run }, null, 2)}\n`);
}
