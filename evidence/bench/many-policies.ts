import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { FACTS_VARIABLE } from "../../plugin/kong/facts/facts-variable.ts";
import { StringMessage } from "../../plugin/server/protocol/messages.ts";
import { connectWorker, playEvent } from "../../test/server/protocol/raw-worker.ts";
import { generateSigningKey } from "../../test/tokens.ts";

// `npm run bench:policies` measures how the plugin server's start, memory and idle work grow with the number of
// policies. The bench also measures how long requests wait while the server starts and while policies change. The bench
// starts the bundled server as Kong does, and sends requests to the server's socket.
//
//   npm run bench:policies                            all cases of the table
//   npm run bench:policies -- --case "1000x50x3"      one case: policies × rules × operations
//   npm run bench:policies -- --starts 5              only starts of a fresh server, each five times
//   npm run bench:policies -- --starts 5 --askers 4   the same, with four requests at a time

interface Case {
  readonly policies: number;
  readonly rules: number;
  /** The number of operations in each rule; 0 for a rule without operations. */
  readonly operations: number;
  /** Whether all policies extend one common policy. */
  readonly hasParent?: boolean;
}

const CASES: readonly Case[] = [
  { policies: 1, rules: 50, operations: 3 },
  { policies: 100, rules: 50, operations: 3 },
  { policies: 300, rules: 50, operations: 3 },
  { policies: 1_000, rules: 50, operations: 3 },
  { policies: 500, rules: 5, operations: 0 },
  { policies: 2_000, rules: 5, operations: 0 },
  { policies: 400, rules: 10, operations: 0, hasParent: true },
];
/** After this time, the server has collected its garbage, and its compiling threads have ended. */
const SETTLE_MS = 60_000;
const IDLE_MS = 60_000;
const ASK_EVERY_MS = 10;
const LIMIT_MS = 300_000;
const SERVER = new URL("../../../../dist/jwt-policy-server.mjs", import.meta.url).pathname;

/** The keys are inline, so that the server need not fetch any key. */
const PUBLIC_KEY = generateSigningKey("ES256", "1").publicJwk;

const FACTS = StringMessage.encode({
  v: FACTS_VARIABLE.value
    .replaceAll("\\n", "\n")
    .replace("$request\n", "GET /r0/items/1/part0 HTTP/1.1\n")
    .replace("$scheme $realip_remote_addr $remote_addr", "https 127.0.0.1 127.0.0.1")
    .replace("$kong_request_id", "0".repeat(32))
    .replaceAll(/\$http_\w+/g, ""),
});

const { values } = parseArgs({
  options: {
    case: { type: "string" },
    server: { type: "string", default: SERVER },
    starts: { type: "string" },
    askers: { type: "string", default: "1" },
  },
});
const chosen = values.case === undefined ? CASES : [parseCase(values.case)];
const askers = Number(values.askers);
console.log(
  `Node ${process.version}, ${cpus().length} processors (${cpus()[0]?.model}), ${askers} requests at a time. Waits are the longest of all requests.\n`,
);
if (values.starts === undefined) {
  console.log(
    "| policies × rules × operations | ready after | memory when ready | CPU to start | wait at start | all files change | wait meanwhile | parent changes | wait meanwhile | idle CPU |",
  );
  console.log("|---|---|---|---|---|---|---|---|---|---|");
  for (const one of chosen) {
    console.log(await measure(one));
  }
} else {
  console.log("Medians, and in brackets the least and the greatest.\n");
  console.log(
    "| policies × rules × operations | listens after | first wait | longest wait | ready after | other load |",
  );
  console.log("|---|---|---|---|---|---|");
  for (const one of chosen) {
    console.log(await measureStarts(one, Number(values.starts)));
  }
}

/** Measures how long requests wait at a new server, from the moment at which the server listens until it is ready. */
async function measureStarts(one: Case, rounds: number): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "many-policies-"));
  try {
    const root = writePolicies(directory, one, "first");
    const figures: number[][] = [];
    for (let round = 0; round < rounds; round += 1) {
      figures.push(await measureStart(one, directory, root));
    }
    const cells = ["ms", "ms", "ms", "ms", "%"].map((unit, column) => {
      const sorted = figures.map((row) => row[column] ?? 0).sort((a, b) => a - b);
      const [median = 0, least = 0, greatest = 0] = [sorted[sorted.length >> 1], sorted[0], sorted.at(-1)];
      return `${median.toFixed(0)} ${unit} (${least.toFixed(0)} to ${greatest.toFixed(0)})`;
    });
    return `| ${describeCase(one)} | ${cells.join(" | ")} |`;
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Four times in milliseconds: until the server listens, the first wait, the longest wait, and until the server is
 * ready. The result also has the load by other programs, in percent.
 */
async function measureStart(one: Case, directory: string, root: string): Promise<number[]> {
  const begin = performance.now();
  const [busyBefore, ownBefore] = [busySeconds(), process.cpuUsage()];
  const server = startServer(directory, root);
  try {
    await waitUntilThere(server.socket);
    const listensMs = performance.now() - begin;
    const { first, longest } = await askUntil(server, one, () => server.isReady());
    const readyMs = performance.now() - begin;
    const { user, system } = process.cpuUsage(ownBefore);
    const others = busySeconds() - busyBefore - cpuSeconds(server.child) - (user + system) / 1e6;
    return [listensMs, first, longest, readyMs, (others / cpus().length / (readyMs / 1000)) * 100];
  } finally {
    const closed = once(server.child, "close");
    server.child.kill("SIGKILL");
    await closed;
    rmSync(server.socket, { force: true });
  }
}

async function measure(one: Case): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "many-policies-"));
  const root = writePolicies(directory, one, "first");
  const server = startServer(directory, root);
  try {
    const begin = performance.now();
    const atStart = askUntil(server, one, () => server.isReady());
    const { longest: startWait } = await atStart;
    const readyMs = performance.now() - begin;
    const startCpu = cpuSeconds(server.child);
    const memory = residentMegabytes(server.child);

    const changed = performance.now();
    writeOwn(root, one, "second");
    const { longest: changeWait } = await askUntil(server, one, () => server.effective("second") >= one.policies);
    const changeMs = performance.now() - changed;

    let parent: string[] = ["–", "–"];
    if (one.hasParent) {
      const before = server.effective("second");
      const parentChanged = performance.now();
      writeParent(root, "second");
      const { longest: wait } = await askUntil(server, one, () => server.effective("second") >= before + one.policies);
      parent = [seconds(performance.now() - parentChanged), `${wait.toFixed(0)} ms`];
    }

    await sleep(SETTLE_MS);
    const idleBefore = cpuSeconds(server.child);
    await sleep(IDLE_MS);
    const idle = ((cpuSeconds(server.child) - idleBefore) / (IDLE_MS / 1000)) * 100;
    const cells = [
      describeCase(one),
      seconds(readyMs),
      `${memory.toFixed(0)} MB`,
      `${startCpu.toFixed(1)} s`,
      `${startWait.toFixed(0)} ms`,
      seconds(changeMs),
      `${changeWait.toFixed(0)} ms`,
      ...parent,
      `${idle.toFixed(1)} %`,
    ];
    return `| ${cells.join(" | ")} |`;
  } finally {
    server.child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Server {
  readonly child: ChildProcess;
  readonly socket: string;
  isReady(): boolean;
  /** How many versions with this mark have taken effect. */
  effective(mark: string): number;
}

function startServer(directory: string, root: string): Server {
  const socket = join(directory, "s.socket");
  const args = [values.server, "--socket", socket, "--policy-root", root, "--facts-variable"];
  const child = spawn(process.execPath, args, { env: {}, stdio: ["ignore", "pipe", "inherit"] });
  let rest = "";
  let isReady = false;
  const counts = new Map<string, number>();
  child.stdout.on("data", (chunk) => {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      isReady ||= line.includes("ready: every policy");
      const mark = /^policy file .* is in (?:effect|force): name=\S+-(first|second) /.exec(line)?.[1];
      counts.set(mark ?? "", (counts.get(mark ?? "") ?? 0) + 1);
    }
  });
  return { child, socket, isReady: () => isReady, effective: (mark) => counts.get(mark) ?? 0 };
}

interface Waits {
  /** The longest wait in milliseconds of the first request of each asker. */
  readonly first: number;
  /** The longest wait in milliseconds of all requests. */
  readonly longest: number;
}

/** Asks about one request after another, each for another policy, until `isDone`. */
async function askUntil(server: Server, { policies }: Case, isDone: () => boolean): Promise<Waits> {
  const end = performance.now() + LIMIT_MS;
  let turn = 0;
  const askOften = async (): Promise<Waits> => {
    const waits: number[] = [];
    while (waits.length === 0 || !isDone()) {
      if (performance.now() > end || server.child.exitCode !== null || server.child.signalCode !== null) {
        throw new Error("the server ended, or is not done in time");
      }
      waits.push(await askOnce(server, nameOf((turn++ * 7) % policies)));
      await sleep(ASK_EVERY_MS);
    }
    return { first: waits[0] ?? 0, longest: Math.max(...waits) };
  };
  await waitUntilThere(server.socket);
  const all = await Promise.all(Array.from({ length: askers }, askOften));
  return {
    first: Math.max(...all.map(({ first }) => first)),
    longest: Math.max(...all.map(({ longest }) => longest)),
  };
}

/** Milliseconds from the start of an instance to the answer of its first request. */
async function askOnce(server: Server, file: string): Promise<number> {
  const worker = await connectWorker(server.socket); // Kong gives a connection up after each refusal.
  const begin = performance.now();
  const { instanceStatus } = await worker.start(JSON.stringify({ policy_file: file, rule: "rule-0" }));
  const { ended } = await playEvent(worker, instanceStatus?.instanceId ?? 0, { "kong.nginx.get_var": FACTS });
  const waited = performance.now() - begin;
  worker.socket.destroy();
  if (ended !== "exited") {
    throw new Error(`a request without a token was ${ended}`);
  }
  return waited;
}

async function waitUntilThere(socket: string): Promise<void> {
  while (!(await isThere(socket))) {
    await sleep(2);
  }
}

function isThere(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection(socket);
    probe.on("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.on("error", () => resolve(false));
  });
}

/** Writes all policies of a case. Returns the folder of the policies. */
function writePolicies(directory: string, one: Case, version: string): string {
  const root = join(directory, "policies");
  mkdirSync(root);
  if (one.hasParent) {
    writeParent(root, version);
  }
  writeOwn(root, one, version);
  return root;
}

function writeParent(root: string, version: string): void {
  writeFileSync(join(root, "platform.yaml"), parentText(version));
}

function writeOwn(root: string, one: Case, version: string): void {
  for (let index = 0; index < one.policies; index += 1) {
    writeFileSync(join(root, nameOf(index)), policyText(index, one, version));
  }
}

function describeCase({ policies, rules, operations, hasParent }: Case): string {
  return `${policies} × ${rules} × ${operations}${hasParent ? ", one parent" : ""}`;
}

function nameOf(index: number): string {
  return `policy-${index}.yaml`;
}

function parentText(version: string): string {
  return `jwt_policy: 1
name: platform-${version}
description: ${version}
issuers:
  acme:
    issuer: https://idp.example.com/realms/acme
    audiences: [https://api.example.com/${version}]
    algorithms: [RS256, ES256]
    keys: { jwks: { keys: [${JSON.stringify(PUBLIC_KEY)}] } }
defaults: { accept: [acme] }
header_mappings: { x-user-id: sub, x-scope: scope }
`;
}

function policyText(index: number, { rules, operations, hasParent }: Case, version: string): string {
  const head = hasParent
    ? `jwt_policy: 1\nname: p${index}-${version}\nextends: platform.yaml\n`
    : parentText(version).replace(`platform-${version}`, `p${index}-${version}`);
  const routes = Array.from({ length: rules }, (_, rule) =>
    operations === 0
      ? `  rule-${rule}: { required_scopes: [scope-${rule}:read] }`
      : [
          `  rule-${rule}:`,
          "    operations:",
          ...Array.from({ length: operations }, (_, operation) => {
            const method = ["GET", "POST", "DELETE"][operation % 3];
            return `      - { methods: [${method}], path: "/r${rule}/items/{id}/part${operation}", required_scopes: [s${rule}:${operation}] }`;
          }),
        ].join("\n"),
  );
  return `${head}routes:\n${routes.join("\n")}\n`;
}

function parseCase(text: string): Case {
  const [policies = 1, rules = 1, operations = 0] = text.split("x").map(Number);
  return { policies, rules, operations };
}

function cpuSeconds({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The processor time of all processors and processes since the machine started. */
function busySeconds(): number {
  const ticks = cpus().map(({ times: { user, nice, sys, irq } }) => user + nice + sys + irq);
  return ticks.reduce((sum, ms) => sum + ms, 0) / 1000;
}

function residentMegabytes({ pid }: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
