import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportMissing } from "../gateways/kong/report-missing.ts";
import { type AdminKong, findMissingKong, startAdminKong } from "../kong/schema/admin-kong.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const missing = findMissingKong();
const GUARD_PATH = join(import.meta.dirname, "../../plugin/guard");

function configWith(plugin: object): string {
  return JSON.stringify({
    _format_version: "3.0",
    consumers: [{ username: "alice" }],
    services: [{ name: "s", url: "http://127.0.0.1:9", routes: [{ name: "r", paths: ["/"] }] }],
    plugins: [{ name: "jwt-policy-guard", ...plugin }],
  });
}

describe("Kong's schema of the guard", () => {
  if (missing !== undefined) {
    reportMissing("accepts right configurations and refuses wrong ones", missing);
    return;
  }
  const directory = temporaryFolder();
  let kong: AdminKong;
  beforeAll(async () => {
    writeFileSync(join(directory, "kong.yml"), configWith({}));
    kong = await startAdminKong(join(directory, "kong.yml"), {
      KONG_PLUGINS: "bundled,jwt-policy,jwt-policy-guard",
      KONG_LUA_PACKAGE_PATH: `${GUARD_PATH}/?.lua;;`,
    });
  });
  afterAll(() => kong?.stop());

  it.each<[what: string, plugin: object]>([
    ["globally", {}],
    ["on a route", { route: "r" }],
    ["on a service", { service: "s" }],
    ["with an empty config", { config: {} }],
    ["with protocols of HTTP", { protocols: ["https", "grpcs"] }],
  ])("accepts it %s", async (_what, plugin) => {
    const { status, text } = await kong.load(configWith(plugin));
    expect(status, text.slice(0, 500)).toBe(201);
  });

  it.each<[what: string, plugin: object, words: RegExp]>([
    ["on a consumer", { consumer: "alice" }, /"consumer":.*value must be null/],
    ["with the protocol tcp", { protocols: ["tcp"] }, /"protocols":.*expected one of/],
    ["with a setting", { config: { default_deny: false } }, /"default_deny":"unknown field"/],
  ])("refuses it %s", async (_what, plugin, words) => {
    const { status, text } = await kong.load(configWith(plugin));
    expect(status).toBe(400);
    expect(text).toMatch(words);
  });
});
