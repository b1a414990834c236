import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { runCli } from "../../test/cli/run-cli.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { findMissingDeck, runDeck } from "./deck-binary.ts";

const missing = findMissingDeck();
const RULESET = "deploy/deck/ruleset.yaml";
const EXAMPLES = ["deploy/deck/payments.yaml", "deploy/deck/platform.yaml"];
const GOOD = { name: "jwt-policy", instance_name: "i", config: { policy_file: "things.yaml", rule: "read" } };

interface Finding {
  readonly Message: string;
  readonly Severity: string;
}

/** The output and exit code of `deck file lint` for a state, with the ruleset of our package. */
function lint(state: string | object): { readonly status: number | null; readonly findings: readonly string[] } {
  const input = typeof state === "string" ? state : stringify(state, { aliasDuplicateObjects: false });
  const { status, stdout } = runDeck(["file", "lint", "-s", "-", "--format", "json", RULESET], { input });
  const { results } = JSON.parse(stdout) as { results: readonly Finding[] };
  return { status, findings: results.map(({ Severity, Message }) => `${Severity} ${Message}`) };
}

const route = (...plugins: readonly object[]) => ({ name: "read", paths: ["/"], plugins });
const onRoute = (...plugins: readonly object[]): object => ({
  _format_version: "3.0",
  services: [{ name: "s", url: "http://up.example", routes: [route(...plugins)] }],
});

describe("the ruleset for `deck file lint`", () => {
  if (missing !== undefined) {
    reportMissing("finds what is wrong", missing);
    return;
  }

  it.each<[what: string, state: object]>([
    ["a route's plugin", onRoute(GOOD)],
    ["an inline policy", onRoute({ ...GOOD, config: { policy: "jwt_policy: 1", rule: "read" } })],
    ["explicit nulls", onRoute({ ...GOOD, config: { ...GOOD.config, policy: null } })],
    [
      "a shared config",
      { ...onRoute({ ...GOOD, config: undefined, _config: "x" }), _plugin_configs: { x: GOOD.config } },
    ],
    [
      "a rule beside a shared config",
      { ...onRoute({ ...GOOD, config: { rule: "read" }, _config: "x" }), _plugin_configs: { x: { policy_file: "a" } } },
    ],
    ["a global plugin without a rule", { plugins: [{ ...GOOD, config: { policy_file: "a" } }] }],
    [
      "a service's plugin without a rule",
      { services: [{ name: "s", plugins: [{ ...GOOD, config: { policy_file: "a" } }] }] },
    ],
    ["other plugins beside it", onRoute(GOOD, { name: "cors", config: { whatever: 1 } }, { name: "key-auth" })],
    [
      "other plugins alone",
      { ...onRoute({ name: "jwt" }), consumers: [{ username: "a", plugins: [{ name: "cors" }] }] },
    ],
  ])("reports nothing about %s", (_what, state) => {
    expect(lint(state)).toEqual({ status: 0, findings: [] });
  });

  it.each<[what: string, state: object, finding: string]>([
    [
      "an unknown field",
      onRoute({ ...GOOD, config: { ...GOOD.config, polcy: "x" } }),
      "error jwt-policy: its config takes policy_file, policy and rule, and nothing else.",
    ],
    [
      "a field that is not a string",
      onRoute({ ...GOOD, config: { ...GOOD.config, rule: 7 } }),
      "error jwt-policy: its config takes policy_file, policy and rule, and nothing else.",
    ],
    [
      "a file and a policy",
      onRoute({ ...GOOD, config: { ...GOOD.config, policy: "x" } }),
      "error jwt-policy: its config has both",
    ],
    ["no policy", onRoute({ ...GOOD, config: { rule: "read" } }), "error jwt-policy: its config has no policy;"],
    ["no config", { plugins: [{ ...GOOD, config: undefined }] }, "error jwt-policy: its config has no policy;"],
    [
      "a consumer's plugin",
      { consumers: [{ username: "a", plugins: [GOOD] }] },
      "error jwt-policy: it cannot be for a Consumer",
    ],
    [
      "a consumer group's plugin",
      { consumer_groups: [{ name: "a", plugins: [GOOD] }] },
      "error jwt-policy: it cannot be for a Consumer",
    ],
    [
      "a plugin for a consumer",
      { plugins: [{ ...GOOD, consumer: "a" }] },
      "error jwt-policy: it cannot be for a Consumer",
    ],
    [
      "a plugin for a consumer group",
      { plugins: [{ ...GOOD, consumer_group: "a" }] },
      "error jwt-policy: it cannot be for a Consumer",
    ],
    [
      "no rule on a route",
      onRoute({ ...GOOD, config: { policy_file: "a" } }),
      "warn jwt-policy: name its rule in the config;",
    ],
    [
      "no rule on a route at the top",
      { routes: [route({ ...GOOD, config: { policy_file: "a" } })] },
      "warn jwt-policy: name its rule in the config;",
    ],
    ["no instance_name", onRoute({ ...GOOD, instance_name: undefined }), "warn jwt-policy: it has no instance_name;"],
    [
      "protocols",
      onRoute({ ...GOOD, protocols: ["https"] }),
      "warn jwt-policy: it judges only requests of the protocols that it lists;",
    ],
    [
      "Kong's own jwt on the same route",
      onRoute(GOOD, { name: "jwt" }),
      "warn This plugin reads the Authorization header",
    ],
    [
      "Kong's own oauth2 on the same route at the top",
      { routes: [route(GOOD, { name: "oauth2" })] },
      "warn This plugin reads the Authorization header",
    ],
    [
      "Kong's own jwt on the same service",
      { services: [{ name: "s", plugins: [GOOD, { name: "jwt" }] }] },
      "warn This plugin reads the Authorization header",
    ],
  ])("finds %s, once for each plugin, and fails on errors", (_what, state, finding) => {
    const { status, findings } = lint(state);
    expect(findings).toEqual([expect.stringContaining(finding)]);
    expect(status).toBe(finding.startsWith("error") ? 1 : 0);
  });

  it("reports each of several plugins", () => {
    const bad = { ...GOOD, config: { rule: "read" } };
    const state = { services: [{ name: "s", plugins: [bad], routes: [route(bad), route(GOOD)] }], plugins: [bad] };
    expect(lint(state).findings).toHaveLength(3);
  });
});

describe("the output of `kong-jwt-policy render` for the examples", () => {
  if (missing !== undefined) {
    reportMissing("is good for decK", missing);
    return;
  }
  const { stdout: rendered } = runCli(["render", ...EXAMPLES, "--tag", "t", "--inline"]);

  it("passes `deck file validate` and `deck file lint`", () => {
    expect(runDeck(["file", "validate", "-"], { input: rendered })).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(lint(rendered)).toEqual({ status: 0, findings: [] });
  });

  it("has the same meaning after `deck file render`", () => {
    const { status, stdout } = runDeck(["file", "render", "-"], { input: rendered });
    expect(status).toBe(0);
    const pluginsOf = (text: string): unknown[] => {
      const { services, plugins } = parse(text);
      const routes = services.flatMap(({ routes }: { routes: object[] }) => routes);
      return [...routes, { plugins }].flatMap(({ plugins }) => plugins ?? []);
    };
    expect(pluginsOf(stdout)).toHaveLength(4);
    expect(pluginsOf(stdout)).toEqual(expect.arrayContaining(pluginsOf(rendered)));
  });
});
