import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { VERSION } from "../../plugin/kong/contract/plugin-identity.ts";
import { runCli } from "../../test/cli/run-cli.ts";

const DEPLOY = join(import.meta.dirname, "../../deploy");
const readText = (name: string): string => readFileSync(join(DEPLOY, name), "utf8");

/** These files repeat facts of the package, and the facts must stay correct. */
describe("the files in deploy/", () => {
  it.each(["Dockerfile", "compose.yaml", "compose.sidecar.yaml"])("%s names the package's version", (name) => {
    const versions = [...readText(name).matchAll(/(?:jwt-policy-[a-z]+:|image\.version=")(\d[^"\s]*)/g)];
    expect(versions.length).toBeGreaterThan(0);
    expect(new Set(versions.map(([, version]) => version))).toEqual(new Set([VERSION]));
  });

  it("compose.sidecar.yaml sets the values that the `kong-jwt-policy kong env` command in this file prints", () => {
    const text = readText("compose.sidecar.yaml");
    const [, command = ""] = /As printed by: kong-jwt-policy (.*\n.*json);/.exec(text) ?? [];
    const { stdout } = runCli(command.replace("\n      #", "").split(/\s+/));
    const { environment } = parse(text, { merge: true }).services.kong;
    const settings = Object.fromEntries(
      Object.entries<string>(environment).map(([name, value]) => [name, value.replaceAll("$$", "$")]),
    );
    const { KONG_DATABASE, KONG_DECLARATIVE_CONFIG, ...plugin } = settings;
    expect([KONG_DATABASE, KONG_DECLARATIVE_CONFIG]).toEqual(["off", "/etc/jwt-policy/kong.yml"]);
    expect(plugin).toEqual(JSON.parse(stdout));
  });

  it.each(["compose.yaml", "compose.sidecar.yaml"])("%s gives no container more rights than it needs", (name) => {
    for (const [service, settings] of Object.entries<Record<string, unknown>>(
      parse(readText(name), { merge: true }).services,
    )) {
      expect(settings, service).toMatchObject({ cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
      expect(settings, service).not.toHaveProperty("privileged");
      for (const port of (settings.ports ?? []) as string[]) {
        expect(port).toMatch(/^127\.0\.0\.1:/);
      }
    }
  });
});
