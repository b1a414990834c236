import { createHash } from "node:crypto";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { describe } from "./genome.ts";
import type { SentRequest } from "./plugin-server.ts";
import { compileBenchPolicy, generateBenchKeys, writeBenchPolicy } from "./policy.ts";
import { type Found, search, time } from "./search.ts";
import { measureRequests } from "./server-cost.ts";
import type { Stage } from "./stage.ts";
import { createStages } from "./stages.ts";
import { loadSubject, type Subject } from "./subject.ts";

/** How often an input that was found is timed for the table. */
const VERIFY_RUNS = 15;

const ALL_AT_ONCE = "all at once";
const COMBINED: ReadonlySet<string> = new Set(["cookies: remove", "query: remove", "Accept", "claims"]);
/** Beside a token of 7 kB. */
const COOKIE_ROOM = 16_000;

const USAGE = `npm run bench:costly -- [--seconds N] [--seed N] [--base DIR] [--stage WORD]

Searches for the most expensive input of each stage of a request, and prints a table.

  --seconds N   how long to search in each stage (2)
  --seed N      repeats the choices of an earlier run (1)
  --base DIR    another clone, built: the search runs in both, and the table has a column for each
  --stage WORD  only stages with this word in their name`;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "2" },
    seed: { type: "string", default: "1" },
    base: { type: "string" },
    stage: { type: "string", default: "" },
    help: { type: "boolean", default: false },
  },
});

const seconds = Number(values.seconds);
const seed = Number(values.seed);
if (values.help || !(seconds > 0) || !Number.isInteger(seed)) {
  console.log(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else {
  await run();
}

async function run(): Promise<void> {
  const directories = [...(values.base === undefined ? [] : [values.base]), "."];
  const subjects = await Promise.all(directories.map(loadSubject));
  const policyText = writeBenchPolicy(generateBenchKeys());
  console.log(
    `Node ${process.version}, ${cpus().length} processors (${cpus()[0]?.model}), seed ${seed}, ${seconds} s of search per stage\n`,
  );
  const staged = subjects.map((subject) => {
    const stages = createStages(subject, compileBenchPolicy(subject, policyText));
    return { subject, stages: stages.filter(({ name }) => name.includes(values.stage)) };
  });
  const [{ stages: named } = { stages: [] }] = staged;
  const rows = named.map(({ name }, index) => {
    process.stderr.write(`${name} … `);
    const versions = staged.flatMap(({ subject, stages }) => {
      const stage = stages[index];
      return stage ? [{ subject, stage, found: search(stage, seconds * 1000, seed) }] : [];
    });
    return { name, versions };
  });
  process.stderr.write("\n");
  await print(rows, policyText, subjects);
}

interface Row {
  readonly name: string;
  readonly versions: readonly { readonly subject: Subject; readonly stage: Stage; readonly found: Found }[];
}

async function print(rows: readonly Row[], policyText: string, subjects: readonly Subject[]): Promise<void> {
  const ends = new Map<Subject, Awaited<ReturnType<typeof measureRequests>>>();
  for (const subject of subjects) {
    // Each version meets what the search found in every version.
    const inputs = rows.flatMap(({ name, versions }) =>
      versions.flatMap(({ stage, found }) => (stage.send ? [{ name, request: stage.send(found.input) }] : [])),
    );
    const combined = combine(inputs.filter(({ name }) => COMBINED.has(name)).map(({ request }) => request));
    const all = [...inputs, ...(values.stage === "" ? [{ name: ALL_AT_ONCE, request: combined }] : [])];
    ends.set(subject, await measureRequests(subject, policyText, all));
  }
  const head = subjects.length > 1 ? ["before", "now"] : ["now"];
  const columns = head.flatMap((word) => [
    `usual µs, ${word}`,
    `most expensive µs, ${word}`,
    `whole request, times one without a token, ${word}`,
  ]);
  console.log(`| stage | ${columns.join(" | ")} | most expensive input | characters, SHA-256 |`);
  console.log(`|---|${"---|".repeat(columns.length + 2)}`);
  for (const { name, versions } of rows) {
    const cells = versions.flatMap(({ subject, stage }) => {
      const worst = Math.max(...versions.map(({ found }) => time(stage, found.input, VERIFY_RUNS)));
      const ratio = ends.get(subject)?.ratios.get(name);
      return [micros(time(stage, stage.usual, VERIFY_RUNS)), micros(worst), ratio?.toFixed(1) ?? "–"];
    });
    const last = versions.at(-1);
    const input = last?.found.input ?? "";
    const hash = createHash("sha256").update(input).digest("hex").slice(0, 8);
    const shown = last ? describe(last.found.genome, last.stage.maxLength) : "";
    console.log(`| ${name} | ${cells.join(" | ")} | \`${shown.replaceAll("|", "\\|")}\` | ${input.length}, ${hash} |`);
  }
  const together = subjects.map((subject) => ends.get(subject)?.ratios.get(ALL_AT_ONCE)?.toFixed(1));
  if (together.some((ratio) => ratio !== undefined)) {
    const cells = together.map((ratio) => `– | – | ${ratio ?? "–"}`);
    console.log(`| ${ALL_AT_ONCE} | ${cells.join(" | ")} | of ${[...COMBINED].join(", ")} | |`);
  }
  for (const [index, subject] of subjects.entries()) {
    const { bareMicros, longestMillis } = ends.get(subject) ?? { bareMicros: 0, longestMillis: 0 };
    console.log(
      `\n${head[index]}: a request without a token costs the plugin server ${bareMicros.toFixed(0)} µs of processor time; the longest answer took ${longestMillis.toFixed(1)} ms.`,
    );
  }
}

/** One request with the inputs of several stages, as far as the lines of a header have room. */
function combine(requests: readonly SentRequest[]): SentRequest {
  const headers = Object.assign({}, ...requests.map((request) => request.headers));
  return Object.assign({}, ...requests, { headers: { ...headers, cookie: headers.cookie?.slice(0, COOKIE_ROOM) } });
}

/** Each stage runs without a pause, so that it blocks the event loop for as long as it takes. */
function micros(millis: number): string {
  const value = millis * 1000;
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}
