import { describe, expect, it } from "vitest";
import { addGuardSettings } from "../../../plugin/server/settings/guard-settings.ts";
import { createKongSettings, isKongSupported, renderCommand } from "../../../plugin/server/settings/kong-settings.ts";

const INSTALLATION = {
  ...{ node: "/usr/bin/node", serverMain: "/p/server.mjs", launcherMain: "/p/launcher.mjs" },
  ...{ socket: "/run/s", policyRoot: "/etc/my policies", fetchSettings: undefined, stateDir: undefined },
  ...{ statusListen: undefined, headers: [], environment: {} },
};

describe("the settings for Kong", () => {
  const { KONG_NGINX_PROXY_SET: facts, ...others } = createKongSettings(INSTALLATION);

  it("name the plugin, its socket, its two commands and the time limit, and nothing else", () => {
    const places = "--socket /run/s --policy-root '/etc/my policies'";
    expect(others).toEqual({
      KONG_PLUGINS: "bundled,jwt-policy",
      KONG_PLUGINSERVER_NAMES: "jwt-policy",
      KONG_PLUGINSERVER_JWT_POLICY_SOCKET: "/run/s",
      KONG_PLUGINSERVER_JWT_POLICY_START_CMD: `/usr/bin/env /usr/bin/node /p/launcher.mjs --parent $PPID ${places} --facts-variable`,
      KONG_PLUGINSERVER_JWT_POLICY_QUERY_CMD: `/usr/bin/env /usr/bin/node /p/server.mjs --dump ${places}`,
      KONG_NGINX_PROXY_LUA_SOCKET_READ_TIMEOUT: "7s",
    });
    expect(facts).toMatch(/^\$jwt_facts "[^"]*"$/);
    expect(facts).not.toContain("$http_x_tenant");
  });

  it("have each option of the server, but the query command has only the options that it checks", () => {
    const settings = createKongSettings({
      ...INSTALLATION,
      ...{ fetchSettings: "/f", stateDir: "/st", statusListen: "[::1]:1", decisionLog: "/d", abuse: "/a" },
      ...{ verdictCache: "server", headers: ["x-tenant"], environment: { TZ: "it's" } },
    });
    const env = `/usr/bin/env 'TZ=it'\\''s' /usr/bin/node`;
    const places = "--socket /run/s --policy-root '/etc/my policies'";
    expect(settings).toMatchObject({
      KONG_PLUGINSERVER_JWT_POLICY_START_CMD:
        `${env} /p/launcher.mjs --parent $PPID ${places} --state-dir /st --facts-variable --fetch-settings /f` +
        ` --status-listen '[::1]:1' --decision-log /d --abuse /a --verdict-cache server`,
      KONG_PLUGINSERVER_JWT_POLICY_QUERY_CMD: `${env} /p/server.mjs --dump ${places} --fetch-settings /f --decision-log /d --abuse /a`,
      KONG_NGINX_PROXY_SET: expect.stringContaining("$http_x_tenant"),
    });
  });

  it("load the guard beside the plugin, with the guard's Lua path before Kong's own Lua path", () => {
    expect(addGuardSettings(others, "/p/guard")).toEqual({
      ...others,
      KONG_PLUGINS: "bundled,jwt-policy,jwt-policy-guard",
      KONG_LUA_PACKAGE_PATH: "/p/guard/?.lua;;",
    });
  });
});

it.each([
  ["a", "a"],
  ["/a_b.c=d:e@f%g+h,i-j9Z", "/a_b.c=d:e@f%g+h,i-j9Z"],
  ["", "''"],
  ["a b", "'a b'"],
  ["$x", "'$x'"],
  ["~", "'~'"],
  ["a\n", "'a\n'"],
  ["a'b'", `'a'\\''b'\\'''`],
])("a shell reads the word %j unchanged", (word, quoted) => {
  expect(renderCommand({}, [word])).toBe(`/usr/bin/env ${quoted}`);
});

it.each([
  ["3.8", true],
  ["3.8.0", true],
  ["3.7.9", false],
  ["2.9.1", false],
  ["4.0", true],
  ["Kong Enterprise 3.10.0.2", true],
  ["3", undefined],
  ["", undefined],
])("whether Kong %j can run the plugin: %s", (version, isSupported) => {
  expect(isKongSupported(version)).toBe(isSupported);
});
