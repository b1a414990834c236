import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Plugin, Priority, Schema, Version } from "../../plugin/index.ts";
import { CONFIG_FIELDS } from "../../plugin/kong/config-schema.ts";
import { VERSION } from "../../plugin/kong/plugin-identity.ts";

const ROOT = join(import.meta.dirname, "../..");
const require = createRequire(import.meta.url);

it("has the version of the package", () => {
  expect(VERSION).toBe(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version);
});

describe("the module for the stock plugin server", () => {
  it("exports what kong-pdk wants", () => {
    expect({ Version, Priority, Schema }).toEqual({ Version: VERSION, Priority: 1450, Schema: CONFIG_FIELDS });
  });

  it("refuses every request with 503, whatever the configuration and the request", async () => {
    const exits: unknown[][] = [];
    const kong = {
      response: {
        async exit(...args: unknown[]) {
          exits.push(args);
        },
      },
    };
    await new Plugin().access(kong);
    expect(exits).toEqual([
      [
        503,
        '{"message":"jwt-policy does not run in this plugin server, because Kong\'s protocol for it fails open"}',
        { "Content-Type": "application/json" },
      ],
    ]);
  });

  it("loads in the stock server, whose dump names the same version, priority, phase and fields", () => {
    const directory = mkdtempSync(join(tmpdir(), "stock-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    // The stock server takes the plugin's name from the file's.
    const built = JSON.stringify(join(ROOT, "dist/plugin/index.js"));
    writeFileSync(join(directory, "jwt-policy.js"), `module.exports = require(${built});\n`);
    const main = require.resolve("kong-pdk/bin/kong-js-pluginserver");
    const output = execFileSync(process.execPath, [main, "-d", directory, "--dump-all-plugins"], {
      // ts-node, which it brings along, would take our TypeScript, a later one than it knows.
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
