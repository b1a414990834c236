import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type SentRequest, startPluginServer } from "../costly/plugin-server.ts";
import type { Subject } from "../costly/subject.ts";
import { openExchange, type Target } from "./exchange.ts";
import { findWorker } from "./worker-cost.ts";

/** The gateway under test. There is no upstream, so the gateway causes all measured time. */
export interface Gateway {
  readonly name: string;
  /** @param from the addresses of the clients, at least one. */
  target(requests: readonly SentRequest[], from: readonly string[]): Target;
  /** The address for HTTP/2 without TLS; undefined if the gateway has no such address. */
  readonly http2Port: number | undefined;
  /** Kong's worker; undefined if the gateway is not a Kong. */
  findWorker(): number | undefined;
  stop(): void;
}

const PROXY_PORT = 18_090;
/** The target of a request that names no other target. */
const TARGET = "/policy";

/** The plugin server alone. The bench calls it over its socket, like a Kong worker. */
export async function startSocketGateway(subject: Subject, policyText: string): Promise<Gateway> {
  const server = await startPluginServer(subject, policyText, "open");
  return {
    name: "the plugin server's socket, without a gateway",
    target(requests, from) {
      const events = requests.map((request) => server.prepare({ ...request, client: from[0] ?? "" }));
      const call = events[0]?.call.toString("base64") ?? "";
      return {
        to: "plugin server",
        path: server.path,
        call,
        replies: events.map(({ reply }) => reply.toString("base64")),
      };
    },
    http2Port: undefined,
    findWorker: () => undefined,
    stop: server.stop,
  };
}

/**
 * Starts a Kong with one worker. Kong's plugin `request-termination` answers the requests that jwt-policy lets pass.
 *
 * @param isPlain leaves jwt-policy out, to show the cost of a request in Kong itself.
 */
export async function startKongGateway(
  subject: Subject,
  policyText: string,
  kong: string,
  moreSettings: Readonly<Record<string, string>>,
  isPlain = false,
): Promise<Gateway> {
  const directory = mkdtempSync(join(tmpdir(), "bench-overload-"));
  const environment = writeSettings(subject, policyText, directory, moreSettings, isPlain);
  const run = (command: string): string =>
    execFileSync(kong, [command], { env: environment, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const version = run("version").trim();
  run("start");
  const gateway: Gateway = {
    name: `Kong ${version}${isPlain ? " without jwt-policy" : ""}, one worker`,
    target: (requests, from) => ({ to: "http", port: PROXY_PORT, from, requests: requests.map(writeHttp) }),
    http2Port: PROXY_PORT,
    findWorker: () => findWorker(Number(readFileSync(join(directory, "kong/pids/nginx.pid"), "utf8"))),
    stop() {
      run("stop");
      rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }); // Kong may still write into the directory.
    },
  };
  await untilServing(gateway, isPlain ? 200 : 401);
  return gateway;
}

function writeSettings(
  { directory: clone }: Subject,
  policyText: string,
  directory: string,
  moreSettings: Readonly<Record<string, string>>,
  isPlain: boolean,
): NodeJS.ProcessEnv {
  const plugins = [
    ...(isPlain ? [] : [{ name: "jwt-policy", config: { policy_file: "bench.json", rule: "open" } }]),
    { name: "request-termination", config: { status_code: 200, message: "ok" } },
  ];
  const route = { name: "policy", paths: ["/"], plugins };
  const services = [{ name: "bench", url: "http://127.0.0.1:9", routes: [route] }];
  mkdirSync(join(directory, "policies"));
  writeFileSync(join(directory, "policies/bench.json"), policyText);
  writeFileSync(join(directory, "kong.json"), JSON.stringify({ _format_version: "3.0", services }));
  const prefix = join(directory, "kong");
  const paths = ["--prefix", prefix, "--policy-root", join(directory, "policies"), "--format", "json"];
  const settings = execFileSync(process.execPath, [join(clone, "dist/cli/main.js"), "kong", "env", ...paths], {
    encoding: "utf8",
  });
  return {
    ...process.env,
    ...JSON.parse(settings),
    KONG_PREFIX: prefix,
    KONG_DATABASE: "off",
    KONG_DECLARATIVE_CONFIG: join(directory, "kong.json"),
    KONG_PROXY_LISTEN: `127.0.0.1:${PROXY_PORT} http2 backlog=8192`,
    KONG_PROXY_ACCESS_LOG: "off",
    KONG_PROXY_ERROR_LOG: join(directory, "error.log"),
    KONG_ADMIN_LISTEN: "off",
    KONG_ADMIN_GUI_LISTEN: "off",
    KONG_STATUS_LISTEN: "off",
    KONG_ANONYMOUS_REPORTS: "off",
    KONG_NGINX_WORKER_PROCESSES: "1",
    ...(process.getuid?.() === 0 ? { KONG_NGINX_USER: "root root" } : {}),
    ...moreSettings,
  };
}

function writeHttp({ token, target = TARGET, requestLine, headers = {} }: SentRequest): string {
  const fields = { host: "bench", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers };
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    // nginx accepts lines of up to 8 kB, and joins several lines of cookies.
    (value.match(/.{1,8000}/gs) ?? [""]).map((part) => `${name}: ${part}\r\n`),
  );
  return `${requestLine ?? `GET ${target} HTTP/1.1`}\r\n${lines.join("")}\r\n`;
}

async function untilServing(gateway: Gateway, status: number): Promise<void> {
  const exchange = openExchange(gateway.target([{}], ["127.0.0.1"]));
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if ((await exchange.send()) === status) {
      exchange.close();
      return;
    }
    await sleep(100);
  }
  throw new Error(`the gateway never answered a request without a token with ${status}`);
}
