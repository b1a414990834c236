import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { runCli } from "../../test/cli/run-cli.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { row } from "../../test/row.ts";
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

const NOTHING_ELSE = "error jwt-policy: its config takes policy_file, policy and rule, and nothing else.";
const NO_CONSUMER = "error jwt-policy: it cannot be for a Consumer";
const READS_HEADER = "warn On the same Route or Service, this plugin and jwt-policy both read the Authorization header";

const route = (...plugins: readonly object[]) => ({ name: "read", paths: ["/"], plugins });
const onRoute = (...plugins: readonly object[]): object => ({
  _format_version: "3.0",
  services: [{ name: "s", url: "http://up.example", routes: [route(...plugins)] }],
});
/** If a row has a list of plugins, the state has these plugins on a route. */
const stateOf = (state: object): object => (Array.isArray(state) ? onRoute(...state) : state);

describe("the ruleset for `deck file lint`", () => {
  if (missing !== undefined) {
    reportMissing("finds what is wrong", missing);
    return;
  }

  it.each<[what: string, state: object]>([
    row("a route's plugin", [GOOD]),
    row("an inline policy", [{ ...GOOD, config: { policy: "jwt_policy: 1", rule: "read" } }]),
    row("explicit nulls, as in a dump", [
      { ...GOOD, consumer: null, consumer_group: null, protocols: null, config: { ...GOOD.config, policy: null } },
    ]),
    row("a shared config", {
      ...onRoute({ ...GOOD, config: undefined, _config: "x" }),
      _plugin_configs: { x: GOOD.config },
    }),
    row("a rule beside a shared config", {
      ...onRoute({ ...GOOD, config: { rule: "read" }, _config: "x" }),
      _plugin_configs: { x: { policy_file: "a" } },
    }),
    row("a global plugin without a rule", { plugins: [{ ...GOOD, config: { policy_file: "a" } }] }),
    row("a service's plugin without a rule", {
      services: [{ name: "s", plugins: [{ ...GOOD, config: { policy_file: "a" } }] }],
    }),
    row("other plugins beside it", [GOOD, { name: "cors", config: { whatever: 1 } }, { name: "key-auth" }]),
    row("other plugins alone", {
      ...onRoute({ name: "jwt" }),
      consumers: [{ username: "a", plugins: [{ name: "cors" }] }],
    }),
  ])("reports nothing about %s", (_what, state) => {
    expect(lint(stateOf(state))).toEqual({ status: 0, findings: [] });
  });

  it.each<[what: string, finding: string, state: object]>([
    row("an unknown field", NOTHING_ELSE, [{ ...GOOD, config: { ...GOOD.config, polcy: "x" } }]),
    row("a field that is not a string", NOTHING_ELSE, [{ ...GOOD, config: { ...GOOD.config, rule: 7 } }]),
    row("a file and a policy", "error jwt-policy: its config has both", [
      { ...GOOD, config: { ...GOOD.config, policy: "x" } },
    ]),
    row("no policy", "error jwt-policy: its config has no policy;", [{ ...GOOD, config: { rule: "read" } }]),
    row("null in place of a policy", "error jwt-policy: its config has no policy;", [
      { ...GOOD, config: { rule: "read", policy: null, policy_file: null } },
    ]),
    row("null in place of a rule", "warn jwt-policy: name its rule in the config;", [
      { ...GOOD, config: { policy_file: "a", rule: null } },
    ]),
    row("null in place of an instance_name", "warn jwt-policy: it has no instance_name;", [
      { ...GOOD, instance_name: null },
    ]),
    row("no config", "error jwt-policy: its config has no policy;", { plugins: [{ ...GOOD, config: undefined }] }),
    row("a consumer's plugin", NO_CONSUMER, { consumers: [{ username: "a", plugins: [GOOD] }] }),
    row("a consumer group's plugin", NO_CONSUMER, { consumer_groups: [{ name: "a", plugins: [GOOD] }] }),
    row("a plugin for a consumer", NO_CONSUMER, { plugins: [{ ...GOOD, consumer: "a" }] }),
    row("a plugin for a consumer group", NO_CONSUMER, { plugins: [{ ...GOOD, consumer_group: "a" }] }),
    row("no rule on a route", "warn jwt-policy: name its rule in the config;", [
      { ...GOOD, config: { policy_file: "a" } },
    ]),
    row("no rule on a route at the top", "warn jwt-policy: name its rule in the config;", {
      routes: [route({ ...GOOD, config: { policy_file: "a" } })],
    }),
    row("no instance_name", "warn jwt-policy: it has no instance_name;", [{ ...GOOD, instance_name: undefined }]),
    row("protocols", "warn jwt-policy: it judges only requests of the protocols that it lists;", [
      { ...GOOD, protocols: ["https"] },
    ]),
    row("Kong's own jwt on the same route", READS_HEADER, [GOOD, { name: "jwt" }]),
    row("Kong's own oauth2 on the same route at the top", READS_HEADER, { routes: [route(GOOD, { name: "oauth2" })] }),
    row("Kong's own jwt on the same service", READS_HEADER, {
      services: [{ name: "s", plugins: [GOOD, { name: "jwt" }] }],
    }),
  ])("finds %s, once for each plugin, and fails on errors", (_what, finding, state) => {
    const { status, findings } = lint(stateOf(state));
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
