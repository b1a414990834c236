import { describe, expect, it } from "vitest";
import { DOCTOR_CHECKS } from "../../../cli/doctor/checks/registry.ts";
import type { Setup } from "../../../cli/doctor/model/setup.ts";
import { formatDoctor, runChecks } from "../../../cli/doctor/report-doctor.ts";
import { fail, succeed } from "../../../plugin/core/model/result.ts";
import { renderFacts } from "../../../plugin/kong/facts/facts-variable.ts";
import { goodSetup, SOCKET, settingsOf, unknownSetup, withSettings } from "./good-setup.ts";

/**
 * Differences from a good set-up. A value with the member `ok` replaces the whole result. The members of any other
 * object replace the same members of the good value. Under `settings`, the keys are the names of Kong's settings.
 */
type Changes = Readonly<Partial<Record<keyof Setup, unknown>>>;

const good = goodSetup();
const known = <T>(result: { readonly ok: true; readonly value: T } | { readonly ok: false }): T => {
  if (!result.ok) {
    throw new Error("the good set-up knows everything");
  }
  return result.value;
};
function setupWith({ settings, ...others }: Changes): Setup {
  const isMembers = (value: unknown): value is object =>
    typeof value === "object" && value !== null && !("ok" in value);
  const changed = Object.entries(others).map(([name, value]) => [
    name,
    isMembers(value) ? succeed({ ...(known(good[name as "socket"]) as object), ...value }) : value,
  ]);
  const ofSettings = isMembers(settings) ? withSettings(settings as Parameters<typeof withSettings>[0]) : {};
  return {
    ...goodSetup(),
    ...ofSettings,
    ...(settings && !isMembers(settings) ? { settings } : {}),
    ...Object.fromEntries(changed),
  };
}

/** A set-up with one problem. No check except this one may fail. */
const rowOf =
  (severity: "error" | "warning") =>
  (id: string, title: string, message: string, fix: string, { place, ...changes }: Changes & { place?: string }) => ({
    ...{ severity, id, title, place, changes },
    problem: { id, message: expect.stringContaining(message), fix: expect.stringContaining(fix) },
  });
const fails = rowOf("error");
const warns = rowOf("warning");

const facts = (value: string): string => `$jwt_facts "${value}"`;
const START = settingsOf().get("pluginserver_jwt_policy_start_cmd")?.value ?? "";
const STOCK =
  "/usr/bin/env JWT_POLICY_ROOT=/etc/jwt-policy/policies /usr/bin/node /opt/kong-pdk/bin/kong-js-pluginserver --kong-prefix /run";

const ROWS = [
  fails("node_version", "an old Node runs the command", "Node 18.20.0 is too old", "20.19", { node: "18.20.0" }),
  fails("node_version", "Node 22 before 22.12", "Node 22.11.0", "--node", { node: "22.11.0" }),
  fails("node_version", "Kong starts an old Node", "Node 20.18.9", "--node", { program: { node: "20.18.9" } }),
  fails("kong_version", "a Kong that fails open", "Kong 3.7.1 lets a request pass", "use Kong 3.8", {
    kong: succeed("3.7.1"),
  }),
  fails(
    "plugin_enabled",
    "plugins without the plugin",
    "plugins = bundled,jwt-policies has no jwt-policy",
    "plugins = bundled,jwt-policy",
    { settings: { plugins: "bundled,jwt-policies" }, place: "kong.conf:1:1" },
  ),
  fails("plugin_enabled", "no plugins at all", "plugins is not set", "plugins = bundled,jwt-policy", {
    settings: { plugins: undefined },
  }),
  fails("plugin_server", "a plugin server of another plugin only", "pluginserver_names = go", "kong env", {
    settings: succeed(settingsOf({ pluginserver_names: "go" })),
    server: fail("Kong's settings have no plugin server for jwt-policy"),
  }),
  fails(
    "plugin_server",
    "two sockets",
    `the server listens on ${SOCKET}, but Kong connects to /usr/local/kong/other.socket`,
    "the same path",
    { settings: { pluginserver_jwt_policy_socket: "/usr/local/kong/other.socket" }, place: "kong.conf:3:1" },
  ),
  fails("plugin_server", "no query command", "query_cmd is missing", "kong env", {
    settings: { pluginserver_jwt_policy_query_cmd: "" },
  }),
  fails("plugin_server", "a command that relies on PATH", 'starts "node", which is not an absolute path', "kong env", {
    settings: {
      pluginserver_jwt_policy_start_cmd: START.replace("/usr/bin/env NODE_ENV=production /usr/bin/node", "node"),
    },
  }),
  fails(
    "plugin_server",
    "two policy roots",
    "the start command has the policy root /srv/policies, but the query command has /etc/jwt-policy/policies",
    "kong env",
    {
      settings: {
        pluginserver_jwt_policy_start_cmd: START.replace("/etc/jwt-policy/policies", "/srv/policies"),
      },
    },
  ),
  fails("server_options", "an option that the server does not have", "--verdict-cash", "correct it", {
    settings: { pluginserver_jwt_policy_start_cmd: `${START} --verdict-cash guard` },
    place: "kong.conf:4:1",
  }),
  fails("server_options", "an option with a wrong value", "--socket-mode must be three octal digits", "correct it", {
    settings: { pluginserver_jwt_policy_start_cmd: `${START} --socket-mode rw` },
  }),
  fails(
    "server_program",
    "a dump of another plugin",
    "/opt/dump.json has no plugin jwt-policy",
    "jwt-policy-server --dump",
    { program: succeed({ node: undefined, dump: "{}", from: "/opt/dump.json" }) },
  ),
  warns("server_program", "a server of another version", "Kong loads jwt-policy 0.0.9", "kong reload", {
    program: {
      dump: known(good.program).dump.replace(/"Version":"[^"]*"/, '"Version":"0.0.9"'),
    },
  }),
  fails("policy_root", "a policy root that is not there", "/etc/x does not exist", "The user kong must be able", {
    policies: { problem: "/etc/x does not exist", files: [] },
  }),
  warns("policy_root", "an empty policy root", "has no policy", "*.yaml", { policies: { files: [] } }),
  fails("policies_valid", "a broken policy", "The key is unknown.", "validate", {
    policies: {
      mistakes: [{ code: "unknown_key", message: "The key is unknown.", file: "p.yaml", line: 3, column: 5 }],
    },
    place: "p.yaml:3:5",
  }),
  fails("fetch_settings", "fetch settings with a mistake", "ca.pem", "fetching-keys", {
    fetchSettings: succeed("ca.pem cannot be read: ENOENT"),
  }),
  fails(
    "state_dir",
    "a state directory that others can write",
    "has mode 770",
    "install -d -o kong -m 700 /var/lib/jwt-policy",
    { stateDir: { mode: 0o770 } },
  ),
  fails("state_dir", "a state directory of another user", "belongs to user 0", "install -d", { stateDir: { uid: 0 } }),
  fails("socket_present", "no socket", `${SOCKET} does not exist`, "start Kong", {
    socket: { kind: "missing", answer: undefined },
  }),
  fails("socket_present", "a file instead of the socket", "is a file, not a socket", "remove it", {
    socket: { kind: "file", answer: undefined },
  }),
  fails(
    "socket_permissions",
    "a directory where every user can put a socket, sticky or not",
    "every user can create files in /tmp (mode 1777)",
    "install -d -o kong -m 700 /run/jwt-policy",
    { socket: { directory: { ...known(good.socket).directory, path: "/tmp", mode: 0o1777 } } },
  ),
  fails("socket_permissions", "a socket that every user can open", "every user can open", "--socket-mode 600", {
    socket: { mode: 0o666 },
  }),
  fails(
    "socket_permissions",
    "a socket of another user",
    "belongs to user 0 with mode 600, but Kong's workers run as kong",
    "one user",
    { socket: { uid: 0 } },
  ),
  fails("socket_answers", "a server that hangs", "no answer in 2000 ms", "restart the server", {
    socket: { answer: fail({ because: "silent", detail: "no answer in 2000 ms" }) },
  }),
  fails("socket_answers", "a socket that a dead server has left", "ECONNREFUSED", "no process listens", {
    socket: { answer: fail({ because: "refused", detail: "ECONNREFUSED" }) },
  }),
  fails("facts_variable", "no facts variable although the server relies on it", "does not set $jwt_facts", "kong env", {
    settings: { nginx_proxy_set: undefined },
  }),
  fails(
    "facts_variable",
    "a facts variable of another version",
    'has the format "2", but this version reads format 3',
    "kong reload",
    { settings: { nginx_proxy_set: facts(renderFacts([]).replace(/^3/, "2")) } },
  ),
  fails(
    "facts_variable",
    "a facts variable that was cut off, such as by a comment sign",
    "differs from the value that `kong env` prints",
    "backslash",
    { settings: { nginx_proxy_set: facts(renderFacts([]).replace("\\n$kong_request_id", "")) } },
  ),
  warns(
    "facts_variable",
    "a facts variable without a header that a policy reads",
    "lacks headers that the policies read: x-tenant",
    "kong env",
    { policies: { headers: ["x-tenant"] } },
  ),
  warns("facts_variable", "a server that does not use the facts variable", "has no --facts-variable", "kong env", {
    settings: { pluginserver_jwt_policy_start_cmd: START.replace(" --facts-variable", "") },
  }),
  warns("read_timeout", "nginx's own time limit", "60 s", "7s", {
    settings: { nginx_proxy_lua_socket_read_timeout: undefined },
  }),
  warns("read_timeout", "a time limit below the plugin's deadline", "2000ms", "7s", {
    settings: { nginx_proxy_lua_socket_read_timeout: "2000ms" },
  }),
  fails("guard_loaded", "a guard that Kong does not find", "no directory of lua_package_path", "--guard", {
    guard: { isEnabled: true },
  }),
  fails("guard_loaded", "a guard of another version", "/opt/guard belongs to another version", "copy plugin/guard", {
    guard: { isEnabled: true, directory: "/opt/guard" },
  }),
  fails("guard_loaded", "Kong's stock server without the guard", "When the stock server dies", "kong env", {
    settings: { pluginserver_jwt_policy_start_cmd: STOCK },
  }),
  fails("routes_judged", "an Admin API that does not answer", "ECONNREFUSED", "--admin-url", {
    gateway: fail({ detail: "the Admin API at http://127.0.0.1:8001 cannot be read: ECONNREFUSED", wasAsked: true }),
  }),
  warns("routes_judged", "a Kong without the plugin", "kong.yml has no jwt-policy plugin", "add the plugin", {
    gateway: { plugins: 0 },
  }),
  warns("routes_judged", "a Route without a policy", 'Route "open"', "docs/reference/lint.md#route_without_policy", {
    gateway: {
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
    },
    place: "kong.yml:4:3",
  }),
  fails("plugins_conflict", "a plugin in conflict", "jwt too", "remove it", {
    gateway: { conflicts: [{ message: "jwt too", fix: "remove it" }] },
  }),
  fails("plugins_order", "a plugin with another order", "moved", "remove the ordering", {
    gateway: { orders: [{ message: "moved", fix: "remove the ordering" }] },
  }),
  fails("issuers_answer", "an issuer that does not answer", "no answer", "validate --online", {
    issuers: {
      findings: [{ code: "issuer_unreachable", message: "no answer", file: "p.yaml", line: 5, column: 13 }],
    },
    place: "p.yaml:5:13",
  }),
  warns("clock", "a clock that is wrong", "90 s behind", "NTP", {
    issuers: { findings: [{ code: "clock_differs", severity: "warning", message: "90 s behind" }] },
  }),
  fails(
    "status_port",
    "a status port that does not answer",
    "does not answer as jwt-policy does: ECONNREFUSED",
    "--status-listen",
    { status: { answer: fail("ECONNREFUSED") } },
  ),
  fails("status_port", "a server that is not ready", "not ready: no keys of acme", "correct these problems", {
    status: { answer: succeed({ isReady: false, reasons: ["no keys of acme"] }) },
  }),
  warns("status_port", "a status port that others reach", "listens on 0.0.0.0", "127.0.0.1:8008", {
    status: { host: "0.0.0.0" },
  }),
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

  it.each(ROWS)("find $title, and nothing else", ({ changes, severity, problem, place }) => {
    const [{ severity: found = "error", file, line, column, ...first } = {}, ...others] = failuresOf(
      setupWith(changes),
    );
    expect(others).toEqual([]);
    expect(first).toMatchObject(problem);
    expect(found).toBe(severity);
    expect(place ?? `${file}:${line}:${column}`).toBe(`${file}:${line}:${column}`);
  });

  it("each fail in at least one set-up of this test, except the check that only reports a fact", () => {
    const failing = new Set(ROWS.map(({ id }) => id));
    expect(DOCTOR_CHECKS.map(({ id }) => id).filter((id) => !failing.has(id))).toEqual(["kong_settings"]);
  });

  it("say why they were not made on a machine without Kong, and report no failure", () => {
    const results = runChecks(unknownSetup());
    const made = results.filter(({ outcome }) => outcome.status !== "not_checked");
    expect(made.map(({ check }) => check.id)).toEqual(["node_version"]);
    const text = formatDoctor(results, false);
    expect(text.match(/^– \w+ +not checked: \S.*$/gm)).toHaveLength(DOCTOR_CHECKS.length - 1);
    expect(text).toContain("1 check passed, no problems, 22 not checked\n");
  });

  it("escape all facts of the set-up, and show no password of a URL", () => {
    const nasty = "\u001b[31m\u202e";
    const gateway = { source: "http://admin:s3cret@127.0.0.1:8001" };
    const text = formatDoctor(runChecks(setupWith({ kong: succeed(`3.9.3${nasty}`), gateway })), false);
    for (const harmful of ["\u001b", "\u202e", "s3cret"]) {
      expect(text).not.toContain(harmful);
    }
  });

  it("do not report files as missing if the user of the command may not see them", () => {
    const hidden = { kind: "hidden", uid: -1, mode: 0 } as const;
    const setup = setupWith({ socket: { ...hidden, answer: undefined }, stateDir: hidden });
    expect(failuresOf(setup)).toEqual([]);
    const notMade = runChecks(setup).filter(({ outcome }) => outcome.status === "not_checked");
    expect(notMade.map(({ check, outcome }) => [check.id, "detail" in outcome && outcome.detail])).toEqual([
      ["state_dir", expect.stringContaining("run doctor as root")],
      ["socket_present", expect.stringContaining("cannot look into /run/jwt-policy: run doctor as root")],
      ["socket_permissions", expect.stringContaining("run doctor as root")],
      ["socket_answers", expect.stringContaining("run doctor as root")],
    ]);
  });

  it("do not require the facts variable if the settings omit it on purpose", () => {
    const start = START.replace(" --facts-variable", "");
    const settings = { nginx_proxy_set: undefined, pluginserver_jwt_policy_start_cmd: start };
    const [found] = failuresOf(setupWith({ settings }));
    expect([found?.id, found?.severity]).toEqual(["facts_variable", "warning"]);
    const guard = { isEnabled: true, directory: "/opt/guard", isSameVersion: true };
    expect(failuresOf(setupWith({ settings, guard }))[0]?.message).toContain("the guard refuses every request");
  });
});
