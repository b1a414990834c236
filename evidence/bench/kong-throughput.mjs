// `npm run bench`: requests per second on a Kong binary (KONG_BIN or PATH), for the plain proxy, Kong's own `jwt` plugin and
// jwt-policy, interleaved over several rounds. Compare ratios: load, Kong, plugin server and upstream share the machine.
import { execFileSync } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";

const KONG = process.env.KONG_BIN ?? "kong";
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 5);
const CONNECTIONS = 32;
const PROXY_PORT = 18_080;
const ISSUER = "https://idp.example";
const CLI = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

const directory = mkdtempSync(join(tmpdir(), "jwt-policy-bench-"));
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const upstream = createServer((_, response) => response.end("ok"));
await new Promise((resolve) => upstream.listen(0, "127.0.0.1", resolve));

const environment = writeConfiguration();
const kong = (command) => execFileSync(KONG, [command], { env: environment, stdio: "pipe" });

try {
  console.log(
    `Kong ${execFileSync(KONG, ["version"], { encoding: "utf8" }).trim()}, Node ${process.version}, 1 worker`,
  );
  kong("start");
  await runRounds();
} finally {
  kong("stop");
  upstream.closeAllConnections();
  upstream.close();
  rmSync(directory, { recursive: true, force: true });
}

async function runRounds() {
  const targets = {
    "plain proxy": { path: "/plain", nextToken: () => "" },
    "Kong's jwt, RS256": { path: "/jwt", nextToken: cycle(mintTokens(1)) },
    "jwt-policy, RS256, one token": { path: "/policy", nextToken: cycle(mintTokens(1)) },
    "jwt-policy, RS256, 20,000 in turn": { path: "/policy", nextToken: cycle(mintTokens(20_000)) },
    "jwt-policy, refused (no token)": { path: "/policy", nextToken: () => "", status: 401 },
  };
  await untilServing("/policy", targets["jwt-policy, RS256, one token"].nextToken());
  const figures = Object.fromEntries(Object.keys(targets).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, target] of Object.entries(targets)) {
      const rate = await measure(target);
      if (round > 0) {
        figures[name].push(rate); // The first round warms up.
      }
    }
  }
  const plain = median(figures["plain proxy"]);
  for (const [name, rates] of Object.entries(figures)) {
    const rate = median(rates);
    const range = `${Math.round(Math.min(...rates))} to ${Math.round(Math.max(...rates))}`;
    console.log(
      `${name.padEnd(36)} ${String(Math.round(rate)).padStart(7)} req/s  ${(rate / plain).toFixed(2)}  (${range})`,
    );
  }
}

async function measure({ path, nextToken, status = 200 }) {
  const result = await autocannon({
    url: `http://127.0.0.1:${PROXY_PORT}${path}`,
    connections: CONNECTIONS,
    duration: SECONDS,
    setupClient: (client) => {
      client.on("response", () => client.setHeaders(headersFor(nextToken())));
      client.setHeaders(headersFor(nextToken()));
    },
  });
  const wrong = Object.entries(result.statusCodeStats).filter(([code]) => code !== String(status));
  if (wrong.length > 0 || result.errors > 0) {
    throw new Error(
      `${path}: expected ${status} only, got ${JSON.stringify(result.statusCodeStats)}, ${result.errors} errors`,
    );
  }
  return result.requests.total / result.duration;
}

function writeConfiguration() {
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "bench" };
  const url = `http://127.0.0.1:${upstream.address().port}`;
  const route = (name, plugins) => ({ name, paths: [`/${name}`], plugins });
  const config = {
    _format_version: "3.0",
    services: [
      {
        name: "bench",
        url,
        routes: [
          route("plain", []),
          route("jwt", [{ name: "jwt", config: { key_claim_name: "iss", claims_to_verify: ["exp"] } }]),
          route("policy", [{ name: "jwt-policy", config: { policy_file: "bench.json", rule: "read" } }]),
        ],
      },
    ],
    consumers: [
      {
        username: "bench",
        jwt_secrets: [
          { key: ISSUER, algorithm: "RS256", rsa_public_key: publicKey.export({ type: "spki", format: "pem" }) },
        ],
      },
    ],
  };
  const policy = {
    jwt_policy: 1,
    name: "bench",
    issuers: { main: { issuer: ISSUER, audiences: ["bench"], keys: { jwks: { keys: [jwk] } } } },
    routes: { read: { required_scopes: ["things:read"] } },
    header_mappings: { "x-user-id": "sub", "x-client-id": "client_id", "x-scope": "scope" },
  };
  mkdirSync(join(directory, "policies"));
  writeFileSync(join(directory, "policies/bench.json"), JSON.stringify(policy));
  writeFileSync(join(directory, "kong.json"), JSON.stringify(config));
  const prefix = join(directory, "kong");
  const paths = ["--prefix", prefix, "--policy-root", join(directory, "policies")];
  const settings = execFileSync(process.execPath, [CLI, "kong", "env", ...paths, "--format", "json"], {
    encoding: "utf8",
  });
  return {
    ...process.env,
    ...JSON.parse(settings),
    KONG_PREFIX: prefix,
    KONG_DATABASE: "off",
    KONG_DECLARATIVE_CONFIG: join(directory, "kong.json"),
    KONG_PROXY_LISTEN: `127.0.0.1:${PROXY_PORT}`,
    KONG_PROXY_ACCESS_LOG: "off",
    KONG_ADMIN_LISTEN: "off",
    KONG_ADMIN_GUI_LISTEN: "off",
    KONG_STATUS_LISTEN: "off",
    KONG_ANONYMOUS_REPORTS: "off",
    KONG_NGINX_WORKER_PROCESSES: "1",
    ...(process.getuid?.() === 0 ? { KONG_NGINX_USER: "root root" } : {}),
  };
}

function mintTokens(count) {
  const now = Math.floor(Date.now() / 1000);
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return Array.from({ length: count }, (_, index) => {
    const claims = { iss: ISSUER, aud: "bench", sub: "user-1", client_id: "app", scope: "things:read things:write" };
    const times = { iat: now, exp: now + 36_000, jti: String(index) };
    const input = `${encode({ alg: "RS256", typ: "at+jwt", kid: "bench" })}.${encode({ ...claims, ...times })}`;
    return `${input}.${sign("sha256", Buffer.from(input), privateKey).toString("base64url")}`;
  });
}

function cycle(items) {
  let next = 0;
  return () => items[next++ % items.length];
}

function headersFor(token) {
  return token === "" ? {} : { authorization: `Bearer ${token}` };
}

async function untilServing(path, token) {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const { status } = await fetch(`http://127.0.0.1:${PROXY_PORT}${path}`, { headers: headersFor(token) });
    if (status === 200) {
      return;
    }
    await sleep(100);
  }
  throw new Error(`${path} never answered 200`);
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
