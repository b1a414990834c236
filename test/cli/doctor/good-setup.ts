import type { Setup } from "../../../cli/doctor/model/setup.ts";
import { readPluginServer } from "../../../cli/doctor/settings/plugin-server.ts";
import type { KongSettings, Setting } from "../../../cli/doctor/settings/read-settings.ts";
import { fail, succeed } from "../../../plugin/core/model/result.ts";
import { renderDump } from "../../../plugin/server/settings/dump.ts";
import { createKongSettings } from "../../../plugin/server/settings/kong-settings.ts";

export const SOCKET = "/run/jwt-policy/jwt-policy.socket";

/** Kong's settings as `kong env` prints them, with changes. A setting that is undefined is left out. */
export function settingsOf(changes: Readonly<Record<string, string | undefined>> = {}): KongSettings {
  const printed = createKongSettings({
    node: "/usr/bin/node",
    serverMain: "/opt/jwt-policy/jwt-policy-server.mjs",
    launcherMain: "/opt/jwt-policy/jwt-policy-launcher.mjs",
    socket: SOCKET,
    policyRoot: "/etc/jwt-policy/policies",
    fetchSettings: undefined,
    stateDir: "/var/lib/jwt-policy",
    statusListen: "127.0.0.1:8008",
    headers: [],
    environment: { NODE_ENV: "production" },
  });
  const named = Object.entries(printed).map(([name, value]) => [name.slice("KONG_".length).toLowerCase(), value]);
  const all: Readonly<Record<string, string | undefined>> = { ...Object.fromEntries(named), ...changes };
  return new Map(
    Object.entries(all).flatMap(([name, value], index): [string, Setting][] =>
      value === undefined ? [] : [[name, { value, source: name, file: "kong.conf", line: index + 1 }]],
    ),
  );
}

/** A set-up with other settings. */
export function withSettings(changes: Readonly<Record<string, string | undefined>>): Partial<Setup> {
  const settings = settingsOf(changes);
  return { settings: succeed(settings), server: succeed(readPluginServer(settings, "jwt-policy")) };
}

/** A set-up without problems. */
export function goodSetup(): Setup {
  const path = { path: SOCKET, kind: "socket", uid: 990, mode: 0o600 } as const;
  return {
    node: "22.12.0",
    kong: succeed("3.9.3"),
    settings: succeed(settingsOf()),
    server: succeed(readPluginServer(settingsOf(), "jwt-policy")),
    program: succeed({ node: "20.19.0", dump: renderDump(), from: "/opt/jwt-policy/jwt-policy-server.mjs" }),
    worker: succeed({ name: "kong", uid: 990, gids: [990] }),
    socket: succeed({
      ...path,
      directory: { path: "/run/jwt-policy", kind: "directory", uid: 990, mode: 0o700 },
      createProblem: undefined,
      answer: succeed(undefined),
    }),
    policies: succeed({
      root: "/etc/jwt-policy/policies",
      problem: undefined,
      files: ["payments.yaml"],
      mistakes: [],
      headers: [],
    }),
    fetchSettings: succeed(undefined),
    stateDir: succeed({ path: "/var/lib/jwt-policy", kind: "directory", uid: 990, mode: 0o700 }),
    guard: succeed({ isEnabled: false, directory: undefined, isSameVersion: false }),
    gateway: succeed({ source: "kong.yml", routes: 2, plugins: 1, findings: [], conflicts: [], orders: [] }),
    issuers: succeed({
      issuers: [
        {
          id: "acme",
          issuer: "https://idp.example.com",
          places: [
            {
              from: "discovery",
              failure: null,
              keys: [{ kid: "1", algorithm: "RS256" }],
              not_used: [],
              announced: null,
              refresh_seconds: 300,
              clock_ahead_seconds: 0,
            },
          ],
        },
      ],
      findings: [],
    }),
    status: succeed({
      url: "http://127.0.0.1:8008/status",
      host: "127.0.0.1",
      answer: succeed({ isReady: true, reasons: [] }),
    }),
  };
}

/** A machine without Kong, and without any part of a set-up. */
export function unknownSetup(): Setup {
  const unknown = fail("it is not known");
  return {
    node: "22.12.0",
    kong: unknown,
    settings: unknown,
    server: unknown,
    program: unknown,
    worker: unknown,
    socket: unknown,
    policies: unknown,
    fetchSettings: unknown,
    stateDir: unknown,
    guard: unknown,
    gateway: fail({ detail: "it is not known", wasAsked: false }),
    issuers: unknown,
    status: unknown,
  };
}
