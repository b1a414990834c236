// `npm run test:mutants`: draws a random sample of mutants, and runs the fast tests against each. Prints a table and every survivor.
//
//   --sample N     the number of mutants (100)
//   --seed N       chooses the mutants (1). A mutant keeps its place in the draw if other lines or files change
//   --folder DIR   the folder of the mutants: plugin/core, keys, policy, runtime, server or kong. The option can be repeated.
//                  plugin/guard needs nginx or Kong
//   --only TEXT    only mutants whose place contains this text
//   --tests N      at most this many test files per mutant, the nearest first (all)
//   --root DIR     another clone (this clone)
import { fork, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { transformSync } from "rolldown/utils";
import { EQUIVALENT } from "./equivalent-mutants.mjs";
import { makeLuaMutants, makeMutants } from "./mutators.mjs";
import { createTestFinder, listFiles } from "./related-tests.mjs";

const LEFT_OUT = new Set(["node_modules", ".git"]);
/** This time is far longer than the longest time between two tests. A mutant may loop for ever. */
const SILENCE_MS = 150_000;
/**
 * The quick test comes first. Then come the tests in nginx with Lua, because fewer machines have a Kong. If the tool of
 * a test is missing, the test notices nothing.
 */
const GUARD_TESTS = [
  "test/guard/guard-patterns.test.ts",
  ...["verdicts", "shared-token"].map((name) => `test/guard/nginx/${name}.test.ts`),
  ...["requests", "faults", "settings"].map((name) => `test/guard/${name}.test.ts`),
  ...["conformance", "spoofing"].map((name) => `test/${name}/kong-binary-guard.test.ts`),
];

/** A table of words. `npm run check` checks the references that are generated from this table. */
const WORDS = /\/denial\.ts$/;

const { values: options } = parseArgs({
  options: {
    sample: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    folder: {
      type: "string",
      multiple: true,
      default: ["core", "keys", "policy", "runtime", "server", "kong"].map((name) => `plugin/${name}`),
    },
    only: { type: "string", default: "" },
    tests: { type: "string", default: "1000" },
    root: { type: "string", default: fileURLToPath(new URL("../..", import.meta.url)) },
  },
});
const root = resolve(options.root);
const workplace = mkdtempSync(join(tmpdir(), "mutants-"));
for (const name of readdirSync(root).filter((entry) => !LEFT_OUT.has(entry))) {
  cpSync(join(root, name), join(workplace, name), { recursive: true });
}
symlinkSync(join(root, "node_modules"), join(workplace, "node_modules"));
let tester;
process.on("exit", () => {
  endTester();
  rmSync(workplace, { recursive: true, force: true, maxRetries: 5 });
});
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => process.exit(1));
}

/** Source files that have changed since the last run of tests: a mutant was made or removed. */
const changed = new Set();
/** Test files that pass or fail without a mutant. Only files that were run are in these sets. */
const sound = new Set();
const broken = new Set();
const findTests = createTestFinder(workplace);
const rows = new Map();
const survivors = [];
for (const mutant of drawMutants()) {
  const reason = explain(mutant); // For such a mutant, all related tests would run and pass.
  const killer = reason === undefined ? await judge(mutant) : undefined;
  const folder = mutant.file.split("/").slice(0, 2).join("/");
  const row = rows.get(folder) ?? { killed: 0, survived: 0, equivalent: 0 };
  row[killer ? "killed" : reason ? "equivalent" : "survived"] += 1;
  rows.set(folder, row);
  if (!killer && !reason) {
    survivors.push(mutant);
  }
  console.log(
    `${killer ? "killed  " : reason ? "the same" : "SURVIVED"} ${show(mutant)}\n           ${killer ?? reason ?? ""}`,
  );
}
console.log("\n| folder | killed | survived | equivalent |\n| --- | --- | --- | --- |");
for (const [folder, { killed, survived, equivalent }] of [...rows].sort()) {
  console.log(`| ${folder} | ${killed} | ${survived} | ${equivalent} |`);
}
console.log(survivors.map((mutant) => `\n${show(mutant)}`).join(""));
process.exit(survivors.length > 0 ? 1 : 0);

/**
 * The mutants with the smallest hashes. This is a random choice. The hash of a mutant depends only on its file's name,
 * its line and its change.
 */
function drawMutants() {
  const all = options.folder.flatMap((folder) =>
    listFiles(root, folder, /\.(?:ts|lua)$/).flatMap((file) => {
      if (WORDS.test(file)) {
        return [];
      }
      const source = readFileSync(join(root, file), "utf8");
      const lines = source.split("\n");
      return (file.endsWith(".lua") ? makeLuaMutants : makeMutants)(file, source).map((mutant) => ({
        ...mutant,
        source,
        original: source.slice(mutant.start, mutant.end),
        text: lines[mutant.line - 1].trim(),
      }));
    }),
  );
  const places = new Map();
  const ranked = all.map((mutant) => {
    const name = [mutant.file.split("/").pop(), mutant.text, mutant.original, mutant.replacement].join("\0");
    const count = (places.get(name) ?? 0) + 1;
    places.set(name, count);
    return { mutant, rank: createHash("sha256").update(`${options.seed}\0${name}\0${count}`).digest("hex") };
  });
  const drawn = ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1)).map(({ mutant }) => mutant);
  console.log(`${all.length} mutants`);
  return drawn.filter((mutant) => show(mutant).includes(options.only)).slice(0, Number(options.sample));
}

/**
 * The test that notices the mutant; undefined if no test notices it. If a test file also fails without the mutant, it
 * does not count, and the output names it once.
 */
async function judge(mutant) {
  const path = join(workplace, mutant.file);
  const restore = () => {
    writeFileSync(path, mutant.source);
    changed.add(path);
    if (existsSync(builtPathOf(mutant.file))) {
      compile(mutant.file, mutant.source);
    }
  };
  for (;;) {
    const { killer, killerFile, isBuilt, isSilent } = await tryMutant(mutant, path);
    restore();
    // On a busy machine, tests that start processes and tests without output may fail. So the script checks each result
    // of such tests again.
    if (killerFile === undefined || (sound.has(killerFile) && !isBuilt && !isSilent)) {
      return killer;
    }
    if (isBuilt) {
      build(mutant.file, mutant.source);
    }
    const { killer: flaw } = await runTests([killerFile]);
    if (flaw === undefined) {
      sound.add(killerFile);
      return killer;
    }
    broken.add(killerFile);
    console.log(`not used: ${killerFile} fails without a mutant (${flaw})`);
  }
}

async function tryMutant(mutant, path) {
  const mutated = mutant.source.slice(0, mutant.start) + mutant.replacement + mutant.source.slice(mutant.end);
  writeFileSync(path, mutated);
  changed.add(path);
  const choose = (tests) => tests.filter((test) => !broken.has(test)).slice(0, Number(options.tests));
  if (mutant.file.endsWith(".lua")) {
    return runTests(choose(GUARD_TESTS));
  }
  const { imports, starts } = findTests(mutant.file);
  const result = await runTests(choose(imports));
  if (result.killer !== undefined || choose(starts).length === 0 || !existsSync(builtPathOf(mutant.file))) {
    return result;
  }
  const failure = build(mutant.file, mutated);
  return failure === undefined ? { ...(await runTests(choose(starts))), isBuilt: true } : { killer: failure };
}

/** Compiles one file into the build and bundles it. Returns why the run fails. */
function build(file, source) {
  if (!compile(file, source)) {
    return "the compiler";
  }
  const { status } = spawnSync(process.execPath, ["tools/bundle.mjs"], { cwd: workplace, stdio: "ignore" });
  return status === 0 ? undefined : "the bundler";
}

function compile(file, source) {
  const { code, errors } = transformSync(file, source, { lang: "ts", typescript: { onlyRemoveTypeImports: true } });
  writeFileSync(builtPathOf(file), code.replaceAll(/((?:from|import) "\.[^"]+)\.ts"/g, '$1.js"'));
  return errors.length === 0;
}

/** The build contains neither the guard nor the script of the web view. */
function builtPathOf(file) {
  return join(workplace, "dist", file.replace(/\.ts$/, ".js"));
}

/** The name of the first test that fails; undefined if no test fails. */
async function runTests(tests) {
  if (tests.length === 0) {
    return {};
  }
  tester ??= await startTester();
  return new Promise((resolveResult) => {
    let timer;
    let killerFile;
    const finish = (result) => {
      clearTimeout(timer);
      tester?.off("message", hear);
      resolveResult(result);
    };
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        endTester();
        finish({ killer: `the time limit, in ${killerFile}`, killerFile, isSilent: true });
      }, SILENCE_MS);
    };
    const hear = (message) => {
      killerFile = message.file ?? killerFile;
      return message.progress ? wait() : finish(message);
    };
    tester.on("message", hear);
    wait();
    tester.send({ tests, changed: [...changed] });
    changed.clear();
  });
}

/** The tester has a process group of its own, so that its workers end with it. */
async function startTester() {
  const child = fork(fileURLToPath(new URL("test-process.mjs", import.meta.url)), {
    cwd: workplace,
    detached: true,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await new Promise((ready) => child.once("message", ready));
  return child;
}

function endTester() {
  if (tester) {
    try {
      process.kill(-tester.pid, "SIGKILL");
    } catch {
      // The process has already ended.
    }
    tester = undefined;
  }
}

function explain({ file, text, original, replacement }) {
  return EQUIVALENT.find(
    (known) =>
      known.file === file &&
      known.original === original &&
      known.replacement === replacement &&
      text.includes(known.within ?? ""),
  )?.because;
}

function show({ file, line, kind, text, original, replacement }) {
  const short = (code) => code.replaceAll(/\s+/g, " ").slice(0, 100);
  return `${file}:${line} ${kind}: ${short(text)}\n           ${short(original)} → ${short(replacement)}`;
}
