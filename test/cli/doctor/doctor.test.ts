import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { DOCTOR_CHECKS } from "../../../cli/doctor/checks/registry.ts";
import { type IdentityProvider, startIdentityProvider } from "../../../sandbox/demo/identity-provider.ts";
import { findFreePorts } from "../../gateways/free-port.ts";
import { createPlace, runNode, SERVER_MAIN } from "../../server/server-process.ts";
import { runCliBeside } from "../run-cli.ts";
import { runCliAsync } from "../run-cli-async.ts";

/** With these variables, the command does not find the Kong of this machine. */
const NO_KONG = { KONG_BIN: "/nowhere/kong", KONG_NGINX_USER: process.getuid?.() === 0 ? "root" : "" };

interface Scene {
  readonly args: readonly string[];
  readonly conf: string;
  readonly policy: string;
  readonly provider: IdentityProvider;
}

/** The plugin server as a process, with the settings of `kong env`, a kong.yml, a policy and an OpenID provider. */
async function startScene(): Promise<Scene> {
  const { directory, policyRoot } = createPlace();
  chmodSync(directory, 0o700);
  const provider = await startIdentityProvider(0);
  onTestFinished(() => provider.stop());
  const policy = join(policyRoot, "shop.yaml");
  writeFileSync(
    policy,
    `jwt_policy: 1\nname: shop\nissuers:\n  acme:\n    issuer: ${provider.issuer}\n    audiences: [api]\n    algorithms: [RS256, ES256]\nroutes: { orders: {} }\n`,
  );
  const kong = join(directory, "kong.yml");
  writeFileSync(
    kong,
    '_format_version: "3.0"\nservices:\n  - name: shop\n    url: http://shop\n    routes: [{ name: orders, paths: [/orders] }]\nplugins:\n  - { name: jwt-policy, config: { policy_file: shop.yaml } }\n',
  );
  const [port] = await findFreePorts();
  const state = join(directory, "state");
  mkdirSync(state, { mode: 0o700 });
  const more = ["--state-dir", state, "--status-listen", `127.0.0.1:${port}`, "--guard"];
  const socket = join(directory, "s");
  const printed = await runCliBeside(
    [
      "kong",
      "env",
      "--kong-version",
      "3.9.3",
      "--policy-root",
      policyRoot,
      "--socket",
      socket,
      "--format",
      "conf",
      ...more,
    ],
    NO_KONG,
  );
  const conf = join(directory, "kong.conf");
  writeFileSync(
    conf,
    `${printed.stdout}database = off\npg_password = s3cret\ndeclarative_config = ${kong}\nprefix = ${directory}\n`,
  );
  const options = ["--socket", socket, "--policy-root", policyRoot, "--facts-variable", ...more.slice(0, 4)];
  const server = runNode([SERVER_MAIN, ...options]);
  await server.waitForOutput("listens on");
  return { args: ["doctor", "--conf", conf], conf, policy, provider };
}

describe("kong-jwt-policy doctor, with a real plugin server and a real provider", () => {
  it("finds no problem, and says what it could not check", async () => {
    const { args, provider } = await startScene();
    let status: number | null = null;
    let stdout = "";
    // The server may still load keys, and a busy machine can exceed the time limits of the checks.
    const findNotInOrder = async (): Promise<readonly string[]> => {
      ({ status, stdout } = await runCliAsync(args, NO_KONG));
      return stdout.split("\n").filter((line) => /^[✗–]/.test(line));
    };
    await expect
      .poll(findNotInOrder)
      .toEqual([
        expect.stringMatching(/^– kong_version +not checked: there is no `kong` in PATH, and KONG_BIN is not set/),
        expect.stringMatching(/^– fetch_settings +not checked: no fetch settings are used$/),
      ]);
    expect(stdout).toMatch(/✓ socket_answers +jwt-policy answers\n/);
    expect(stdout).toMatch(/✓ routes_judged +1 Routes, 1 plugins in /);
    expect(stdout).toMatch(/✓ clock +acme [+-]\d s\n/);
    expect(stdout).toContain("21 checks passed, no problems, 2 not checked\n");
    expect(stdout).not.toContain("s3cret");
    expect(provider.issuer).toMatch(/^http:/);
    expect(status).toBe(0);
  });

  it("finds each problem, with its place and its remedy, in each format, and exits 1", async () => {
    const { args, conf, policy, provider } = await startScene();
    await provider.stop();
    writeFileSync(conf, readFileSync(conf, "utf8").replace("plugins = bundled,jwt-policy,", "plugins = bundled,"));
    const { status, stdout } = await runCliBeside(args, NO_KONG);
    expect(stdout).toMatch(
      /✗ plugin_enabled +\S+kong\.conf:1:1 plugins = bundled,jwt-policy-guard has no jwt-policy\n {2}how to fix: set plugins = bundled,jwt-policy\n/,
    );
    expect(stdout).toContain(`✗ issuers_answer      ${policy}:5:13 The keys of issuer "acme" cannot be loaded`);
    expect(status).toBe(1);
    for (const [format, words] of [
      ["json", '"how to fix: set plugins = bundled,jwt-policy"'],
      ["sarif", '"ruleId": "plugin_enabled"'],
      ["github", "line=1,col=1,title=plugin_enabled::"],
      ["junit", '<testcase classname="doctor" name="kong_version"><skipped message="there is no'],
    ] as const) {
      const other = await runCliBeside([...args, "--no-online", "--format", format], NO_KONG);
      expect(other.stdout).toContain(words);
      expect(other.stdout).not.toContain("s3cret");
      expect(other.status).toBe(1);
    }
  });
});

describe("kong-jwt-policy doctor", () => {
  it("works without Kong: it says for each check why it was not made, and exits 0", async () => {
    const { directory } = createPlace();
    const { status, stdout } = await runCliBeside(["doctor", "--prefix", directory], NO_KONG);
    expect(stdout.match(/^– .*not checked: \S/gm)).toHaveLength(DOCTOR_CHECKS.length - 1);
    expect(status).toBe(0);
  });

  it.each([
    ["a kong.conf that is not there", ["--conf", "/nowhere/kong.conf"], "ENOENT"],
    ["a kong.conf that is a directory", ["--conf", "/"], "EISDIR"],
    ["a kong.yml that is not there", ["--kong", "/nowhere/kong.yml"], "ENOENT"],
    ["an address that is not a URL", ["--admin-url", "localhost"], "--admin-url must be a URL such as"],
    ["an address of another protocol", ["--status-url", "file:///etc/passwd"], "--status-url must be a URL such as"],
    ["an unknown option", ["--fix"], "unknown option"],
  ])("could not run with %s, and exits 2", async (_, args, words) => {
    const { status, stderr } = await runCliBeside(["doctor", ...args], NO_KONG);
    expect([status, stderr]).toEqual([2, expect.stringContaining(words)]);
  });

  it("has a reference that names each check", () => {
    const page = readFileSync(new URL("../../../docs/reference/doctor.md", import.meta.url), "utf8");
    expect(DOCTOR_CHECKS.filter(({ id }) => !page.includes(`| \`${id}\` |`))).toEqual([]);
  });
});
