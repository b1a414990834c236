import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { limitRate, parseRate } from "../../../cli/settings/limit-rate.ts";
import type { StageRequest } from "../costly/combine.ts";
import { generateBenchKeys, writeBenchPolicy } from "../costly/policy.ts";
import { loadSubject } from "../costly/subject.ts";
import type { Target } from "./exchange.ts";
import { BARE, createFloods, type Flood, mintGoodToken } from "./floods.ts";
import { type Gateway, startKongGateway, startSocketGateway } from "./gateways.ts";
import { measureCapacity, measureServed, type Served } from "./good-client.ts";
import { measureWorkerCost } from "./worker-cost.ts";

const USAGE = `npm run bench:overload -- [--seconds N] [--connections N] [--clone DIR] [--flood WORD] [--same-address]
                        [--good-addresses N] [--rate-per-client N] [--cost] [--plain] [--requests FILE]
                        [--setting NAME=VALUE]...

What a good client at half of the capacity gets while others flood the gateway: a Kong (KONG_BIN, or in PATH), else the
plugin server's socket.

  --seconds N          how long each flood lasts (5)
  --connections N      of each flood (100)
  --clone DIR          measures another clone, built
  --flood WORD         only floods with this word in their name
  --same-address       the good client has the flood's address
  --good-addresses N   the good client uses this many client addresses (1)
  --excess N           instead of the floods: N times the capacity, half of it without a token
  --cost               what a request of each flood costs Kong's worker, in processor time, instead
  --plain              with --cost: a Kong without jwt-policy
  --requests FILE      with --cost: the requests over HTTP/1.1 that \`npm run bench:costly -- --write FILE\` found, too
  --socket             the plugin server's socket, although there is a Kong
  --rate-per-client N  the option of \`kong-jwt-policy kong env\`; use it with --good-addresses, because it limits each address
  --setting NAME=VALUE one more setting of Kong, such as KONG_NGINX_PROXY_LIMIT_CONN="jwt_policy 50"`;

const FLOOD_ADDRESS = "127.0.0.2";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "100" },
    clone: { type: "string", default: "." },
    flood: { type: "string", default: "" },
    "same-address": { type: "boolean", default: false },
    "good-addresses": { type: "string", default: "1" },
    cost: { type: "boolean", default: false },
    plain: { type: "boolean", default: false },
    requests: { type: "string" },
    excess: { type: "string", default: "0" },
    socket: { type: "boolean", default: false },
    "rate-per-client": { type: "string" },
    setting: { type: "string", multiple: true, default: [] },
    help: { type: "boolean", default: false },
  },
});
const seconds = Number(values.seconds);
const connections = Number(values.connections);
const excess = Number(values.excess);
const goodAddresses = Number(values["good-addresses"]);
if (values.help || !(seconds > 0) || !(connections > 0) || !(goodAddresses > 0 && goodAddresses < 256)) {
  console.log(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else {
  await run();
}

async function run(): Promise<void> {
  const subject = await loadSubject(values.clone);
  const keys = generateBenchKeys();
  const policyText = writeBenchPolicy(keys);
  const kong = values.socket ? undefined : findKong();
  const rate = values["rate-per-client"];
  const settings = {
    ...(rate === undefined ? {} : limitRate(parseRate(rate))),
    ...Object.fromEntries(values.setting.map((text) => splitAt(text, "="))),
  };
  const gateway = await (kong === undefined
    ? startSocketGateway(subject, policyText)
    : startKongGateway(subject, policyText, kong, settings, values.plain));
  try {
    if (values.cost) {
      const found = values.requests === undefined ? [] : readFound(values.requests);
      await printCosts(gateway, [...createFloods(keys), ...found], mintGoodToken(keys.fast));
      return;
    }
    const others = Array.from({ length: goodAddresses }, (_, index) => `127.0.1.${index}`);
    const addresses = values["same-address"] ? [FLOOD_ADDRESS] : others;
    const good = gateway.target([{ token: mintGoodToken(keys.fast) }], addresses);
    await measureCapacity(good, 1);
    const capacity = await measureCapacity(good, 3);
    if (excess > 0) {
      console.log(
        `${gateway.name}; Node ${process.version}, ${cpus().length} processors; capacity ${capacity.toFixed(0)}/s`,
      );
      await printExcess(good, gateway.target([{}], [FLOOD_ADDRESS]), (excess * capacity) / 2);
      return;
    }
    const perSecond = capacity / 2;
    const quiet = await measureServed(good, perSecond, 3);
    console.log(
      `${gateway.name}; Node ${process.version}, ${cpus().length} processors; ${connections} connections of each flood`,
    );
    console.log(
      `Capacity ${capacity.toFixed(0)} requests/s; the good client sends ${perSecond.toFixed(0)}/s; quiet median ${quiet.medianMs.toFixed(1)} ms.\n`,
    );
    console.log(
      "| flood | requests/s of the flood, by status | good client's median, ms | times quiet | p99, ms | longest, ms | good, by status |",
    );
    console.log("|---|---|---|---|---|---|---|");
    for (const flood of createFloods(keys).filter(({ name }) => name.includes(values.flood))) {
      const stop = startFlood(gateway, flood);
      if (stop) {
        await measureServed(good, perSecond, 1); // Waits until the flood has its full rate.
        const served = await measureServed(good, perSecond, seconds);
        printRow(flood.name, await stop(), quiet, served);
      }
    }
  } finally {
    gateway.stop();
  }
}

/** @param rate the number of requests with a token, and the number of requests without a token, in each second. */
async function printExcess(good: Target, bare: Target, rate: number): Promise<void> {
  const [served, refused] = await Promise.all(
    [good, bare].map((target) => measureServed(target, rate, seconds, connections / 2)),
  );
  console.log(`${(2 * rate).toFixed(0)} requests/s for ${seconds} s, over ${connections} connections\n`);
  console.log(`with a token: ${describeCounts(served?.statuses)}`);
  console.log(
    `  served: median ${served?.medianMs.toFixed(0)} ms, longest ${served?.longestMs.toFixed(0)} ms, both with the wait for a connection`,
  );
  console.log(`  longest time from sending to the answer: ${served?.longestAnswerMs.toFixed(0)} ms`);
  console.log(`without a token: ${describeCounts(refused?.statuses)}`);
  if (refused?.statuses.has(200)) {
    throw new Error("a request without a token reached the upstream");
  }
}

/** In Kong's worker, a request waits for at most one request of each connection of a flood. */
async function printCosts(gateway: Gateway, floods: readonly Flood[], goodToken: string): Promise<void> {
  const worker = gateway.findWorker();
  if (worker === undefined) {
    throw new Error("--cost needs a Kong: set KONG_BIN or put kong into PATH");
  }
  console.log(`${gateway.name}; ${connections} connections of each flood\n`);
  const columns = ["request", "worker, µs", "as a multiple of no token", "by status", "queue of all connections, ms"];
  console.log(`| ${columns.join(" | ")} |\n|${"---|".repeat(columns.length)}`);
  let bareMicros = Number.NaN;
  for (const { name, requests } of [...floods, { name: "good", requests: [{ token: goodToken }] }]) {
    if (requests && name.includes(values.flood)) {
      const target = gateway.target(requests, [FLOOD_ADDRESS]);
      const { microseconds, statuses } = await measureWorkerCost(worker, target, connections, seconds);
      bareMicros = name === BARE ? microseconds : bareMicros;
      const multiple = (microseconds / bareMicros).toFixed(1);
      const queueMs = (microseconds * connections) / 1_000;
      console.log(
        `| ${name} | ${microseconds.toFixed(0)} | ${multiple} | ${describeCounts(statuses)} | ${queueMs.toFixed(0)} |`,
      );
    }
  }
}

/** The requests that the search for expensive inputs has found, as floods. */
function readFound(file: string): readonly Flood[] {
  const found = JSON.parse(readFileSync(file, "utf8")) as readonly StageRequest[];
  return found
    .filter(({ protocol }) => protocol === "HTTP/1.1")
    .map(({ name, request }) => ({ name, requests: [request] }));
}

/**
 * @returns a function that stops the flood and returns the counts; undefined if the flood is impossible on this
 * gateway.
 */
function startFlood(gateway: Gateway, { requests }: Flood): undefined | (() => Promise<Record<string, number>>) {
  if (!requests && gateway.http2Port === undefined) {
    return undefined;
  }
  const directory = mkdtempSync(join(tmpdir(), "flood-"));
  const plan = {
    connections: requests ? connections : 8,
    target: gateway.target(requests ?? [{}], [FLOOD_ADDRESS]),
    resets: requests ? undefined : { port: gateway.http2Port, from: FLOOD_ADDRESS, path: "/policy" },
  };
  writeFileSync(join(directory, "plan.json"), JSON.stringify(plan));
  const started = performance.now();
  const child = spawn(process.execPath, [join(import.meta.dirname, "flood.js"), join(directory, "plan.json")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  return async () => {
    child.kill("SIGTERM");
    await once(child, "close");
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    const lasted = (performance.now() - started) / 1000;
    const counts: Record<string, number> = JSON.parse(output || "{}");
    return Object.fromEntries(Object.entries(counts).map(([status, count]) => [status, count / lasted]));
  };
}

function printRow(name: string, flood: Record<string, number>, quiet: Served, served: Served): void {
  const cells = [
    name,
    describeCounts(Object.entries(flood)),
    served.medianMs.toFixed(1),
    (served.medianMs / quiet.medianMs).toFixed(1),
    served.p99Ms.toFixed(0),
    served.longestMs.toFixed(0),
    describeCounts(served.statuses),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}

/** Writes the number of requests with each status, such as `200: 31, 503: 4`. */
function describeCounts(counts: Iterable<readonly [status: number | string, count: number]> = []): string {
  return [...counts].map(([status, count]) => `${status}: ${count.toFixed(0)}`).join(", ");
}

function findKong(): string | undefined {
  if (process.env.KONG_BIN) {
    return process.env.KONG_BIN;
  }
  const places = (process.env.PATH ?? "").split(delimiter).map((directory) => join(directory, "kong"));
  return places.find((place) => existsSync(place));
}

function splitAt(text: string, separator: string): readonly [string, string] {
  const index = text.indexOf(separator);
  return [text.slice(0, index), text.slice(index + separator.length)];
}
