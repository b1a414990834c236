// `npm run bench`: requests per second, and processor time per request, on a Kong binary (KONG_BIN or PATH). All rows are measured in
// turn, several times. `--against DIR` measures the built clone DIR in the same run. BENCH_ROUNDS, BENCH_SECONDS and BENCH_FRESH (new tokens) set the length.
// Compare ratios: load, Kong, plugin server and upstream share the machine.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { answers, cpuMicros, kongVersion, startGateway, startUpstream } from "./gateway.mjs";
import { measureLibraries } from "./libraries.mjs";
import { generator, sendLoad } from "./load.mjs";
import { generateKey, mintTokens } from "./tokens.mjs";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 4);
const FIRST_PORT = Number(process.env.BENCH_PORT ?? 18_080);
const FRESH_PER_ROUND = Number(process.env.BENCH_FRESH ?? 30_000);

const { values } = parseArgs({ options: { against: { type: "string" }, only: { type: "string" } } });
const here = fileURLToPath(new URL("../../..", import.meta.url));
const builds =
  values.against === undefined
    ? [["", here]]
    : [
        ["before", values.against],
        ["now", here],
      ];
const [rsa, ecdsa] = [generateKey("RS256"), generateKey("ES256")];
const [one, many] = [mintTokens(rsa, 1), mintTokens(rsa, 3_000)];

const POLICY_ROWS = [
  { name: "one token", path: "/read", tokens: () => one },
  { name: "3,000 tokens one after another", path: "/read", tokens: () => many },
  { name: "rule found by the Route's name", path: "/by-name", tokens: () => one },
  { name: "rule with operations", path: "/operations/1", tokens: () => one },
  { name: "rule that sets Kong's Consumer", path: "/identity", tokens: () => one },
  { name: "ES256, every token new", path: "/read", tokens: () => mintTokens(ecdsa, FRESH_PER_ROUND), isOnce: true },
  {
    name: "ES256, every token new and of another caller",
    path: "/read",
    tokens: () => mintTokens(ecdsa, FRESH_PER_ROUND, FRESH_PER_ROUND),
    isOnce: true,
  },
  { name: "request rejected because it has no token", path: "/read", tokens: () => [], status: 401 },
];

const started = [];
try {
  await run();
} finally {
  for (const { stop } of started.toReversed()) {
    try {
      stop();
    } catch (error) {
      console.error(`not cleaned up: ${error.message}`); // The error that ended the bench counts.
    }
  }
}

async function run() {
  const upstream = await start(startUpstream(FIRST_PORT));
  console.log(`Kong ${kongVersion()}, Node ${process.version}, 1 worker, ${generator}, upstream ${upstream.name}\n`);
  const rows = await prepareRows(upstream.url);
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const row of rows) {
      if (round === 0) {
        await measure(row).catch(() => {}); // Warms up. A cold server on a busy machine may refuse some requests.
      } else {
        row.figures.push(await measure(row));
      }
    }
  }
  printTable(rows);
  if (values.only === undefined) {
    console.log(`\n${await measureLibraries({ rsa, ecdsa })}`);
  }
}

async function prepareRows(upstreamUrl) {
  const rows = [];
  for (const [index, [label, build]] of builds.entries()) {
    for (const guard of [false, true]) {
      const port = FIRST_PORT + 1 + index * 2 + Number(guard);
      const gateway = await start(startGateway({ build, guard, port, keys: [rsa, ecdsa], upstreamUrl }));
      await answers(`${gateway.url}/read`, { authorization: `Bearer ${one[0]}` });
      gateway.server = gateway.findServer();
      const add = (row, what) =>
        rows.push({
          status: 200,
          ...row,
          gateway,
          figures: [],
          name: [what, row.name, label].filter(Boolean).join(", "),
        });
      if (!guard && index === 0) {
        add({ name: "", path: "/plain", tokens: () => [] }, "plain proxy (Kong without plugins)");
        add({ name: "RS256", path: "/jwt", tokens: () => one }, "Kong's `jwt`");
      }
      for (const row of POLICY_ROWS) {
        add(row, guard ? "jwt-policy with the guard" : "jwt-policy");
      }
    }
  }
  return rows.filter(({ name }) => values.only === undefined || new RegExp(values.only).test(name));
}

async function start(starting) {
  const running = await starting;
  started.push(running);
  return running;
}

async function measure({ path, tokens, status, gateway, isOnce }) {
  const pids = [gateway.worker, gateway.server];
  const sent = tokens();
  const before = pids.map(cpuMicros);
  const { requests, perSecond } = await sendLoad({
    url: `${gateway.url}${path}`,
    tokens: sent,
    seconds: isOnce ? Math.min(SECONDS, 3) : SECONDS,
    status,
  });
  if (isOnce && requests > sent.length) {
    throw new Error(`${requests} requests, but only ${sent.length} new tokens`);
  }
  const [worker, server] = pids.map((pid, index) => (cpuMicros(pid) - before[index]) / requests);
  return { perSecond, worker, server };
}

function printTable(rows) {
  const plain = middle(rows[0].figures, "perSecond");
  const jwt = rows.find(({ path }) => path === "/jwt");
  console.log(
    "| plugin and token | requests/s | as a multiple of the plain proxy | as a multiple of Kong's `jwt` | Kong's worker, µs | plugin server, µs |\n|---|---|---|---|---|---|",
  );
  for (const { name, path, figures } of rows) {
    const rate = middle(figures, "perSecond");
    const times = jwt ? (rate / middle(jwt.figures, "perSecond")).toFixed(2) : "–";
    const server = path === "/plain" || path === "/jwt" ? "–" : middle(figures, "server").toFixed(0);
    const cells = [
      name,
      Math.round(rate),
      (rate / plain).toFixed(2),
      times,
      middle(figures, "worker").toFixed(0),
      server,
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

function middle(figures, name) {
  return figures.map((figure) => figure[name]).toSorted((a, b) => a - b)[Math.floor(figures.length / 2)];
}
