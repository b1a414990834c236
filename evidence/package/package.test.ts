import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { VERSION } from "../../plugin/kong/contract/plugin-identity.ts";
import { CONFIG_FIELDS } from "../../plugin/kong/schema/config-schema.ts";
import { StringMessage } from "../../plugin/server/protocol/messages.ts";
import { renderDump } from "../../plugin/server/settings/dump.ts";
import { connectWorker, playEvent } from "../../test/server/protocol/raw-worker.ts";
import {
  createPlace,
  OPEN_CONFIG,
  type RunningProcess,
  runNode,
  type ServerPlace,
} from "../../test/server/server-process.ts";
import { ENVIRONMENT, type InstalledPackage, installPackage } from "./install-package.ts";

const ROOT = join(import.meta.dirname, "../..");
const SERVER = "dist/jwt-policy-server.mjs";
const STOCK_SERVER = createRequire(import.meta.url).resolve("kong-pdk/bin/kong-js-pluginserver");
const SLOW_MS = 60_000;

const installed = await installPackage();

if ("missing" in installed) {
  it("the packed package, installed into an empty folder", (context) => {
    expect(process.env.CI, installed.missing).toBeUndefined();
    context.skip(installed.missing);
  });
} else {
  afterAll(installed.remove);
  describe("the tarball", () => describeTarball(installed));
  describe("the package, installed into an empty folder", { timeout: SLOW_MS }, () => {
    describeCommand(installed);
    describeModule(installed);
  });
  describe("the plugin server's one file, alone in a folder", { timeout: SLOW_MS }, () => describeOneFile(installed));
}

/** Ends of paths below a folder of this clone. The package names files by these ends. */
const OF_PROM_CLIENT = ["@opentelemetry/api", "bintrees", "tdigest"];

function list(folder: string, ending: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(folder, path));
}

/** The example API needs an OpenID provider, so it is for the clone only. */
function isInPackage(path: string): boolean {
  return path.split("/").length > 3 && (!path.startsWith("dist/sandbox/demo/") || path.endsWith("/echo-upstream.js"));
}

/** The script of the web view is a part of the generated page. */
function isCompiled(path: string): boolean {
  return !path.startsWith("plugin/server/view/browser/");
}

function describeTarball({ root, files }: InstalledPackage): void {
  it("contains the compiled code, the server's file, the guard, the schema, the rules for decK and the documents, and no other file", () => {
    const built = (folder: string, endings: readonly string[]): string[] =>
      list(folder, ".ts")
        .filter(isCompiled)
        .flatMap((path) => endings.map((ending) => `dist/${path.slice(0, -".ts".length)}${ending}`));
    const guard = "plugin/guard/kong/plugins/jwt-policy-guard";
    expect(files).toEqual(
      [
        ...["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "package.json"],
        ...["docs/README.md", ...list("docs/guides", ".md"), ...list("docs/reference", ".md")],
        ...["dist/jwt-policy-launcher.mjs", SERVER, "dist/jwt-policy-server.licenses.txt"],
        ...built("cli", [".js"]),
        ...built("offline", [".js"]),
        ...built("plugin", [".js", ".d.ts"]),
        ...built("schema/generated", [".js", ".d.ts"]),
        ...built("sandbox", [".js"]).filter(isInPackage),
        ...["facts.lua", "handler.lua", "schema.lua", "trace.lua", "verdicts.lua"].map((file) => `${guard}/${file}`),
        ...["deploy/deck/ruleset.yaml", "plugin/stock/jwt-policy.cjs", "schema/abuse.schema.json"],
        ...["schema/decision-log.schema.json", "schema/fetch-settings.schema.json"],
        ...["schema/policy-test.schema.json", "schema/policy.schema.json"],
      ].sort(),
    );
  });

  it("contains nothing about the machine that made it, and names no source map", () => {
    const texts = files.map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
    const telling = texts.filter(({ text }) => text.includes(ROOT) || text.includes("sourceMappingURL"));
    expect(telling.map(({ path }) => path)).toEqual([]);
  });

  it("brings the licence of each package that is in the one file, in the versions that npm installs beside it", () => {
    const text = readFileSync(join(root, "dist/jwt-policy-server.licenses.txt"), "utf8");
    const bundled = new Map([...text.matchAll(/^=+\n(\S+) (\S+) \(/gm)].map(([, name, version]) => [name, version]));
    expect([...bundled.keys()]).toEqual([
      ...["@opentelemetry/api", "ajv", "bintrees", "content-type", "fast-deep-equal", "jose", "js-yaml", "long"],
      ...["negotiator", "prom-client", "protobufjs", "tdigest", "yaml"],
    ]);
    const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    // Packages that only our libraries need, in a range of versions. The libraries are protobufjs, negotiator, ajv and
    // prom-client.
    const indirect = ["long", "content-type", "fast-deep-equal", ...OF_PROM_CLIENT];
    const direct = [...bundled].filter(([name = ""]) => !indirect.includes(name));
    expect(dependencies).toMatchObject(Object.fromEntries(direct));
  });
}

function describeCommand({ directory, root, files }: InstalledPackage): void {
  const run = (program: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: directory, env: ENVIRONMENT, encoding: "utf8" });
    return { status, stdout, stderr };
  };
  /** The command that npx runs, without the seconds for npx. */
  const bin = (name: string): string => join(directory, "node_modules/.bin", name);
  /** The settings that `kong env` prints on this machine. */
  const askSettings = (...more: string[]): Record<string, string> => {
    mkdirSync(join(directory, "policies"), { recursive: true });
    const kongEnv = ["kong", "env", "--kong-version", "3.9.1", "--prefix", directory, "--format", "json"];
    return JSON.parse(run(bin("kong-jwt-policy"), ...kongEnv, ...more).stdout);
  };

  it("installs its dependencies, direct and indirect, and no development dependencies", () => {
    const lock = JSON.parse(readFileSync(join(directory, "node_modules/.package-lock.json"), "utf8"));
    const names = Object.keys(lock.packages).map((path) => path.replace("node_modules/", ""));
    const direct = [
      "ajv",
      "commander",
      "jose",
      "js-yaml",
      "negotiator",
      "picocolors",
      "prom-client",
      "protobufjs",
      "yaml",
    ];
    const ofAjv = ["fast-deep-equal", "fast-uri", "json-schema-traverse", "require-from-string"];
    const ofOthers = [...ofAjv, ...OF_PROM_CLIENT, "argparse", "content-type", "long"];
    expect(names.sort()).toEqual([...direct, ...ofOthers, "kong-jwt-policy"].sort());
  });

  it("answers `npx --no-install kong-jwt-policy --version`", () => {
    expect(run("npx", "--no-install", "kong-jwt-policy", "--version")).toMatchObject({
      status: 0,
      stdout: `${VERSION}\n`,
    });
  });

  it("serves the user's own API, with tokens that satisfy its rules", () => {
    const plugin = { name: "jwt-policy", config: { policy_file: "p.yaml" } };
    mkdirSync(join(directory, "own/policies"), { recursive: true });
    writeFileSync(
      join(directory, "own/kong.yml"),
      JSON.stringify({
        _format_version: "3.0",
        services: [
          { name: "s", url: "http://s.test", routes: [{ name: "r", paths: ["~/r/\\d+$"], plugins: [plugin] }] },
        ],
      }),
    );
    writeFileSync(
      join(directory, "own/policies/p.yaml"),
      `jwt_policy: 1
name: p
issuers: { acme: { issuer: "https://idp.example.com", audiences: [a] } }
defaults: { accept: [acme] }
routes: { r: { required_scopes: [s] } }
`,
    );
    const options = ["--config", "own/kong.yml", "--policy-root", "own/policies", "--keys", "own/keys"];
    const { status, stdout, stderr } = run(
      bin("kong-jwt-policy"),
      "sandbox",
      ...options,
      "--stand-in",
      "acme",
      "--proxy-port",
      "0",
      "--check",
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("all 3 as expected");
    const mint = ["mint", "own/policies/p.yaml", "--rule", "r", "--keys", "own/keys"];
    expect(run(bin("kong-jwt-policy"), ...mint).stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  });

  it("accepts a good policy, and finds the mistakes of a broken policy", () => {
    const validate = (path: string) => run(bin("kong-jwt-policy"), "validate", join(ROOT, path));
    expect(validate("policies/payments.yaml")).toMatchObject({ status: 0, stderr: "" });
    const { status, stdout } = validate("test/readme/broken.yaml");
    expect([status, stdout]).toEqual([1, expect.stringContaining("1 file, 3 mistakes")]);
  });

  it.each([
    ["our own server", []],
    ["the guard", ["--guard"]],
    ["the stock server", ["--stock", STOCK_SERVER]],
  ])("names only existing paths in Kong's settings for %s", (_, more) => {
    const { KONG_PLUGINSERVER_JWT_POLICY_SOCKET: socket, ...settings } = askSettings(...more);
    const paths = Object.values(settings)
      .flatMap((value) => value.match(/(?<![\w./-])\/[\w./@-]+/g) ?? [])
      .filter((path) => path !== socket && !path.endsWith("/jwt-policy-keys")) // The server makes the socket and the directory of keys.
      .map((path) => path.replace(/\/$/, ""));
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
    // The paths must be in the installed package, and not in the clone from which the package was made.
    const own = paths.filter((path) => path.startsWith(root)).map((path) => relative(root, path));
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter((path) => !files.some((file) => file.startsWith(path)))).toEqual([]);
    expect(paths.filter((path) => path.startsWith(ROOT) && !path.includes("node_modules"))).toEqual([]);
  });

  it("has a server that Kong can query and start with these settings", async () => {
    const settings = askSettings();
    const query = execFileSync("/bin/sh", ["-c", `${settings.KONG_PLUGINSERVER_JWT_POLICY_QUERY_CMD}`], { env: {} });
    expect(query.toString()).toBe(`${renderDump()}\n`);
    expect(settings.KONG_PLUGINSERVER_JWT_POLICY_START_CMD).toContain(
      ` ${join(root, "dist/jwt-policy-launcher.mjs")} --parent $PPID `,
    );
  });

  it("also has the server as a command", () => {
    expect(run(bin("kong-jwt-policy-server"), "--dump")).toMatchObject({ status: 0, stdout: `${renderDump()}\n` });
  });
}

function describeModule({ directory, root }: InstalledPackage): void {
  it("exports the plugin module, the schema of policies and package.json, and nothing else", async () => {
    const require = createRequire(join(directory, "consumer.cjs"));
    const module = await import(pathToFileURL(require.resolve("kong-jwt-policy")).href);
    expect(Object.keys(module).sort()).toEqual(["Plugin", "Priority", "Schema", "Version"]);
    expect(module.Schema).toEqual(CONFIG_FIELDS);
    expect(require("kong-jwt-policy/policy.schema.json").$schema).toContain("draft-07");
    expect(require("kong-jwt-policy/package.json").version).toBe(VERSION);
    expect(() => require.resolve("kong-jwt-policy/dist/plugin/server/main.js")).toThrow("not defined by");
  });

  it("loads in kong-pdk's server", () => {
    const args = [STOCK_SERVER, "--plugins-directory", join(root, "plugin/stock"), "--dump-all-plugins"];
    const dump = execFileSync(process.execPath, args, {
      env: { TS_NODE_SKIP_PROJECT: "true", TS_NODE_COMPILER: createRequire(STOCK_SERVER).resolve("typescript") },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    expect(JSON.parse(dump)).toMatchObject([{ Name: "jwt-policy", Version: VERSION, Phases: ["access"] }]);
  });

  it.each([
    ["node16", "node16"],
    ["esnext", "bundler"],
  ])("has types for TypeScript with module %s and moduleResolution %s, without Node's", (module, moduleResolution) => {
    const project = join(directory, `types-${moduleResolution}`);
    mkdirSync(project);
    const compilerOptions = { module, moduleResolution, strict: true, noEmit: true, types: [], target: "es2023" };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.mts"] }));
    writeFileSync(
      join(project, "consumer.mts"),
      `import { Plugin, Priority, Schema, Version } from "kong-jwt-policy";
       const plugin: { access(kong: never): Promise<void> } = new Plugin({ policy_file: "shop.yaml" });
       const names: readonly string[] = Schema.flatMap((field) => Object.keys(field));
       const identity: readonly [string, number] = [Version, Priority];
       export const all = [plugin, names, identity];
       // @ts-expect-error a configuration is an object
       new Plugin("shop.yaml");\n`,
    );
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", project], { encoding: "utf8" });
    expect([status, stdout]).toEqual([0, ""]);
  });
}

function describeOneFile({ root }: InstalledPackage): void {
  /** A folder outside of any package. It contains only the one file. */
  const setUp = (): { place: ServerPlace; file: string } => {
    const place = createPlace();
    const file = join(place.directory, "jwt-policy-server.mjs");
    cpSync(join(root, SERVER), file);
    return { place, file };
  };
  const start = async ({ place, file }: ReturnType<typeof setUp>, flags: string[] = []): Promise<RunningProcess> => {
    const server = runNode([...flags, file, "--socket", place.socket, "--policy-root", place.policyRoot]);
    await server.waitForOutput("listens on");
    return server;
  };

  it("prints the dump of the sources", async () => {
    const server = runNode([setUp().file, "--dump"]);
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect([server.stdout(), server.stderr()]).toEqual([`${renderDump()}\n`, ""]);
  });

  it("answers over its socket, and says nothing on standard error", async () => {
    const set = setUp();
    const server = await start(set);
    const worker = await connectWorker(set.place.socket);
    const { instanceStatus } = await worker.start(OPEN_CONFIG);
    const noHeaders = {
      "kong.request.get_headers": new Uint8Array(),
      "kong.nginx.get_var": StringMessage.encode({ v: "GET / HTTP/1.1" }),
    };
    expect(await playEvent(worker, instanceStatus?.instanceId ?? 0, noHeaders)).toMatchObject({ ended: "proxied" });
    worker.socket.destroy();
    expect(server.stderr()).toBe("");
  });

  it("contains the watchdog, which ends the process when the event loop is blocked", async () => {
    const set = setUp();
    const block = join(set.place.directory, "block.mjs");
    // The watchdog's thread loads the same preload, and must not be blocked.
    writeFileSync(
      block,
      `import { existsSync } from "node:fs";
       import { isMainThread } from "node:worker_threads";
       const wait = () => { if (existsSync(${JSON.stringify(join(set.place.directory, "now"))})) for (;;); };
       if (isMainThread) setInterval(wait, 20).unref();\n`,
    );
    const server = await start(set, ["--import", block]);
    writeFileSync(join(set.place.directory, "now"), "");
    expect(await server.ended).toEqual({ code: null, signal: "SIGKILL" });
    expect(server.stderr()).toContain("watchdog: the event loop was blocked for 3000 ms");
  });
}
