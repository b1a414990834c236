import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRandom } from "../../test/random.ts";
import { type Coverage, startCoverage } from "./coverage.ts";
import { type Campaign, fuzz } from "./engine.ts";
import { createPolicyTarget } from "./policy-target.ts";
import { readCorpus, writeCorpus } from "./seeds/corpus.ts";
import type { KeyRing } from "./seeds/signers.ts";
import type { Target } from "./target.ts";
import { createTokenTarget } from "./token-target.ts";

// `npm run fuzz` runs this file. docs/evidence/fuzzing.md says how to use it.

const FINDINGS = "evidence/fuzz/findings";
const USAGE = `npm run fuzz -- [--seconds N] [--seed N] [--target token|policy] [--keep] [--replay FILE]

  --seconds N   how long, for all targets together (60)
  --seed N      repeats the choices of an earlier run
  --target T    only this one
  --keep        writes what reached something new into evidence/fuzz/corpus
  --replay F    tries the input of a finding once more and says what is wrong with it`;

/** The folder of each target's code. */
const CODE = {
  token: [
    "/plugin/core/",
    "/plugin/keys/select-key",
    "/plugin/keys/verification-key",
    "/plugin/runtime/verified-tokens",
  ],
  policy: ["/plugin/policy/", "/plugin/keys/import-key-set", "/plugin/keys/rsa-weakness"],
} as const;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    target: { type: "string" },
    keep: { type: "boolean", default: false },
    replay: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(USAGE);
} else if (values.replay !== undefined) {
  process.exitCode = await replay(values.replay);
} else {
  process.exitCode = await run();
}

async function run(): Promise<number> {
  const seconds = Number(values.seconds);
  const seed = Number(values.seed);
  const names = (["token", "policy"] as const).filter((name) => values.target === undefined || values.target === name);
  if (!(seconds > 0) || !Number.isInteger(seed) || names.length === 0) {
    console.error(USAGE);
    return 2;
  }
  console.log(`seed ${seed}, Node ${process.version}`);
  let findings = 0;
  for (const name of names) {
    const coverage = startCoverage(CODE[name]);
    const part = seconds / names.length;
    findings += await (name === "token"
      ? runTarget(createTokenTarget(), coverage, part, seed)
      : runTarget(createPolicyTarget(), coverage, part, seed));
  }
  return findings === 0 ? 0 : 1;
}

/** @returns the number of findings. */
async function runTarget<T>(target: Target<T>, coverage: Coverage, seconds: number, seed: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  const corpus = readCorpus<T>(target.name);
  const campaign = await fuzz(target, corpus, createRandom(seed), coverage, () => performance.now() < end);
  print(target, campaign, coverage);
  for (const [index, { what, input }] of campaign.findings.entries()) {
    mkdirSync(FINDINGS, { recursive: true });
    const file = join(FINDINGS, `${target.name}-${seed}-${index}.json`);
    const finding = { target: target.name, what, input, surroundings: target.surroundings };
    writeFileSync(file, `${JSON.stringify(finding, undefined, 2)}\n`);
    console.log(`FINDING ${what}\n  npm run fuzz -- --replay ${file}`);
  }
  if (values.keep) {
    const kept = await writeCorpus(target, campaign.corpus, coverage);
    console.log(`  ${kept} inputs kept in the corpus`);
  }
  return campaign.findings.length;
}

function print<T>(target: Target<T>, campaign: Campaign<T>, coverage: Coverage): void {
  const { executions, seconds, added, slowest, features, corpus, findings } = campaign;
  const files = coverage.report();
  const sum = (key: "blocks" | "reached"): number => files.reduce((total, file) => total + file[key], 0);
  console.log(
    `${target.name}: ${executions} executions in ${seconds.toFixed(0)} s, ${(executions / seconds).toFixed(0)}/s`,
  );
  console.log(`  ${sum("reached")} of ${sum("blocks")} blocks reached, ${features.size} outcomes told apart`);
  for (const { file, blocks, reached, missed } of files.filter((one) => one.missed.length > 0)) {
    console.log(`    ${file} ${reached}/${blocks}, not reached: line ${missed.join(", ")}`);
  }
  console.log(`  ${corpus.length} inputs in the corpus, ${added} of them new; ${findings.length} findings`);
  console.log(`  slowest: ${slowest?.took.toFixed(2)} ms, ${slowest ? target.size(slowest.input) : 0} characters`);
}

async function replay(file: string): Promise<number> {
  const { target, input, surroundings } = JSON.parse(readFileSync(file, "utf8"));
  const outcome =
    target === "token"
      ? await createTokenTarget(surroundings as KeyRing).run(input)
      : await createPolicyTarget().run(input);
  console.log(outcome.features.join("\n"));
  console.log(outcome.finding === undefined ? "nothing wrong" : `FINDING ${outcome.finding}`);
  return outcome.finding === undefined ? 0 : 1;
}
