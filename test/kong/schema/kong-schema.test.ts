import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONFIG_FIELDS } from "../../../plugin/kong/schema/config-schema.ts";
import { runCli } from "../../cli/run-cli.ts";
import { reportMissing } from "../../gateways/kong/report-missing.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { type AdminKong, findMissingKong, startAdminKong } from "./admin-kong.ts";

const KONG_YML = join(import.meta.dirname, "../../../kong.yml");
const FILE = { policy_file: "payments.yaml" };
const { policy } = Object.assign({}, ...CONFIG_FIELDS) as { policy: { len_max: number } };
const MAX_POLICY = policy.len_max;
const missing = findMissingKong();

/** A kong.yml (all JSON is YAML) with one route, one consumer, and one plugin on the route. */
function configWith(plugin: object): string {
  return JSON.stringify({
    _format_version: "3.0",
    consumers: [{ username: "alice" }],
    services: [{ name: "s", url: "http://127.0.0.1:9", routes: [{ name: "r", paths: ["/"] }] }],
    plugins: [{ name: "jwt-policy", route: "r", ...plugin }],
  });
}

/** A Lua plugin with the schema that `kong-jwt-policy kong schema` prints, as on a control plane. */
function installLuaSchema(directory: string): Record<string, string | undefined> {
  const plugin = join(directory, "kong/plugins/jwt-policy");
  mkdirSync(plugin, { recursive: true });
  writeFileSync(join(plugin, "schema.lua"), runCli(["kong", "schema"]).stdout);
  writeFileSync(join(plugin, "handler.lua"), 'return { PRIORITY = 1450, VERSION = "0.1.0" }\n');
  return { KONG_LUA_PACKAGE_PATH: `${directory}/?.lua;;`, KONG_PLUGINSERVER_NAMES: undefined };
}

describe.each([
  ["our dump", () => ({})],
  ["the schema in Lua", installLuaSchema],
])("Kong itself, which knows the plugin by %s", (_name, settingsIn) => {
  if (missing !== undefined) {
    reportMissing("accepts right configurations and refuses wrong ones", missing);
    return;
  }
  const directory = temporaryFolder();
  let kong: AdminKong;
  beforeAll(async () => {
    kong = await startAdminKong(KONG_YML, settingsIn(directory));
  });
  afterAll(() => kong?.stop());

  it("starts with the repository's kong.yml, and accepts it again at run time", async () => {
    const { status, text } = await kong.load(readFileSync(KONG_YML, "utf8"));
    expect([status, text.match(/"name":"jwt-policy"/g)?.length]).toEqual([201, 4]);
  });

  it.each<[what: string, plugin: object]>([
    ["a file", { config: FILE }],
    ["a file and a rule", { config: { ...FILE, rule: "read" } }],
    ["an inline policy", { config: { policy: "jwt_policy: 1" } }],
    ["the longest inline policy", { config: { policy: "x".repeat(MAX_POLICY) } }],
    ["protocols of HTTP", { config: FILE, protocols: ["https", "grpcs"] }],
    ["an instance name and tags", { config: FILE, instance_name: "x", tags: ["a"] }],
  ])("accepts a plugin with %s", async (_what, plugin) => {
    const { status, text } = await kong.load(configWith(plugin));
    expect(status, text.slice(0, 500)).toBe(201);
  });

  it.each<[what: string, plugin: object, words: RegExp]>([
    ["a consumer", { config: FILE, consumer: "alice" }, /"consumer":.*value must be null/],
    [
      "the protocol tcp",
      { config: FILE, protocols: ["tcp"] },
      /"protocols":.*expected one of: grpc, grpcs, http, https/,
    ],
    [
      "a file and a policy",
      { config: { ...FILE, policy: "x" } },
      /exactly one of these fields must be non-empty: 'policy_file', 'policy'/,
    ],
    ["neither", { config: { rule: "read" } }, /at least one of these fields must be non-empty.*policy/],
    ["no config", {}, /at least one of these fields must be non-empty.*policy/],
    ["an unknown key", { config: { ...FILE, polcy: "x" } }, /"polcy":"unknown field"/],
    ["an empty file name", { config: { policy_file: "" } }, /"policy_file":"length must be at least 1"/],
    ["a number for a rule", { config: { ...FILE, rule: 1 } }, /"rule":"expected a string"/],
    ["a rule of 129 characters", { config: { ...FILE, rule: "r".repeat(129) } }, /"rule":"length must be at most 128"/],
    ["a policy that is not a string", { config: { policy: { jwt_policy: 1 } } }, /"policy":"expected a string"/],
    [
      "a policy of one byte more",
      { config: { policy: "x".repeat(MAX_POLICY + 1) } },
      /"policy":"length must be at most/,
    ],
  ])("refuses a plugin with %s", async (_what, plugin, words) => {
    const { status, text } = await kong.load(configWith(plugin));
    expect(status).toBe(400);
    expect(text).toMatch(words);
  });
});
