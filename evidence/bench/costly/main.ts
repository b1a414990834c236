import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { COMBINED, combineRequests, type StageRequest } from "./combine.ts";
import { describe } from "./genome.ts";
import { compileBenchPolicy, generateBenchKeys, writeBenchPolicy } from "./policy.ts";
import { type Found, search, time } from "./search.ts";
import { measureRequests, type RequestCosts } from "./server-cost.ts";
import { PROTOCOLS, type Protocol, type Stage } from "./stage.ts";
import { createStages } from "./stages.ts";
import { loadSubject, type Subject } from "./subject.ts";

/** How often an input that was found is timed for the table. */
const VERIFY_RUNS = 15;

const ALL_AT_ONCE = "all at once";

const USAGE = `npm run bench:costly -- [--seconds N] [--seed N] [--base DIR] [--stage WORD]
                        [--write FILE]

Searches for the most expensive input of each stage of a request over HTTP/1.1 and over HTTP/2, and prints a table.

  --seconds N   how long to search in each stage and protocol (2)
  --seed N      repeats the choices of an earlier run (1)
  --base DIR    another clone, built: the search runs in both, and the table has a column for each
  --stage WORD  only stages with this word in their name
  --write FILE  writes the requests that were found, for \`npm run bench:overload -- --cost --requests FILE\``;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "2" },
    seed: { type: "string", default: "1" },
    base: { type: "string" },
    stage: { type: "string", default: "" },
    write: { type: "string" },
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
      return stage ? [{ subject, stage, found: searchAll(stage) }] : [];
    });
    return { name, versions };
  });
  process.stderr.write("\n");
  await print(rows, policyText, subjects);
}

type FoundByProtocol = Readonly<Record<Protocol, Found>>;

/** If both protocols have the same limit, one search is enough. */
function searchAll(stage: Stage): FoundByProtocol {
  const one = search(stage, "HTTP/1.1", seconds * 1000, seed);
  const isSame = stage.limits["HTTP/1.1"] === stage.limits["HTTP/2"];
  return { "HTTP/1.1": one, "HTTP/2": isSame ? one : search(stage, "HTTP/2", seconds * 1000, seed) };
}

interface Version {
  readonly subject: Subject;
  readonly stage: Stage;
  readonly found: FoundByProtocol;
}

interface Row {
  readonly name: string;
  readonly versions: readonly Version[];
}

async function print(rows: readonly Row[], policyText: string, subjects: readonly Subject[]): Promise<void> {
  const requests = listRequests(rows);
  if (values.write !== undefined) {
    writeFileSync(values.write, JSON.stringify(requests));
  }
  const costs = new Map<Subject, RequestCosts>();
  for (const subject of subjects) {
    costs.set(subject, await measureRequests(subject, policyText, requests));
  }
  const words = subjects.length > 1 ? ["before", "now"] : ["now"];
  const columns = words.flatMap((word) => [
    `usual µs, ${word}`,
    ...PROTOCOLS.map((protocol) => `most expensive µs, ${protocol}, ${word}`),
    ...PROTOCOLS.map((protocol) => `whole request, ${protocol}, ${word}`),
  ]);
  console.log(`| stage | ${columns.join(" | ")} | most expensive input over HTTP/1.1; over HTTP/2 |`);
  console.log(`|---|${"---|".repeat(columns.length + 1)}`);
  for (const row of rows) {
    const cells = row.versions.flatMap((version) => writeCells(row, version, costs.get(version.subject)));
    console.log(`| ${row.name} | ${cells.join(" | ")} | ${describeInputs(row.versions.at(-1))} |`);
  }
  if (values.stage === "") {
    const cells = subjects.flatMap((subject) => ["–", "–", "–", ...writeRatios(ALL_AT_ONCE, costs.get(subject))]);
    console.log(`| ${ALL_AT_ONCE} | ${cells.join(" | ")} | of ${COMBINED.join(", ")} |`);
  }
  for (const [index, subject] of subjects.entries()) {
    const { bareMicros, longestMillis } = costs.get(subject) ?? { bareMicros: 0, longestMillis: 0 };
    console.log(
      `\n${words[index]}: a request without a token costs the plugin server ${bareMicros.toFixed(0)} µs of processor time; the longest answer took ${longestMillis.toFixed(1)} ms.`,
    );
  }
}

/**
 * The bench measures each version with the inputs that the search found in any version, and with combinations of these
 * inputs.
 */
function listRequests(rows: readonly Row[]): readonly (StageRequest & { readonly key: string })[] {
  const found = rows.flatMap(({ name, versions }) =>
    versions.flatMap((version) => PROTOCOLS.flatMap((protocol) => writeRequests(name, version, protocol))),
  );
  const combined = PROTOCOLS.flatMap((protocol) =>
    combineRequests(found, protocol).map((request) => ({ name: ALL_AT_ONCE, protocol, request })),
  );
  const all = values.stage === "" ? [...found, ...combined] : found;
  return all.map((one) => ({ ...one, key: keyOf(one.name, one.protocol) }));
}

function writeRequests(name: string, { stage, found }: Version, protocol: Protocol): readonly StageRequest[] {
  const version = protocol === "HTTP/2" ? "2.0" : "1.1";
  return stage.send ? [{ name, protocol, request: { ...stage.send(found[protocol].input), version } }] : [];
}

function keyOf(name: string, protocol: Protocol): string {
  return `${protocol} ${name}`;
}

function writeCells({ name, versions }: Row, { stage }: Version, costs: RequestCosts | undefined): readonly string[] {
  const worst = PROTOCOLS.map((protocol) =>
    Math.max(...versions.map(({ found }) => time(stage, found[protocol].input, VERIFY_RUNS))),
  );
  return [micros(time(stage, stage.usual, VERIFY_RUNS)), ...worst.map(micros), ...writeRatios(name, costs)];
}

function writeRatios(name: string, costs: RequestCosts | undefined): readonly string[] {
  return PROTOCOLS.map((protocol) => costs?.ratios.get(keyOf(name, protocol))?.toFixed(1) ?? "–");
}

function describeInputs(version: Version | undefined): string {
  const inputs = PROTOCOLS.map((protocol) => {
    const { genome = [], input = "" } = version?.found[protocol] ?? {};
    const hash = createHash("sha256").update(input).digest("hex").slice(0, 8);
    const shown = describe(genome, version?.stage.limits[protocol] ?? 0).replaceAll("|", "\\|");
    return `\`${shown}\` (${input.length} characters, ${hash})`;
  });
  return [...new Set(inputs)].join("; ");
}

/** Each stage runs without a pause, so it blocks the event loop for its whole time. */
function micros(millis: number): string {
  const value = millis * 1000;
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}
