// A real Kong with one worker for the benches. Also the processor time of the worker and of the plugin server.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AUDIENCE, ISSUER } from "./tokens.mjs";

const KONG = process.env.KONG_BIN ?? "kong";
const START_TRIES = 600;

/**
 * @param build a directory with a built clone.
 * @param guard whether Kong loads the guard.
 * @param port the port of the proxy.
 */
export async function startGateway({ build, guard, port, keys, upstreamUrl }) {
  const directory = mkdtempSync(join(tmpdir(), "jwt-policy-bench-"));
  const prefix = join(directory, "kong");
  const environment = writeConfiguration({ build, guard, port, keys, upstreamUrl, directory, prefix });
  const kong = (command) => execFileSync(KONG, [command], { env: environment, stdio: "pipe" });
  const stop = () => {
    kong("stop");
    rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  };
  kong("start");
  try {
    const url = `http://127.0.0.1:${port}`;
    await answers(`${url}/plain`);
    const worker = findWorker(Number(readFileSync(join(prefix, "pids/nginx.pid"), "utf8")));
    const isServer = (command) => command.includes("jwt-policy-server.mjs") && command.includes(prefix);
    return { url, worker, findServer: () => findProcess(isServer), stop };
  } catch (error) {
    stop();
    throw error;
  }
}

export function kongVersion() {
  return execFileSync(KONG, ["version"], { encoding: "utf8" }).trim();
}

/** Microseconds of processor time that the process has used, with all its threads. */
export function cpuMicros(pid) {
  const tasks = `/proc/${pid}/task`;
  const nanos = readdirSync(tasks).reduce((sum, task) => {
    const [onCpu = "0"] = readFileSync(`${tasks}/${task}/schedstat`, "utf8").split(" ");
    return sum + Number(onCpu);
  }, 0);
  return nanos / 1_000;
}

/** The bench uses nginx if the machine has it, because nginx uses the least processor time. */
export async function startUpstream(port) {
  const directory = mkdtempSync(join(tmpdir(), "jwt-policy-upstream-"));
  const url = `http://127.0.0.1:${port}`;
  const configuration = join(directory, "nginx.conf");
  const text = [
    `daemon off; pid ${directory}/pid; error_log stderr crit; worker_processes 1; events { worker_connections 1024; }`,
    `http { access_log off; keepalive_requests 1000000; server { listen 127.0.0.1:${port}; location / { return 200 ok; } } }`,
  ];
  writeFileSync(configuration, text.join("\n"));
  const child = spawn("nginx", ["-c", configuration, "-p", directory], { stdio: "ignore" });
  const hasFailed = await Promise.race([
    new Promise((fail) => child.once("error", () => fail(true))),
    answers(url).then(() => false),
  ]);
  if (!hasFailed) {
    const stop = () => {
      child.kill("SIGTERM");
      rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
    };
    return { name: "nginx", url, stop };
  }
  const server = createServer((_, response) => response.end("ok"));
  await new Promise((listening) => server.listen(port, "127.0.0.1", listening));
  return { name: "Node", url, stop: () => server.closeAllConnections() ?? server.close() };
}

export async function answers(url, headers = {}, status = 200) {
  for (let attempt = 0; attempt < START_TRIES; attempt += 1) {
    const answer = await fetch(url, { headers }).catch(() => undefined);
    if (answer?.status === status) {
      return;
    }
    await sleep(100);
  }
  throw new Error(`${url} never answered ${status}`);
}

function findWorker(master) {
  const found = findProcess(
    (command, status) => command.startsWith("nginx: worker") && status.includes(`\nPPid:\t${master}\n`),
  );
  if (found === undefined) {
    throw new Error("Kong has no worker");
  }
  return found;
}

function findProcess(isWanted) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return isWanted(command, readFileSync(`/proc/${pid}/status`, "utf8"));
      } catch {
        return false; // The process has ended.
      }
    });
}

function writeConfiguration({ build, guard, port, keys, upstreamUrl, directory, prefix }) {
  const issuer = {
    issuer: ISSUER,
    audiences: [AUDIENCE],
    algorithms: ["RS256", "ES256"],
    keys: { jwks: { keys: keys.map(({ jwk }) => jwk) } },
  };
  const policy = {
    jwt_policy: 1,
    name: "bench",
    issuers: { main: issuer },
    routes: {
      read: { required_scopes: ["things:read"] },
      "by-name": { required_scopes: ["things:read"] },
      operations: { operations: [{ methods: ["GET"], path: "/operations/{id}", required_scopes: ["things:read"] }] },
    },
    header_mappings: { "x-user-id": "sub", "x-client-id": "client_id", "x-scope": "scope" },
  };
  const identity = { ...policy, name: "identity", identity: { credential: "sub", groups: "groups" } };
  mkdirSync(join(directory, "policies"));
  writeFileSync(join(directory, "policies/bench.json"), JSON.stringify(policy));
  writeFileSync(join(directory, "policies/identity.json"), JSON.stringify(identity));
  const route = (name, plugins) => ({ name, paths: [`/${name}`], strip_path: false, plugins });
  const judged = (file, rule) => [{ name: "jwt-policy", config: { policy_file: file, ...(rule && { rule }) } }];
  const jwt = [{ name: "jwt", config: { key_claim_name: "iss", claims_to_verify: ["exp"] } }];
  const routes = [
    route("plain", []),
    route("jwt", jwt),
    route("read", judged("bench.json", "read")),
    route("by-name", judged("bench.json")),
    route("operations", judged("bench.json", "operations")),
    route("identity", judged("identity.json", "read")),
  ];
  const [rsa] = keys;
  const consumer = {
    username: "bench",
    jwt_secrets: [{ key: ISSUER, algorithm: "RS256", rsa_public_key: rsa.pem }],
  };
  const services = [{ name: "bench", url: upstreamUrl, routes }];
  const config = { _format_version: "3.0", services, consumers: [consumer] };
  writeFileSync(join(directory, "kong.json"), JSON.stringify(config));
  const cli = join(resolve(build), "dist/cli/main.js");
  const paths = ["--prefix", prefix, "--policy-root", join(directory, "policies"), ...(guard ? ["--guard"] : [])];
  const settings = execFileSync(process.execPath, [cli, "kong", "env", ...paths, "--format", "json"], {
    encoding: "utf8",
  });
  return {
    ...process.env,
    ...JSON.parse(settings),
    KONG_PREFIX: prefix,
    KONG_DATABASE: "off",
    KONG_DECLARATIVE_CONFIG: join(directory, "kong.json"),
    KONG_PROXY_LISTEN: `127.0.0.1:${port}`,
    KONG_PROXY_ACCESS_LOG: "off",
    KONG_ADMIN_LISTEN: "off",
    KONG_ADMIN_GUI_LISTEN: "off",
    KONG_STATUS_LISTEN: "off",
    KONG_ANONYMOUS_REPORTS: "off",
    KONG_NGINX_WORKER_PROCESSES: "1",
    ...(process.getuid?.() === 0 ? { KONG_NGINX_USER: "root root" } : {}),
  };
}
