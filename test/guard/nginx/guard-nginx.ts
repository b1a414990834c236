import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { listCalls } from "../../../plugin/kong/calls/list-calls.ts";
import { EventRecord } from "../../../plugin/kong/facts/event-record.ts";
import { renderFacts } from "../../../plugin/kong/facts/facts-variable.ts";
import { createFactsReader } from "../../../plugin/kong/facts/read-facts.ts";
import { type PluginInstance, startPluginInstance } from "../../../plugin/kong/handler.ts";
import type { AbuseWatch } from "../../../plugin/observe/abuse/abuse-watch.ts";
import { createPolicyStore } from "../../../plugin/runtime/load/policy-store.ts";
import { createRuntime, type Runtime, type VerdictCaching } from "../../../plugin/runtime/runtime.ts";
import { findFreePorts } from "../../gateways/free-port.ts";
import { waitFor } from "../../gateways/gateway.ts";
import { startRecordingUpstream } from "../../gateways/recording-upstream.ts";
import { scriptedPdk } from "../../kong/contract/scripted-pdk.ts";
import { silentLog } from "../../logs.ts";
import { type Answer, sendRequest } from "../send-request.ts";

const NGINX = process.env.NGINX_BIN ?? "nginx";
const MODULES = ["/usr/lib/nginx/modules", "/usr/share/nginx/modules"];
const root = join(import.meta.dirname, "../../..");

/** Why the guard cannot run on nginx on this machine; undefined if it can run. */
export function findMissing(): string | undefined {
  try {
    execFileSync(NGINX, ["-v"], { stdio: "ignore" });
  } catch {
    return "no nginx: install nginx, libnginx-mod-http-lua and lua-cjson, or set NGINX_BIN";
  }
  if (findModules() === undefined) {
    return "nginx has no Lua module: install libnginx-mod-http-lua and lua-cjson";
  }
  return hasJson() ? undefined : "Lua has no cjson: install lua-cjson";
}

/** Debian's folder of libraries has the name of the architecture. */
function hasJson(): boolean {
  const folders = readdirSync("/usr/lib").map((name) => join("/usr/lib", name));
  return ["/usr/lib", "/usr/local/lib", ...folders].some((folder) => existsSync(join(folder, "lua/5.1/cjson.so")));
}

function findModules(): string | undefined {
  return MODULES.find((directory) => existsSync(join(directory, "ngx_http_lua_module.so")));
}

export interface GuardNginx {
  readonly workerPid: number;
  /** All that nginx has logged. */
  log(): string;
  /** The runtime of the plugin server. */
  readonly runtime: Runtime;
  /** Milliseconds since the epoch, for nginx and for the plugin server. */
  clockMs: number;
  /** How often the guard has asked the plugin server. */
  readonly asked: number;
  /** While false, the plugin server gives no answers. */
  isServing: boolean;
  /** Keeps back the answers of the plugin server until the returned function is called. */
  hold(): () => void;
  send(path: string, headers?: readonly string[]): Promise<Answer>;
  /** The headers of the request at the upstream; undefined if the request did not reach the upstream. */
  upstreamOf(answer: Answer): IncomingHttpHeaders | undefined;
  urlOf(answer: Answer): string | undefined;
  /** Starts the plugin server's process again. Its verdicts then belong to another process. */
  replaceServer(): void;
  stop(): Promise<void>;
}

export interface GuardNginxOptions {
  readonly policies: Readonly<Record<string, object>>;
  /** The key is the first segment of the path. */
  readonly routes: Readonly<
    Record<
      string,
      {
        /** Without policy and twin, jwt-policy does not run on the Route. */
        readonly policy?: string;
        readonly rule?: string;
        readonly isInFile?: boolean;
        readonly sequence?: number;
        /** The name of the Kong Route, if it is not the first segment of the path. */
        readonly routeName?: string;
        readonly tags?: readonly string[];
        /** Another Route with the same plugin, for example because the plugin is on the Service. */
        readonly twin?: string;
      }
    >
  >;
  readonly clockMs: number;
  readonly verdictCache?: VerdictCaching;
  /** Watches abuse, on the test's clock. */
  readonly createAbuse?: (monotonicMs: () => number) => AbuseWatch;
}

/**
 * Runs the real guard in nginx's worker, and the real handler of the plugin in this process. The test plays Kong's part
 * between the guard and the plugin.
 */
export async function startGuardNginx(options: GuardNginxOptions): Promise<GuardNginx> {
  const directory = mkdtempSync(join(tmpdir(), "guard-nginx-"));
  const upstream = await startRecordingUpstream();
  const state: ServerState = { clockMs: options.clockMs, asked: 0, isServing: true, released: Promise.resolve() };
  const server = new TestServer(directory, options, state);
  const [port = 0] = await findFreePorts();
  const url = `http://127.0.0.1:${port}`;
  writeFileSync(
    join(directory, "nginx.conf"),
    writeConfiguration({ directory, port, upstreamPort: upstream.port, serverPort: await server.listen(), options }),
  );
  const nginx = spawn(NGINX, ["-p", directory, "-c", join(directory, "nginx.conf")], { stdio: "inherit" });
  let count = 0;
  const send = (path: string, headers: readonly string[] = []): Promise<Answer> => {
    count += 1;
    const clock = (state.clockMs / 1_000).toFixed(3);
    return sendRequest(url, path, {
      headers: ["X-Test-Clock", clock, ...headers],
      id: `case-${count}`,
      timeoutMs: 60_000,
    });
  };
  await waitFor(() => send("/describe").catch(() => undefined));
  return {
    workerPid: Number(readFileSync(`/proc/${nginx.pid}/task/${nginx.pid}/children`, "utf8").trim()),
    log: () => readFileSync(join(directory, "error.log"), "utf8"),
    get runtime() {
      return server.runtime;
    },
    get clockMs() {
      return state.clockMs;
    },
    set clockMs(ms) {
      state.clockMs = ms;
    },
    get asked() {
      return state.asked;
    },
    get isServing() {
      return state.isServing;
    },
    set isServing(isServing) {
      state.isServing = isServing;
    },
    hold() {
      let release = (): void => {};
      state.released = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
    send,
    upstreamOf: ({ id }) => upstream.headersOf(id),
    urlOf: ({ id }) => upstream.urlOf(id),
    replaceServer: () => server.replace(),
    async stop() {
      await stopProcess(nginx);
      await server.stop();
      await upstream.stop();
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface ServerState {
  clockMs: number;
  asked: number;
  isServing: boolean;
  /** Until this function is called, the plugin server keeps its answers back. */
  released: Promise<void>;
}

/** The plugin server's handler behind a line of JSON for each request. */
class TestServer {
  runtime: Runtime;
  readonly #directory: string;
  readonly #options: GuardNginxOptions;
  readonly #state: ServerState;
  readonly #server: Server;
  #instances = new Map<string, PluginInstance>();

  constructor(directory: string, options: GuardNginxOptions, state: ServerState) {
    this.#directory = directory;
    this.#options = options;
    this.#state = state;
    this.runtime = this.#start();
    this.#server = createServer((socket) => {
      socket.on("error", () => {});
      createInterface(socket).on("line", async (line) => {
        state.asked += state.isServing ? 1 : 0;
        await state.released;
        socket.end(state.isServing ? `${JSON.stringify(await this.#answer(line))}\n` : "");
      });
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as { port: number }).port;
  }

  replace(): void {
    this.runtime.stop();
    this.#instances = new Map();
    this.runtime = this.#start();
  }

  async stop(): Promise<void> {
    this.runtime.stop();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #start(): Runtime {
    const { verdictCache = "guard" } = this.#options;
    const now = (): number => this.#state.clockMs;
    const { clockMs } = this.#options;
    return createRuntime({
      ...{
        policyRoot: this.#directory,
        compiler: createPolicyStore(this.#directory),
        policyPollMs: 600_000,
        verdictCache,
        now,
        log: silentLog,
      },
      abuse: this.#options.createAbuse?.(() => now() - clockMs),
    });
  }

  async #answer(line: string): Promise<unknown> {
    const { conf, facts, route } = JSON.parse(line);
    const name = `${conf.__plugin_id} ${conf.__seq__}`;
    const readFacts = createFactsReader(true, () => {});
    const instance = this.#instances.get(name) ?? startPluginInstance(JSON.stringify(conf), this.runtime, readFacts);
    this.#instances.set(name, instance);
    const { pdk } = scriptedPdk({ variables: { jwt_facts: facts }, route: { name: route.name, tags: route.tags } });
    const event = new EventRecord();
    const outcome = await instance.access(pdk, event);
    this.runtime.observe(outcome, event, 0);
    return listCalls(outcome, [], event.guard);
  }
}

interface Configuration {
  readonly directory: string;
  readonly port: number;
  readonly upstreamPort: number;
  readonly serverPort: number;
  readonly options: GuardNginxOptions;
}

function writeConfiguration({ directory, port, upstreamPort, serverPort, options }: Configuration): string {
  const modules = findModules();
  const routes = Object.fromEntries(
    Object.entries(options.routes).map(([path, route], index) => {
      const { policy, rule, isInFile, sequence = 1, routeName: name = path, tags = ["team-a"], twin } = route;
      if (policy === undefined) {
        return [path, { name, tags, twin }];
      }
      const id = `5d7f0a9e-0000-4000-8000-${String(index).padStart(12, "0")}`;
      const text = JSON.stringify(options.policies[policy]);
      const file = `${policy}.json`;
      if (isInFile) {
        writeFileSync(join(directory, file), text);
      }
      const place = isInFile ? { policy_file: file } : { policy: text };
      const conf = { __plugin_id: id, __seq__: sequence, ...place, ...(rule !== undefined && { rule }) };
      return [path, { name, tags, conf }];
    }),
  );
  writeFileSync(join(directory, "routes.json"), JSON.stringify(routes));
  const facts = renderFacts(["x-tenant-id", "cookie", "upgrade"]);
  const lua = `${join(import.meta.dirname, "?.lua")};${join(root, "plugin/guard/?.lua")};;`;
  return `
${modules === undefined ? "" : `load_module ${modules}/ndk_http_module.so; load_module ${modules}/ngx_http_lua_module.so;`}
daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log warn;
${process.getuid?.() === 0 ? "user root;" : ""}
events { worker_connections 256; }
http {
  access_log off; underscores_in_headers on; large_client_header_buffers 8 16k;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${directory}/${name};`).join(" ")}
  lua_package_path "${lua}";
  lua_code_cache on;
  init_worker_by_lua_block {
    local file = assert(io.open("${directory}/routes.json"))
    require("stub").init_worker(${serverPort}, file:read("*a"))
  }
  server {
    listen 127.0.0.1:${port};
    set_real_ip_from 127.0.0.1; real_ip_header X-Test-Client;
    set $kong_request_id $request_id;
    set $jwt_facts "${facts}";
    location = /fill { content_by_lua_block { require("stub").fill() } }
    location = /report { content_by_lua_block { require("stub").report() } }
    location = /describe { return 200; }
    location / {
      access_by_lua_block { require("stub").access() }
      proxy_pass http://127.0.0.1:${upstreamPort};
    }
  }
}
`;
}

async function stopProcess(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}
