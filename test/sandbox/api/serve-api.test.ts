import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { type ApiOptions, type ServedApi, serveApi } from "../../../sandbox/api/serve-api.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const home = temporaryFolder();
const CONFIG = join(home, "kong.yml");
const POLICIES = join(home, "policies");

const KONG = `_format_version: "3.0"
services:
- name: orders
  url: https://orders.internal
  plugins: [{name: rate-limiting}]
  routes:
  - name: orders
    paths: ["~/orders/\\\\d+$"]
    strip_path: false
    plugins: [{name: jwt-policy, config: {policy_file: shop.yaml}}]
  - name: tenants
    hosts: ["*.example.com"]
    plugins: [{name: jwt-policy, config: {policy_file: tenants.yaml, rule: all}}]
  - {name: open, paths: [/open]}
`;
const SHOP = `jwt_policy: 1
name: shop
issuers:
  acme: { issuer: "https://idp.example.com", audiences: [a], algorithms: [ES256], claims: { roles: /realm/roles } }
defaults: { accept: [acme] }
routes:
  orders:
    operations:
      - methods: [GET]
        path: "/orders/{id}"
        any_of: [{ required_scopes: [read] }, { required_roles: [clerk], required_claims: { org: { equals_path: id } } }]
`;
const TENANTS = `jwt_policy: 1
name: tenants
issuers:
  many:
    issuer: "https://login.example.com/{tid}/v2.0"
    tenants: ["*"]
    keys: { jwks_uri: "https://login.example.com/keys" }
    audiences: [b]
    algorithms: [RS256]
    token_type: JWT
defaults: { accept: [many] }
token: { sources: [{ cookie: __Host-t, allowed_origins: ["https://app.example.com"] }] }
routes: { all: {} }
`;

let output = "";
let served: ServedApi | undefined;

function start(changes: Partial<ApiOptions> = {}): Promise<ServedApi> {
  return serveApi({
    configFile: CONFIG,
    policyRoot: POLICIES,
    standIn: ["acme", "many"],
    keys: join(home, "keys"),
    proxyPort: 0,
    usesServices: false,
    fetchSettings: undefined,
    findProblems: async () => "",
    print: (text) => {
      output += `${stripVTControlCharacters(text)}\n`;
    },
    ...changes,
  });
}

beforeAll(() => {
  mkdirSync(POLICIES);
});
afterEach(async () => {
  await served?.stop();
  served = undefined;
});

describe("a sandbox with the user's own files", () => {
  it("shows Routes, ignored parts, and requests that get the printed status", async () => {
    writeFileSync(CONFIG, KONG);
    writeFileSync(join(POLICIES, "shop.yaml"), SHOP);
    writeFileSync(join(POLICIES, "tenants.yaml"), TENANTS);
    output = "";
    served = await start();
    expect(output).toMatch(/~\/orders\/\\d\+\$ +orders +shop\.yaml, rule orders/);
    expect(output).toMatch(/open +none: open to everyone/);
    expect(output).toContain(
      `warning ${CONFIG}:5:13 The sandbox does not run the plugin rate-limiting (Service "orders")`,
    );
    expect(output).toContain("/orders/{}, alternative 2");
    expect(output).toMatch(/curl -i -X POST|curl -i -H 'host: www\.example\.com'/);
    expect(await served.check(), output).toBe(true);
    expect(output).toMatch(/all \d+ as expected/);

    // The lines can be pasted into a shell.
    const tokens = output.match(/^T\d+=\S+$/gm) ?? [];
    const line = (output.match(/^curl .*# 200.*$/gm) ?? []).find((one) => one.includes("alternative 2")) ?? "";
    const script = `${tokens.join("\n")}\n${line.replace("curl -i", "curl -s")}`;
    const { stdout } = await promisify(execFile)("bash", ["-c", script]);
    expect(JSON.parse(stdout)).toMatchObject({ path: "/orders/1", headers: { host: "orders.internal" } });
  });

  it("follows kong.yml and policies, keeps the last good kong.yml, and reports the place of the mistake", async () => {
    output = "";
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    /** The printed text after another check of the files. */
    const look = (): string => {
      vi.advanceTimersByTime(500);
      return output;
    };
    served = await start();
    writeFileSync(CONFIG, KONG.replace("name: open, paths: [/open]", "name: fresh, pathes: [/open]"));
    await expect.poll(look).toContain('kong.yml:14:19 The key "pathes" is not known here. Did you mean "paths"?');
    expect(output).toContain("the previous version stays in effect");
    expect(await served.check(), output).toBe(true);
    writeFileSync(CONFIG, KONG.replace("name: open", "name: fresh"));
    await expect.poll(look).toMatch(/\/open +fresh +none/);
    writeFileSync(join(POLICIES, "shop.yaml"), SHOP.replace("  orders:", "  orders: { access: public }\n  former:"));
    await expect.poll(look).toContain("rule orders: public access, no token");
    rmSync(CONFIG);
    await expect.poll(look).toContain("it does not exist");
    const url = /gateway (http:\S+?),/.exec(output)?.[1] ?? "";
    await expect.poll(async () => (await fetch(`${url}/orders/7`)).status).toBe(200);
    writeFileSync(CONFIG, KONG);
  });

  it.each<[title: string, changes: Partial<ApiOptions>, message: RegExp]>([
    [
      "an issuer that no policy has",
      { standIn: ["acmee"] },
      /has an issuer with the id "acmee"\. Did you mean "acme"\?/,
    ],
    [
      "a kong.yml that does not exist",
      { configFile: join(home, "none.yml") },
      /none\.yml cannot be read: it does not exist\. Name your kong\.yml with --config/,
    ],
  ])("says what is wrong, and starts no process: %s", async (_, changes, message) => {
    await expect(start(changes)).rejects.toThrow(message);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`jwt-policy-sandbox-${process.pid}-`))).toEqual([]);
  });

  it("names a port that another program uses, and stops the processes that it started", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    await expect(start({ proxyPort: port })).rejects.toThrow(
      new RegExp(
        `port ${port} is taken.*stop the program that uses it, or choose another port: --proxy-port ${port + 1}`,
      ),
    );
    other.close();
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`jwt-policy-sandbox-${process.pid}-`))).toEqual([]);
  });
});
