import { execFileSync } from "node:child_process";

import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DEADLINE_MS } from "../../plugin/kong/handler.ts";
import { runCli } from "./run-cli.ts";

const NODE = process.execPath;
const DIST = join(import.meta.dirname, "../../dist");
const directory = mkdtempSync(join(tmpdir(), "jwt policy'"));
afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));

describe("kong-jwt-policy kong env", () => {
  const args = "kong env --kong-version 3.9.1 --prefix /kong --node /opt/node --policy-root /p".split(" ");
  const readSettings = (...more: readonly string[]) =>
    JSON.parse(runCli([...args, "--format", "json", ...more]).stdout);
  const expectUsageError = (words: string, more: readonly string[], environment = {}): void =>
    expect(runCli([...args, ...more], environment)).toEqual({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining(words),
    });

  it.runIf(process.getuid?.() === 0)("says what to do if Kong's workers cannot create the socket", () => {
    const { status, stderr } = runCli([...args, "--prefix", directory], { KONG_NGINX_USER: "nobody nogroup" });
    expect(status).toBe(0);
    expect(stderr).toContain(`note: on this machine ${directory} belongs to user 0 with mode 700`);
    expect(stderr).toContain("Kong's workers run as nobody");
    expect(runCli([...args, "--prefix", directory], { KONG_NGINX_USER: "root root" }).stderr).not.toContain("note: ");
    expect(runCli([...args, "--dump-file", "/dump.json"], { KONG_NGINX_USER: "nobody" }).stderr).toBe("");
  });

  it("warns of each path that is not on this machine, and still prints the settings", () => {
    const { status, stdout, stderr } = runCli([...args, "--guard", "/no-guard"]);
    expect([status, stdout]).toEqual([0, expect.stringContaining("KONG_PLUGINS")]);
    for (const [option, path] of [
      ["--policy-root", "/p"],
      ["--node", "/opt/node"],
      ["--guard", "/no-guard/kong/plugins/jwt-policy-guard/handler.lua"],
    ]) {
      expect(stderr).toContain(`warning: on this machine there is no ${path}, which ${option} needs.`);
    }
    expect(runCli([...args, "--node", NODE, "--policy-root", directory]).stderr).not.toContain("warning: ");
  });

  it("prints absolute commands that need no environment, and the facts variable", () => {
    const { status, stdout } = runCli([...args, "--format", "json"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      KONG_PLUGINS: "bundled,jwt-policy",
      KONG_PLUGINSERVER_NAMES: "jwt-policy",
      KONG_PLUGINSERVER_JWT_POLICY_SOCKET: "/kong/jwt-policy.socket",
      KONG_PLUGINSERVER_JWT_POLICY_START_CMD: `/usr/bin/env NODE_ENV=production /opt/node ${DIST}/jwt-policy-launcher.mjs --parent $PPID --socket /kong/jwt-policy.socket --policy-root /p --state-dir /kong/jwt-policy-keys --facts-variable`,
      KONG_PLUGINSERVER_JWT_POLICY_QUERY_CMD: `/usr/bin/env NODE_ENV=production /opt/node ${DIST}/jwt-policy-server.mjs --dump --socket /kong/jwt-policy.socket --policy-root /p`,
      KONG_NGINX_PROXY_SET:
        '$jwt_facts "3 connection authorization x-forwarded-proto origin access-control-request-method accept content-type\\n$request\\n$scheme $realip_remote_addr $remote_addr\\n$http_connection\\n$http_authorization\\n$http_x_forwarded_proto\\n$http_origin\\n$http_access_control_request_method\\n$http_accept\\n$http_content_type\\n$kong_request_id"',
      KONG_NGINX_PROXY_LUA_SOCKET_READ_TIMEOUT: "7s",
    });
  });

  describe("--no-env", () => {
    it("has Kong start Node directly, and changes nothing else", () => {
      const { status, stdout } = runCli([...args, "--format", "json", "--no-env"]);
      const plain: Record<string, string> = readSettings();
      const expected = Object.entries(plain).map(([name, value]) => [
        name,
        value.replace("/usr/bin/env NODE_ENV=production /opt/node", "/opt/node"),
      ]);
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toEqual(Object.fromEntries(expected));
      expect(stdout).not.toContain("/usr/bin/env");
    });

    it("prints a command that Kong's shell can run without PATH and environment", () => {
      const { stdout } = runCli([...args, "--format", "json", "--no-env", "--prefix", directory, "--node", NODE]);
      const query: string = JSON.parse(stdout).KONG_PLUGINSERVER_JWT_POLICY_QUERY_CMD;
      const dump = execFileSync("/bin/sh", ["-c", `exec ${query}`], { env: {}, encoding: "utf8" });
      expect(JSON.parse(dump)).toHaveProperty("Protocol", "ProtoBuf:1");
    });

    it("refuses if a variable is set that the plugin server would not get", () => {
      expectUsageError(
        "NODE_EXTRA_CA_CERTS is set here, but with --no-env the settings cannot pass it on",
        ["--no-env"],
        {
          NODE_EXTRA_CA_CERTS: "/ca.pem",
        },
      );
    });

    it("cannot be combined with kong-pdk's server, which gets its settings as variables", () => {
      expectUsageError("'--no-env' cannot be used with option '--stock <path>'", ["--no-env", "--stock", "/stock"]);
    });
  });

  it("makes nginx delay and then reject the requests of one address with --rate-per-client, before any plugin runs", () => {
    const { KONG_NGINX_HTTP_LIMIT_REQ_ZONE: zone, ...others } = readSettings("--rate-per-client", "200");
    expect(zone).toBe("$binary_remote_addr zone=jwt_policy_clients:10m rate=200r/s");
    expect(others).toEqual({
      ...readSettings(),
      KONG_NGINX_PROXY_LIMIT_REQ: "zone=jwt_policy_clients burst=1000",
      KONG_NGINX_PROXY_LIMIT_REQ_STATUS: "429",
      KONG_NGINX_PROXY_LIMIT_REQ_LOG_LEVEL: "info",
    });
    expect(readSettings("--rate-per-client", "1")).toMatchObject({
      KONG_NGINX_HTTP_LIMIT_REQ_ZONE: expect.stringMatching(/ rate=1r\/s$/),
      KONG_NGINX_PROXY_LIMIT_REQ: "zone=jwt_policy_clients burst=5",
    });
    expect(readSettings("--rate-per-client", "100000").KONG_NGINX_PROXY_LIMIT_REQ).toMatch(/ burst=500000$/);
  });

  it.each(["0", "-1", "1.5", "1e3", "100001", "ten", "", " 1"])("refuses a --rate-per-client of %j", (rate) => {
    expectUsageError("must be a whole number of requests a second, from 1 to 100000", [`--rate-per-client=${rate}`]);
  });

  it.each(["127.0.0.1:8008", "[::1]:8008"])("makes the server answer probes on %s with the option", (address) => {
    const { stdout } = runCli([...args, "--format", "json", "--status-listen", address]);
    const settings = JSON.parse(stdout);
    // Kong starts the command through a shell, and the shell reads brackets as a pattern.
    const start = execFileSync("/bin/sh", ["-c", `printf '%s\\n' ${settings.KONG_PLUGINSERVER_JWT_POLICY_START_CMD}`]);
    expect(start.toString().trimEnd().split("\n").slice(-3)).toEqual(["--facts-variable", "--status-listen", address]);
    expect(settings.KONG_PLUGINSERVER_JWT_POLICY_QUERY_CMD).not.toContain("--status-listen");
  });

  it("keeps keys over restarts below the prefix, in another directory, or nowhere", () => {
    const start = (...words: readonly string[]): string =>
      readSettings(...words).KONG_PLUGINSERVER_JWT_POLICY_START_CMD;
    expect(start()).toContain(" --state-dir /kong/jwt-policy-keys ");
    expect(start("--state-dir", "/var/lib/keys")).toContain(" --state-dir /var/lib/keys ");
    expect(start("--no-state-dir")).not.toContain("--state-dir");
  });

  describe("--header", () => {
    /** Returns the names that come after the usual names. */
    const namesOf = (...words: readonly string[]): readonly string[] => {
      const { KONG_NGINX_PROXY_SET } = readSettings(...words);
      return KONG_NGINX_PROXY_SET.split("\\n")[0].split(" content-type")[1].split(" ").slice(1);
    };
    const root = join(directory, "headers");
    mkdirSync(root);
    writeFileSync(
      join(root, "a.yaml"),
      "jwt_policy: 1\nname: a\nissuers: { a: { issuer: https://a.example, audiences: [a] } }\nroutes: { a: {} }\ntoken: { sources: [{ header: x-a }, { cookie: __Host-a }] }\n",
    );

    it.each<[what: string, words: readonly string[], names: readonly string[]]>([
      ["takes several at once", ["--header", "x-tenant", "x-b"], ["x-tenant", "x-b"]],
      ["can be said several times", ["--header", "x-tenant", "--header", "x-b"], ["x-tenant", "x-b"]],
      ["writes upper case in lower case", ["--header", "X-Tenant"], ["x-tenant"]],
      ["writes a name once, for upper and lower case", ["--header", "X-Tenant", "x-tenant", "X-TENANT"], ["x-tenant"]],
      ["leaves out names that are always there", ["--header", "Authorization", "accept", "Connection"], []],
      [
        "come before the headers that policies read",
        ["--policy-root", root, "--header", "x-b"],
        ["x-b", "cookie", "upgrade", "x-a"],
      ],
      [
        "names each header that a policy reads only once",
        ["--policy-root", root, "--header", "X-A"],
        ["x-a", "cookie", "upgrade"],
      ],
    ])("%s", (_what, words, names) => {
      expect(namesOf(...words)).toEqual(names);
    });

    it.each(["", "x_tenant", "x tenant", "x-tenant:", "$host", 'x"', "x\n", "1x", "x".repeat(65), "é"])(
      "refuses `%s`",
      (name) => {
        expectUsageError("is not a valid header name: use letters, digits and dashes, such as X-Tenant", [
          `--header=${name}`,
        ]);
      },
    );
  });

  it.each(["8008", "127.0.0.1", "127.0.0.1:99999", ""])("refuses to have probes answered on `%s`", (address) => {
    expectUsageError(`--status-listen must be an address such as 127.0.0.1:8008, not "${address}"`, [
      "--status-listen",
      address,
    ]);
  });

  it("passes on settings for fetching keys, also to kong-pdk's server, and refuses broken settings", () => {
    const file = join(directory, "fetch.yaml");
    writeFileSync(file, "fetch_settings: 1\nca_file: /only/on/the/gateway.pem\n");
    const read = (...more: readonly string[]): Record<string, string> =>
      readSettings("--fetch-settings", file, ...more);
    const start = read().KONG_PLUGINSERVER_JWT_POLICY_START_CMD ?? "";
    const words = execFileSync("/bin/sh", ["-c", `printf '%s\\n' ${start}`])
      .toString()
      .trimEnd()
      .split("\n");
    expect(words.slice(-3)).toEqual(["--facts-variable", "--fetch-settings", file]);
    const stock = createRequire(import.meta.url).resolve("kong-pdk/bin/kong-js-pluginserver");
    const started = read("--stock", stock).KONG_PLUGINSERVER_JWT_POLICY_START_CMD ?? "";
    const environment = execFileSync("/bin/sh", ["-c", `printf '%s\\n' ${started}`])
      .toString()
      .split("\n");
    expect(environment).toContain(`JWT_POLICY_FETCH_SETTINGS=${file}`);
    writeFileSync(file, "fetch_settings: 1\nca-file: x\n");
    const { status, stdout, stderr } = runCli([...args, "--fetch-settings", file]);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/fetch\.yaml:2:1 unknown_key: .*Did you mean "ca_file"/);
  });

  it("passes the abuse settings on, checks them, and Kong's query checks them too", () => {
    const file = join(directory, "abuse.yaml");
    writeFileSync(file, "abuse: 1\n");
    const settings = readSettings("--abuse", file);
    for (const name of ["START", "QUERY"]) {
      expect(settings[`KONG_PLUGINSERVER_JWT_POLICY_${name}_CMD`]).toMatch(/ --abuse '.*abuse\.yaml'/);
    }
    writeFileSync(file, "abuse: 1\nshared_tokens: { refuse_for: 2h }\n");
    const { status, stderr } = runCli([...args, "--abuse", file]);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/abuse\.yaml:2:\d+ invalid_value/)]);
  });

  it.each(["server", "off"])("tells the server where it may reuse verdicts: %s", (where) => {
    const settings = readSettings("--verdict-cache", where);
    expect(settings.KONG_PLUGINSERVER_JWT_POLICY_START_CMD).toMatch(new RegExp(` --verdict-cache ${where}$`));
    expect(settings.KONG_PLUGINSERVER_JWT_POLICY_QUERY_CMD).not.toContain("--verdict-cache");
  });

  it("makes Kong wait longer than the server waits for a decision, but less than a minute", () => {
    const settings = readSettings();
    const waitMs = 1000 * Number.parseInt(settings.KONG_NGINX_PROXY_LUA_SOCKET_READ_TIMEOUT, 10);
    expect(waitMs).toBeGreaterThan(DEADLINE_MS);
    expect(waitMs).toBeLessThan(10_000);
  });

  it("with --guard loads the guard beside the plugin, and changes nothing else", () => {
    const plain = readSettings();
    expect(readSettings("--guard")).toEqual({
      ...plain,
      KONG_PLUGINS: "bundled,jwt-policy,jwt-policy-guard",
      KONG_LUA_PACKAGE_PATH: `${join(DIST, "../plugin/guard")}/?.lua;;`,
    });
  });

  it("with --guard and a directory, loads the guard from Kong's own copy in this directory", () => {
    const { KONG_LUA_PACKAGE_PATH } = readSettings("--guard", "/run/guard");
    expect(KONG_LUA_PACKAGE_PATH).toBe("/run/guard/?.lua;;");
  });

  it("with --dump-file, Kong reads the schema from the file and starts no server, and nothing else changes", () => {
    const { KONG_PLUGINSERVER_JWT_POLICY_START_CMD: _, ...plain } = JSON.parse(
      runCli([...args, "--format", "json"]).stdout,
    );
    expect(readSettings("--dump-file", "/run/a b/dump.json")).toEqual({
      ...plain,
      KONG_PLUGINSERVER_JWT_POLICY_QUERY_CMD: "/bin/cat '/run/a b/dump.json'",
    });
  });

  it.each([
    ["--stock", "/x"],
    ["--status-listen", "127.0.0.1:8008"],
  ])("refuses --dump-file with %s, which is for a server that Kong starts", (...other) => {
    expectUsageError("cannot be used with option", ["--dump-file", "/d.json", ...other]);
  });

  it.each([[], ["--guard"]])("with --stock starts and asks kong-pdk's server, and loads the guard", (...more) => {
    const guarded = readSettings("--guard");
    const link = join(DIST, "../node_modules/.bin/kong-js-pluginserver");
    const { status, stdout } = runCli([...args, "--format", "json", "--stock", link, ...more]);
    expect(status).toBe(0);
    const pdk = realpathSync(join(DIST, "../node_modules/kong-pdk"));
    const typescript = createRequire(join(pdk, "bin/x")).resolve("typescript");
    const command = [
      "/usr/bin/env NODE_ENV=production JWT_POLICY_ROOT=/p JWT_POLICY_STATE_DIR=/kong/jwt-policy-keys TS_NODE_SKIP_PROJECT=true",
      `TS_NODE_COMPILER=${typescript} /opt/node ${pdk}/bin/kong-js-pluginserver`,
      `--plugins-directory ${join(DIST, "../plugin/stock")}`,
    ].join(" ");
    expect(JSON.parse(stdout)).toEqual({
      ...guarded,
      KONG_PLUGINSERVER_JWT_POLICY_START_CMD: `${command} --kong-prefix /kong --sock-name jwt-policy.socket`,
      KONG_PLUGINSERVER_JWT_POLICY_QUERY_CMD: `${command} --dump-all-plugins`,
    });
  });

  it("with a wrong path for --stock, says which file is missing", () => {
    expectUsageError("/nowhere/kong-js-pluginserver", ["--stock", "/nowhere/kong-js-pluginserver"]);
  });

  it("prints lines that a shell reads back to the same values, with blanks and quotes in a path", () => {
    const odd = [...args.slice(0, -1), directory];
    const settings = JSON.parse(runCli([...odd, "--format", "json"]).stdout);
    const shell = runCli(odd).stdout;
    const read = execFileSync("/bin/sh", ["-c", `${shell}\nprintf %s "$KONG_PLUGINSERVER_JWT_POLICY_START_CMD"`]);
    expect(read.toString()).toBe(settings.KONG_PLUGINSERVER_JWT_POLICY_START_CMD);
  });

  it("prints an env file without quotes for docker", () => {
    expect(runCli([...args, "--format", "env-file"]).stdout).toContain("\nKONG_PLUGINSERVER_NAMES=jwt-policy\n");
  });

  it("prints lines for kong.conf, in which a # is not the beginning of a comment", () => {
    const lines = runCli([...args, "--format", "conf", "--socket", "/kong/a#b"]).stdout.split("\n");
    expect(lines).toContain("plugins = bundled,jwt-policy");
    expect(lines).toContain("pluginserver_jwt_policy_socket = /kong/a\\#b");
    expect(lines).toContain(
      'nginx_proxy_set = $jwt_facts "3 connection authorization x-forwarded-proto origin access-control-request-method accept content-type\\n$request\\n$scheme $realip_remote_addr $remote_addr\\n$http_connection\\n$http_authorization\\n$http_x_forwarded_proto\\n$http_origin\\n$http_access_control_request_method\\n$http_accept\\n$http_content_type\\n$kong_request_id"',
    );
  });

  it("passes the CA bundle on, because Kong passes no variables", () => {
    const { stdout } = runCli(args, { NODE_EXTRA_CA_CERTS: "/ca.pem" });
    expect(stdout).toContain("/usr/bin/env NODE_ENV=production NODE_EXTRA_CA_CERTS=/ca.pem /opt/node");
  });

  it.each(["3.7.1", "3.4.3.12-enterprise-edition", "2.8.5", "nonsense"])("refuses Kong %s", (version) => {
    const { status, stdout, stderr } = runCli(["kong", "env", "--kong-version", version]);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("lets a request pass when the plugin server fails");
  });

  it.each(["3.8.0", "3.9.3", "3.10.0.2-enterprise-edition", "4.0.0"])("accepts Kong %s", (version) => {
    expect(runCli(["kong", "env", "--kong-version", version]).status).toBe(0);
  });

  it("says that the command kong does not exist, and still succeeds", () => {
    const { status, stderr } = runCli(["kong", "env"], { KONG_BIN: "/nowhere/kong" });
    expect([status, stderr]).toEqual([0, expect.stringContaining("make sure that Kong is 3.8 or later")]);
  });

  it("has each of its options in docs/reference/kong-env.md", () => {
    const { stdout } = runCli(["kong", "env", "--help"]);
    const options = [...stdout.matchAll(/^ +(--[a-z-]+)/gm)].map(([, option = ""]) => option);
    expect(options.length).toBeGreaterThan(12);
    const page = readFileSync(join(import.meta.dirname, "../../docs/reference/kong-env.md"), "utf8");
    expect(options.filter((option) => !new RegExp(`\`${option}\\b`).test(page))).toEqual([]);
  });

  it("refuses a socket path that is too long for any kernel", () => {
    const { status, stderr } = runCli([...args, "--socket", `/${"x".repeat(90)}`]);
    expect([status, stderr]).toEqual([2, expect.stringContaining("91 bytes, at most 80 are possible")]);
  });
});
