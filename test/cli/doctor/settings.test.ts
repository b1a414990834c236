import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { findServerName, readPluginServer } from "../../../cli/doctor/settings/plugin-server.ts";
import { parseConf, readKongSettings } from "../../../cli/doctor/settings/read-settings.ts";
import { splitWords } from "../../../cli/doctor/settings/shell-words.ts";
import { formatSettings } from "../../../cli/settings/format-settings.ts";
import { quoteWords } from "../../../plugin/server/settings/kong-settings.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { settingsOf } from "./good-setup.ts";

describe("kong.conf, as doctor reads it", () => {
  const valuesOf = (text: string) =>
    Object.fromEntries([...parseConf(text, "kong.conf")].map(([name, { value }]) => [name, value]));

  it.each([
    ["a setting", "plugins = bundled,jwt-policy", { plugins: "bundled,jwt-policy" }],
    ["blanks and none", "  plugins=bundled  ", { plugins: "bundled" }],
    ["a comment", "# plugins = bundled", {}],
    ["a comment behind a value", "plugins = bundled # all", { plugins: "bundled" }],
    ["an escaped number sign", "prefix = /srv/a\\#b", { prefix: "/srv/a#b" }],
    ["an equals sign in the value", "lua_package_path = a=b", { lua_package_path: "a=b" }],
    ["a variable of docker --env-file, with a number sign", "KONG_PREFIX=/srv/a#b", { prefix: "/srv/a#b" }],
    ["a variable for a shell", "export KONG_PREFIX='/srv/it'\\''s'", { prefix: "/srv/it's" }],
    ["the last of two", "prefix = /a\nprefix = /b", { prefix: "/b" }],
    ["Windows line ends", "prefix = /a\r\nplugins = bundled\r\n", { prefix: "/a", plugins: "bundled" }],
    ["nothing", "", {}],
    ["binary", "\u0000\u0001plugins\u0000", {}],
    [
      "passwords and keys, which are dropped",
      "pg_password = s3cret\nKONG_PG_PASSWORD=s3cret\nvault_x = s3cret\nssl_cert_key = s3cret",
      {},
    ],
  ])("has %s", (_, text, values) => {
    expect(valuesOf(text)).toEqual(values);
  });

  it("has what `kong env` prints, in each of its forms", () => {
    const settings = Object.fromEntries(
      [...settingsOf()].map(([name, { value }]) => [`KONG_${name.toUpperCase()}`, value]),
    );
    const expected = Object.fromEntries([...settingsOf()].map(([name, { value }]) => [name, value]));
    for (const format of ["conf", "env-file", "shell"] as const) {
      expect(valuesOf(formatSettings(settings, format))).toEqual(expected);
    }
  });

  const folder = (): string => {
    const path = temporaryFolder(onTestFinished);
    return path;
  };

  it("has lower precedence than the environment, as in Kong", async () => {
    const conf = join(folder(), "kong.conf");
    writeFileSync(conf, "plugins = bundled\nprefix = /a\n");
    const settings = await readKongSettings({
      conf,
      prefix: undefined,
      environment: { KONG_PLUGINS: "jwt-policy", HOME: "/" },
    });
    expect(settings.ok && [...settings.value].map(([name, { value, source }]) => [name, value, source])).toEqual([
      ["plugins", "jwt-policy", "KONG_PLUGINS"],
      ["prefix", "/a", `prefix (${conf}:2)`],
    ]);
  });

  it("is read from the prefix of a running Kong, if there is no other source", async () => {
    const prefix = folder();
    const sources = { conf: undefined, prefix, environment: {} };
    expect(await readKongSettings(sources)).toMatchObject({ ok: false, failure: expect.stringContaining("--conf") });
    writeFileSync(join(prefix, ".kong_env"), "plugins = bundled,jwt-policy\npg_password = s3cret\n");
    const settings = await readKongSettings(sources);
    expect(settings.ok && [...settings.value.keys()]).toEqual(["plugins"]);
  });

  it("cannot be a file of more than a megabyte", async () => {
    const conf = join(folder(), "large.conf");
    writeFileSync(conf, "x".repeat(1_100_000));
    await expect(readKongSettings({ conf, prefix: undefined, environment: {} })).rejects.toThrow("not a kong.conf");
  });

  it("cannot be read if the named file is not there", async () => {
    const conf = join(folder(), "none.conf");
    await expect(readKongSettings({ conf, prefix: undefined, environment: {} })).rejects.toThrow("ENOENT");
  });
});

describe("words of a command", () => {
  it.each([
    ["a b", ["a", "b"]],
    ["  a\t b  ", ["a", "b"]],
    ["'a b'c", ["a bc"]],
    ['"a \\"b\\" $x"', ['a "b" $x']],
    ["a\\ b", ["a b"]],
    ["''", [""]],
    ["--parent $PPID", ["--parent", "$PPID"]],
    ["", []],
    ["'a", undefined],
    ['"a', undefined],
  ])("%s", (command, words) => {
    expect(splitWords(command)).toEqual(words);
  });

  it("are those that kong env has quoted", () => {
    const words = ["/srv/a b", "it's", "$HOME", "plain", "", '"'];
    expect(splitWords(quoteWords(words))).toEqual(words);
  });
});

describe("the plugin server in Kong's settings", () => {
  it("is found with another name, and together with other plugins", () => {
    const settings = new Map(
      [...settingsOf()].map(([name, setting]) => [name.replace("jwt_policy", "js"), setting] as const),
    );
    settings.set("pluginserver_names", { value: "go, js", source: "x" });
    expect(findServerName(settings)).toBe("js");
    const server = readPluginServer(settings, "js");
    expect(server.options).toMatchObject({
      ok: true,
      value: { policyRoot: "/etc/jwt-policy/policies", statusListen: { port: 8008 } },
    });
  });

  it.each([
    ["none", "none"],
    ["empty", ""],
    ["another one", "go"],
  ])("is not there if the names are %s", (_, value) => {
    expect(findServerName(new Map([["pluginserver_names", { value, source: "x" }]]))).toBeUndefined();
  });

  it("starts without env, with the same options", () => {
    const start = settingsOf().get("pluginserver_jwt_policy_start_cmd")?.value ?? "";
    const server = readPluginServer(
      settingsOf({ pluginserver_jwt_policy_start_cmd: start.replace("/usr/bin/env NODE_ENV=production ", "") }),
      "jwt-policy",
    );
    expect(server.start).toMatchObject({ ok: true, value: { program: "/usr/bin/node" } });
    expect(server.options?.ok).toBe(true);
  });

  it("has a dump file instead of a start command, for a sidecar", () => {
    const server = readPluginServer(
      settingsOf({
        pluginserver_jwt_policy_start_cmd: undefined,
        pluginserver_jwt_policy_query_cmd: "/bin/cat /opt/dump.json",
      }),
      "jwt-policy",
    );
    expect([server.dumpFile, server.start, server.options]).toEqual(["/opt/dump.json", undefined, undefined]);
  });
});
