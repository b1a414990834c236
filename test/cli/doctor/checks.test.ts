import { describe, expect, it } from "vitest";
import { DOCTOR_CHECKS } from "../../../cli/doctor/checks/registry.ts";
import type { Setup } from "../../../cli/doctor/model/setup.ts";
import { formatDoctor, runChecks } from "../../../cli/doctor/report-doctor.ts";
import { fail, succeed } from "../../../plugin/core/model/result.ts";
import { renderFacts } from "../../../plugin/kong/facts/facts-variable.ts";
import { goodSetup, SOCKET, settingsOf, unknownSetup, withSettings } from "./good-setup.ts";

interface Row {
  readonly title: string;
  readonly change: Partial<Setup>;
  /** The check that fails. No other one may fail. */
  readonly id: string;
  readonly severity?: "warning";
  /** In the message, and in the remedy. */
  readonly message: string;
  readonly fix: string;
  readonly place?: string;
}

const good = goodSetup();
const known = <T>(result: { readonly ok: true; readonly value: T } | { readonly ok: false }): T => {
  if (!result.ok) {
    throw new Error("the good set-up knows everything");
  }
  return result.value;
};
const socketWith = (change: Partial<ReturnType<typeof socketOf>>): Partial<Setup> => ({
  socket: succeed({ ...socketOf(), ...change }),
});
const socketOf = () => known(good.socket);
const policiesWith = (change: object): Partial<Setup> => ({
  policies: succeed({ ...known(good.policies), ...change }),
});
const gatewayWith = (change: object): Partial<Setup> => ({ gateway: succeed({ ...known(good.gateway), ...change }) });
const statusWith = (change: object): Partial<Setup> => ({ status: succeed({ ...known(good.status), ...change }) });
const issuersWith = (change: object): Partial<Setup> => ({ issuers: succeed({ ...known(good.issuers), ...change }) });
const facts = (value: string): string => `$jwt_facts "${value}"`;
const START = settingsOf().get("pluginserver_jwt_policy_start_cmd")?.value ?? "";
const stock = withSettings({
  pluginserver_jwt_policy_start_cmd:
    "/usr/bin/env JWT_POLICY_ROOT=/etc/jwt-policy/policies /usr/bin/node /opt/kong-pdk/bin/kong-js-pluginserver --kong-prefix /run",
});

const ROWS: readonly Row[] = [
  {
    title: "an old Node runs the command",
    change: { node: "18.20.0" },
    id: "node_version",
    message: "Node 18.20.0 is too old",
    fix: "20.19",
  },
  {
    title: "Node 22 before 22.12",
    change: { node: "22.11.0" },
    id: "node_version",
    message: "Node 22.11.0",
    fix: "--node",
  },
  {
    title: "Kong starts an old Node",
    change: { program: succeed({ ...known(good.program), node: "20.18.9" }) },
    id: "node_version",
    message: "Node 20.18.9",
    fix: "--node",
  },
  {
    title: "a Kong that fails open",
    change: { kong: succeed("3.7.1") },
    id: "kong_version",
    message: "Kong 3.7.1 lets a request pass",
    fix: "use Kong 3.8",
  },
  {
    title: "plugins without the plugin",
    change: withSettings({ plugins: "bundled,jwt-policies" }),
    id: "plugin_enabled",
    message: "plugins = bundled,jwt-policies has no jwt-policy",
    fix: "plugins = bundled,jwt-policy",
    place: "kong.conf:1:1",
  },
  {
    title: "no plugins at all",
    change: withSettings({ plugins: undefined }),
    id: "plugin_enabled",
    message: "plugins is not set",
    fix: "plugins = bundled,jwt-policy",
  },
  {
    title: "a plugin server of another plugin only",
    change: {
      settings: succeed(settingsOf({ pluginserver_names: "go" })),
      server: fail("Kong's settings have no plugin server for jwt-policy"),
    },
    id: "plugin_server",
    message: "pluginserver_names = go",
    fix: "kong env",
  },
  {
    title: "two sockets",
    change: withSettings({ pluginserver_jwt_policy_socket: "/usr/local/kong/other.socket" }),
    id: "plugin_server",
    message: `the server listens on ${SOCKET}, but Kong connects to /usr/local/kong/other.socket`,
    fix: "the same path",
    place: "kong.conf:3:1",
  },
  {
    title: "no query command",
    change: withSettings({ pluginserver_jwt_policy_query_cmd: "" }),
    id: "plugin_server",
    message: "query_cmd is missing",
    fix: "kong env",
  },
  {
    title: "a command that relies on PATH",
    change: withSettings({
      pluginserver_jwt_policy_start_cmd: START.replace("/usr/bin/env NODE_ENV=production /usr/bin/node", "node"),
    }),
    id: "plugin_server",
    message: 'starts "node", which is not an absolute path',
    fix: "kong env",
  },
  {
    title: "two policy roots",
    change: withSettings({
      pluginserver_jwt_policy_start_cmd: START.replace("/etc/jwt-policy/policies", "/srv/policies"),
    }),
    id: "plugin_server",
    message: "the start command has the policy root /srv/policies, but the query command has /etc/jwt-policy/policies",
    fix: "kong env",
  },
  {
    title: "an option that the server does not have",
    change: withSettings({ pluginserver_jwt_policy_start_cmd: `${START} --verdict-cash guard` }),
    id: "server_options",
    message: "--verdict-cash",
    fix: "correct it",
    place: "kong.conf:4:1",
  },
  {
    title: "an option with a wrong value",
    change: withSettings({ pluginserver_jwt_policy_start_cmd: `${START} --socket-mode rw` }),
    id: "server_options",
    message: "--socket-mode must be three octal digits",
    fix: "correct it",
  },
  {
    title: "a dump of another plugin",
    change: { program: succeed({ node: undefined, dump: "{}", from: "/opt/dump.json" }) },
    id: "server_program",
    message: "/opt/dump.json has no plugin jwt-policy",
    fix: "jwt-policy-server --dump",
  },
  {
    title: "a server of another version",
    change: {
      program: succeed({
        ...known(good.program),
        dump: known(good.program).dump.replace(/"Version":"[^"]*"/, '"Version":"0.0.9"'),
      }),
    },
    id: "server_program",
    severity: "warning",
    message: "Kong loads jwt-policy 0.0.9",
    fix: "kong reload",
  },
  {
    title: "a policy root that is not there",
    change: policiesWith({ problem: "/etc/x does not exist", files: [] }),
    id: "policy_root",
    message: "/etc/x does not exist",
    fix: "The user kong must be able",
  },
  {
    title: "an empty policy root",
    change: policiesWith({ files: [] }),
    id: "policy_root",
    severity: "warning",
    message: "has no policy",
    fix: "*.yaml",
  },
  {
    title: "a broken policy",
    change: policiesWith({
      mistakes: [{ code: "unknown_key", message: "The key is unknown.", file: "p.yaml", line: 3, column: 5 }],
    }),
    id: "policies_valid",
    message: "The key is unknown.",
    fix: "validate",
    place: "p.yaml:3:5",
  },
  {
    title: "fetch settings with a mistake",
    change: { fetchSettings: succeed("ca.pem cannot be read: ENOENT") },
    id: "fetch_settings",
    message: "ca.pem",
    fix: "fetching-keys",
  },
  {
    title: "a state directory that others can write",
    change: { stateDir: succeed({ ...known(good.stateDir), mode: 0o770 }) },
    id: "state_dir",
    message: "has mode 770",
    fix: "install -d -o kong -m 700 /var/lib/jwt-policy",
  },
  {
    title: "a state directory of another user",
    change: { stateDir: succeed({ ...known(good.stateDir), uid: 0 }) },
    id: "state_dir",
    message: "belongs to user 0",
    fix: "install -d",
  },
  {
    title: "no socket",
    change: socketWith({ kind: "missing", answer: undefined }),
    id: "socket_present",
    message: `${SOCKET} does not exist`,
    fix: "start Kong",
  },
  {
    title: "a file in the place of the socket",
    change: socketWith({ kind: "file", answer: undefined }),
    id: "socket_present",
    message: "is a file, not a socket",
    fix: "remove it",
  },
  {
    title: "a directory where every user can put a socket, sticky or not",
    change: socketWith({ directory: { ...socketOf().directory, path: "/tmp", mode: 0o1777 } }),
    id: "socket_permissions",
    message: "every user can create files in /tmp (mode 1777)",
    fix: "install -d -o kong -m 700 /run/jwt-policy",
  },
  {
    title: "a socket that every user can open",
    change: socketWith({ mode: 0o666 }),
    id: "socket_permissions",
    message: "every user can open",
    fix: "--socket-mode 600",
  },
  {
    title: "a socket of another user",
    change: socketWith({ uid: 0 }),
    id: "socket_permissions",
    message: "belongs to user 0 with mode 600, but Kong's workers run as kong",
    fix: "one user",
  },
  {
    title: "a server that hangs",
    change: socketWith({ answer: fail({ because: "silent", detail: "no answer in 2000 ms" }) }),
    id: "socket_answers",
    message: "no answer in 2000 ms",
    fix: "restart the server",
  },
  {
    title: "a socket that a dead server has left",
    change: socketWith({ answer: fail({ because: "refused", detail: "ECONNREFUSED" }) }),
    id: "socket_answers",
    message: "ECONNREFUSED",
    fix: "no process listens",
  },
  {
    title: "no facts variable although the server relies on it",
    change: withSettings({ nginx_proxy_set: undefined }),
    id: "facts_variable",
    message: "does not set $jwt_facts",
    fix: "kong env",
  },
  {
    title: "a facts variable of another version",
    change: withSettings({ nginx_proxy_set: facts(renderFacts([]).replace(/^3/, "2")) }),
    id: "facts_variable",
    message: 'has the format "2", but this version reads format 3',
    fix: "kong reload",
  },
  {
    title: "a facts variable that was cut off, such as by a comment sign",
    change: withSettings({ nginx_proxy_set: facts(renderFacts([]).replace("\\n$kong_request_id", "")) }),
    id: "facts_variable",
    message: "differs from the value that `kong env` prints",
    fix: "backslash",
  },
  {
    title: "a facts variable without a header that a policy reads",
    change: policiesWith({ headers: ["x-tenant"] }),
    id: "facts_variable",
    severity: "warning",
    message: "lacks headers that the policies read: x-tenant",
    fix: "kong env",
  },
  {
    title: "a server that does not know of the facts variable",
    change: withSettings({ pluginserver_jwt_policy_start_cmd: START.replace(" --facts-variable", "") }),
    id: "facts_variable",
    severity: "warning",
    message: "has no --facts-variable",
    fix: "kong env",
  },
  {
    title: "nginx's own time limit",
    change: withSettings({ nginx_proxy_lua_socket_read_timeout: undefined }),
    id: "read_timeout",
    severity: "warning",
    message: "60 s",
    fix: "7s",
  },
  {
    title: "a time limit below the plugin's deadline",
    change: withSettings({ nginx_proxy_lua_socket_read_timeout: "2000ms" }),
    id: "read_timeout",
    severity: "warning",
    message: "2000ms",
    fix: "7s",
  },
  {
    title: "a guard that Kong does not find",
    change: { guard: succeed({ isEnabled: true, directory: undefined, isSameVersion: false }) },
    id: "guard_loaded",
    message: "no directory of lua_package_path",
    fix: "--guard",
  },
  {
    title: "a guard of another version",
    change: { guard: succeed({ isEnabled: true, directory: "/opt/guard", isSameVersion: false }) },
    id: "guard_loaded",
    message: "/opt/guard belongs to another version",
    fix: "copy plugin/guard",
  },
  {
    title: "Kong's stock server without the guard",
    change: stock,
    id: "guard_loaded",
    message: "When the stock server dies",
    fix: "kong env",
  },
  {
    title: "an Admin API that does not answer",
    change: {
      gateway: fail({ detail: "the Admin API at http://127.0.0.1:8001 cannot be read: ECONNREFUSED", wasAsked: true }),
    },
    id: "routes_judged",
    message: "ECONNREFUSED",
    fix: "--admin-url",
  },
  {
    title: "a Kong without the plugin",
    change: gatewayWith({ plugins: 0 }),
    id: "routes_judged",
    severity: "warning",
    message: "kong.yml has no jwt-policy plugin",
    fix: "add the plugin",
  },
  {
    title: "a Route without a policy",
    change: gatewayWith({
      findings: [
        {
          code: "route_without_policy",
          severity: "warning",
          message: 'Route "open" has no jwt-policy plugin',
          file: "kong.yml",
          line: 4,
          column: 3,
        },
      ],
    }),
    id: "routes_judged",
    severity: "warning",
    message: 'Route "open"',
    fix: "docs/reference/lint.md#route_without_policy",
    place: "kong.yml:4:3",
  },
  {
    title: "a plugin in conflict",
    change: gatewayWith({ conflicts: [{ message: "jwt too", fix: "remove it" }] }),
    id: "plugins_conflict",
    message: "jwt too",
    fix: "remove it",
  },
  {
    title: "a plugin with another order",
    change: gatewayWith({ orders: [{ message: "moved", fix: "remove the ordering" }] }),
    id: "plugins_order",
    message: "moved",
    fix: "remove the ordering",
  },
  {
    title: "an issuer that does not answer",
    change: issuersWith({
      findings: [{ code: "issuer_unreachable", message: "no answer", file: "p.yaml", line: 5, column: 13 }],
    }),
    id: "issuers_answer",
    message: "no answer",
    fix: "validate --online",
    place: "p.yaml:5:13",
  },
  {
    title: "a clock that is wrong",
    change: issuersWith({ findings: [{ code: "clock_differs", severity: "warning", message: "90 s behind" }] }),
    id: "clock",
    severity: "warning",
    message: "90 s behind",
    fix: "NTP",
  },
  {
    title: "a status port that does not answer",
    change: statusWith({ answer: fail("ECONNREFUSED") }),
    id: "status_port",
    message: "does not answer as jwt-policy does: ECONNREFUSED",
    fix: "--status-listen",
  },
  {
    title: "a server that is not ready",
    change: statusWith({ answer: succeed({ isReady: false, reasons: ["no keys of acme"] }) }),
    id: "status_port",
    message: "not ready: no keys of acme",
    fix: "correct these problems",
  },
  {
    title: "a status port that others reach",
    change: statusWith({ host: "0.0.0.0" }),
    id: "status_port",
    severity: "warning",
    message: "listens on 0.0.0.0",
    fix: "127.0.0.1:8008",
  },
];

const failuresOf = (setup: Setup) =>
  runChecks(setup).flatMap(({ check, outcome }) =>
    outcome.status === "failed" ? outcome.problems.map((problem) => ({ id: check.id, ...problem })) : [],
  );

describe("the checks of doctor", () => {
  it("pass for a set-up as `kong env` prints it", () => {
    expect(failuresOf(goodSetup())).toEqual([]);
    expect(runChecks(goodSetup()).filter(({ outcome }) => outcome.status !== "passed")).toEqual([]);
  });

  it.each(ROWS)("find $title, and nothing else", ({ change, id, severity, message, fix, place }) => {
    const [found, ...others] = failuresOf({ ...goodSetup(), ...change });
    expect(others).toEqual([]);
    expect(found?.id).toBe(id);
    expect(found?.message).toContain(message);
    expect(found?.fix).toContain(fix);
    expect(found?.severity ?? "error").toBe(severity ?? "error");
    expect([found?.file, found?.line, found?.column].filter((part) => part !== undefined).join(":")).toBe(
      place ?? [found?.file, found?.line, found?.column].filter((part) => part !== undefined).join(":"),
    );
  });

  it("has a set-up here in which each check fails, except the one that only says what is known", () => {
    const failing = new Set(ROWS.map(({ id }) => id));
    expect(DOCTOR_CHECKS.map(({ id }) => id).filter((id) => !failing.has(id))).toEqual(["kong_settings"]);
  });

  it("says of each check why it was not made on a machine without Kong, and fails none", () => {
    const results = runChecks(unknownSetup());
    const made = results.filter(({ outcome }) => outcome.status !== "not_checked");
    expect(made.map(({ check }) => check.id)).toEqual(["node_version"]);
    const text = formatDoctor(results, false);
    expect(text.match(/^– \w+ +not checked: \S.*$/gm)).toHaveLength(DOCTOR_CHECKS.length - 1);
    expect(text).toContain("1 check passed, no problems, 22 not checked\n");
  });

  it("shows no facts of the set-up unescaped, and no password of a URL", () => {
    const nasty = "\u001b[31m\u202e";
    const text = formatDoctor(
      runChecks({
        ...goodSetup(),
        kong: succeed(`3.9.3${nasty}`),
        ...gatewayWith({ source: "http://admin:s3cret@127.0.0.1:8001" }),
      }),
      false,
    );
    for (const harmful of ["\u001b", "\u202e", "s3cret"]) {
      expect(text).not.toContain(harmful);
    }
  });

  it("does not take for missing what the user of the command may not see", () => {
    const hidden = { kind: "hidden", uid: -1, mode: 0 } as const;
    const setup = {
      ...goodSetup(),
      ...socketWith({ ...hidden, answer: undefined }),
      stateDir: succeed({ ...known(good.stateDir), ...hidden }),
    };
    expect(failuresOf(setup)).toEqual([]);
    const notMade = runChecks(setup).filter(({ outcome }) => outcome.status === "not_checked");
    expect(notMade.map(({ check, outcome }) => [check.id, "detail" in outcome && outcome.detail])).toEqual([
      ["state_dir", expect.stringContaining("run doctor as root")],
      ["socket_present", expect.stringContaining("cannot look into /run/jwt-policy: run doctor as root")],
      ["socket_permissions", expect.stringContaining("run doctor as root")],
      ["socket_answers", expect.stringContaining("run doctor as root")],
    ]);
  });

  it("does not need the facts variable where the settings leave it out on purpose", () => {
    const without = withSettings({
      nginx_proxy_set: undefined,
      pluginserver_jwt_policy_start_cmd: START.replace(" --facts-variable", ""),
    });
    const [found] = failuresOf({ ...goodSetup(), ...without });
    expect([found?.id, found?.severity]).toEqual(["facts_variable", "warning"]);
    const guarded = { guard: succeed({ isEnabled: true, directory: "/opt/guard", isSameVersion: true }) };
    expect(failuresOf({ ...goodSetup(), ...without, ...guarded })[0]?.message).toContain(
      "the guard refuses every request",
    );
  });
});
