import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Priority, Schema, Version } from "../../plugin/index.ts";
import { VERSION } from "../../plugin/kong/contract/plugin-identity.ts";
import { CONFIG_FIELDS } from "../../plugin/kong/schema/config-schema.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const ROOT = join(import.meta.dirname, "../..");
const require = createRequire(import.meta.url);

it("has the version of the package", () => {
  expect(VERSION).toBe(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version);
});

describe("the module for the stock plugin server", () => {
  it("exports the members that kong-pdk requires", () => {
    expect({ Version, Priority, Schema }).toEqual({ Version: VERSION, Priority: 1450, Schema: CONFIG_FIELDS });
  });

  it("loads in the stock server, whose dump names the same version, priority, phase and fields", () => {
    const main = require.resolve("kong-pdk/bin/kong-js-pluginserver");
    const output = execFileSync(process.execPath, [main, "-d", join(ROOT, "plugin/stock"), "--dump-all-plugins"], {
      // kong-pdk brings ts-node along. ts-node would use our TypeScript, which is later than the versions that it
      // knows.
      env: { TS_NODE_SKIP_PROJECT: "true", TS_NODE_COMPILER: createRequire(main).resolve("typescript") },
      encoding: "utf8",
      timeout: 30_000,
      stdio: ["ignore", "pipe", "ignore"], // Node 20 warns that loading ES modules by require is experimental.
    });
    const dump = JSON.parse(output);
    expect(dump).toEqual([
      {
        Name: "jwt-policy",
        Version: VERSION,
        Phases: ["access"],
        Priority: 1450,
        Schema: { name: "jwt-policy", fields: [{ config: { type: "record", fields: CONFIG_FIELDS } }] },
      },
    ]);
  });
});

it("reads settings for fetching keys from its environment, and says why no key comes while the settings are broken", async () => {
  const directory = temporaryFolder(onTestFinished);
  const settings = join(directory, "fetch.yaml");
  writeFileSync(settings, "fetch_settings: 2\n");
  const policies = join(directory, "policies");
  mkdirSync(policies);
  const issuer = { issuer: "https://idp.example", audiences: ["a"], keys: { jwks_uri: "http://127.0.0.1:9/jwks" } };
  writeFileSync(join(policies, "p.json"), JSON.stringify({ jwt_policy: 1, name: "p", issuers: { a: issuer } }));
  const start = 'new (require("./plugin/stock/jwt-policy.cjs").Plugin)({ policy_file: "p.json", rule: "r" })';
  const child = spawn(process.execPath, ["-e", start], {
    cwd: ROOT,
    env: { JWT_POLICY_ROOT: policies, JWT_POLICY_FETCH_SETTINGS: settings },
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  for await (const chunk of child.stdout) {
    output += chunk;
    if (output.includes("keys not loaded")) {
      break;
    }
  }
  expect(output).toContain(`keys not loaded: ${settings}:1:17 version_unknown: Format version 2 is not known`);
});
