import { describe, expect, it } from "vitest";
import { isWarning } from "../../../plugin/policy/language/finding.ts";
import { createStateScene, FILE, fromDeck, POLICY, READ, stateWith } from "./state-scene.ts";

const scene = createStateScene();

/** The findings about these states. Each finding is one line: `error 2.yaml:1:1 code message`. */
async function find(...args: Parameters<typeof scene.render>): Promise<string[]> {
  const rendered = await scene.render(...args);
  const findings = rendered.ok ? rendered.value.warnings : rendered.failure;
  const hasError = !findings.every(isWarning);
  expect(rendered.ok, "a mistake for a value that is not a string").toBe(!hasError);
  return findings.map(
    ({ severity = "error", file, line, column, code, message }) =>
      `${severity} ${file}:${line}:${column} ${code} ${message}`,
  );
}

/** Rows of tables: `row` has the parts of a state with one route, and `raw` has the whole state. */
const raw = <Cells extends readonly unknown[]>(...cells: Cells) => cells;
const row = <Cells extends readonly unknown[]>(...cells: [...Cells, Parameters<typeof stateWith>[0]]) =>
  [...cells.slice(0, -1), stateWith(cells.at(-1) as Record<string, unknown>)] as [...Cells, object];

describe("an explicit null counts as absent", () => {
  const nulls = { policy: null, rule: "read" };
  const plugin = (more: object): object => ({ name: "jwt-policy", config: READ, ...more });
  it.each<[what: string, state: object | string]>([
    row("in a plugin's config", { config: { ...FILE, ...nulls } }),
    row("in a plugin's config, all but the policy", { config: { policy: POLICY, policy_file: null, rule: null } }),
    row("in a shared config", {
      plugin: { _config: "x" },
      _plugin_configs: { x: { ...FILE, ...nulls }, unused: null },
    }),
    row("as a plugin's config beside a shared one", {
      plugin: { _config: "x", config: null },
      _plugin_configs: { x: READ },
    }),
    row("in place of a policy that a shared config has", {
      plugin: { _config: "x", config: { policy: POLICY, policy_file: null } },
      _plugin_configs: { x: READ },
    }),
    row("as _config", { plugin: { config: READ, _config: null } }),
    raw("as the entity to which a plugin is attached", {
      plugins: [plugin({ consumer: null, consumer_group: null, service: null, route: null })],
    }),
    row("as protocols of the plugin and its route", {
      plugin: { config: READ, protocols: null },
      route: { protocols: null },
    }),
    row("as tags, name of the instance and switch", {
      plugin: { config: READ, tags: null, instance_name: null, enabled: null },
    }),
    row("as a route's tags and service", { config: READ, route: { tags: null }, routes: null, plugins: null }),
    raw(
      "in YAML without a word",
      `services:\nconsumers:\nplugins:\n  - name: jwt-policy\n    consumer:\n    config:\n      policy_file: things.yaml\n      policy: ~\n      rule: read\n`,
    ),
  ])("%s", async (_what, state) => {
    expect(await find([state])).toEqual([]);
  });

  it("a route whose service is null has no service", async () => {
    const [line] = await find([{ routes: [{ name: "read", paths: ["/"], service: null, plugins: null }] }]);
    expect(line).toContain("route_without_policy");
  });

  it("and a plugin with its own null has no policy", async () => {
    const state = stateWith({ plugin: { _config: "x", config: { policy_file: null } }, _plugin_configs: { x: READ } });
    expect((await find([state])).join()).toContain("policy_missing");
  });
});

describe("the check of decK files", () => {
  it.each<[what: string, words: string, state: object | string]>([
    row("a policy file that is not there", "file_missing", { config: { policy_file: "no.yaml" } }),
    row("a policy file outside the root", "file_outside_root", { config: { policy_file: "../x.yaml" } }),
    row("a mistake in the policy, at its place there", "broken.yaml:4:40 unknown_key", {
      config: { policy_file: "broken.yaml" },
    }),
    row("a mistake in an inline policy", "Line 2, column 1 of the policy: ", {
      config: { policy: "jwt_policy: 1\nnam: x" },
    }),
    row("a file and a policy", "policy_missing", { config: { ...FILE, policy: POLICY } }),
    row("neither", "policy_missing", { config: { rule: "read" } }),
    row("no config", "policy_missing", { plugin: {} }),
    row("a misspelt field", 'Did you mean "policy_file"?', { config: { polcy_file: "things.yaml" } }),
    row("a field that is not a string", "config.rule must be a string", { config: { ...FILE, rule: 7 } }),
    row("a shared config that is not there", 'Did you mean "shared"?', {
      plugin: { _config: "sharde" },
      _plugin_configs: { shared: READ },
    }),
    row("two plugins on one route", "This route has another jwt-policy", {
      config: READ,
      plugins: [{ name: "jwt-policy", route: "read", config: READ }],
    }),
    raw("two global plugins", "Another jwt-policy is global", {
      plugins: [1, 2].map((n) => ({ name: "jwt-policy", instance_name: `n${n}`, config: READ })),
    }),
    raw("a plugin on a consumer", "plugin_on_consumer", {
      consumers: [{ username: "a", plugins: [{ name: "jwt-policy", config: READ }] }],
    }),
    raw("a plugin for a consumer", "plugin_on_consumer", {
      plugins: [{ name: "jwt-policy", consumer: "a", config: READ }],
    }),
    raw("a plugin for a consumer group", "plugin_on_consumer", {
      plugins: [{ name: "jwt-policy", consumer_group: "a", config: READ }],
    }),
    row("an instance name that is taken", "instance_name_twice", {
      config: READ,
      plugins: [{ name: "jwt-policy", instance_name: "read-jwt-policy", config: READ }],
    }),
    raw("text that is no YAML", "syntax_error", "services: ["),
    raw("a list", "wrong_type", [1]),
  ])("reports a mistake for %s", async (_what, words, state) => {
    const found = await find([state]);
    expect(found.filter((line) => line.startsWith("error")).join("\n")).toContain(words);
  });

  it.each<[what: string, words: string | undefined, state: object]>([
    row("a route without any jwt-policy", 'route_without_policy Route "read"', {}),
    row("a route whose jwt-policy is off", "route_without_policy", { plugin: { enabled: false, config: READ } }),
    row("a route whose policy has no rule with the route's name", "route_without_rule", {
      config: FILE,
      route: { name: "reports" },
    }),
    row("a route that accepts http, with a jwt-policy plugin for https", "takes http,", {
      plugin: { config: READ, protocols: ["https"] },
    }),
    row("a policy that decK puts in later", "not_checked", { config: { policy_file: fromDeck("DECK_POLICY") } }),
    row("a rule that decK puts in later", "not_checked", { config: { ...FILE, rule: fromDeck("DECK_RULE") } }),
    row("a route by the tag of the guard", undefined, { route: { tags: ["jwt-policy-public"] } }),
    row("a rule by the route's name", undefined, { config: FILE }),
    row("a rule by the route's tag", undefined, {
      config: FILE,
      route: { name: "x", tags: ["jwt-policy-rule:tagged"] },
    }),
    row("a route that the service's plugin governs", undefined, {
      plugins: [{ name: "jwt-policy", service: "s", config: READ }],
    }),
    raw("a top-level route that uses its service's plugin", undefined, {
      services: [{ name: "s", id: "7", url: "http://up.example", plugins: [{ name: "jwt-policy", config: READ }] }],
      routes: [{ name: "r", paths: ["/"], service: { id: "7" } }],
    }),
    row("a route with an id that uses a top-level plugin", undefined, {
      route: { id: "7" },
      plugins: [{ name: "jwt-policy", route: "7", config: READ }],
    }),
    row("a route that the global plugin governs", undefined, { plugins: [{ name: "jwt-policy", config: FILE }] }),
    row(
      "a route without a rule, under a policy in report mode: what report mode does",
      'has no rule in policy "things": report mode lets every request pass and logs no_matching_rule; in enforce mode every request gets 403. Add',
      { config: { policy_file: "reports.yaml" }, route: { name: "reports" } },
    ),
    row(
      "a route whose methods lack OPTIONS, with a global cors plugin",
      'preflight_not_routed Route "read" accepts only GET, POST, so Kong answers 404 to CORS preflights',
      { config: READ, route: { methods: ["GET", "POST"] }, plugins: [{ name: "cors" }] },
    ),
    row("such a route, with the cors plugin of its service", "preflight_not_routed", {
      config: READ,
      route: { methods: ["GET"] },
      plugins: [{ name: "cors", service: "s" }],
    }),
    row("a route for OPTIONS too", undefined, {
      config: READ,
      route: { methods: ["GET", "OPTIONS"] },
      plugins: [{ name: "cors" }],
    }),
    row("a route for all methods", undefined, { config: READ, plugins: [{ name: "cors" }] }),
    row("a route for GET without any cors", undefined, { config: READ, route: { methods: ["GET"] } }),
    row("a route for GET, with a disabled cors plugin", undefined, {
      config: READ,
      route: { methods: ["GET"] },
      plugins: [{ name: "cors", enabled: false }],
    }),
    row("a route for GET, with the cors plugin of another service", undefined, {
      config: READ,
      route: { methods: ["GET"] },
      plugins: [{ name: "cors", service: "other" }],
    }),
    raw("a route for GET, and a route for OPTIONS with the same path", undefined, {
      services: [
        {
          name: "s",
          url: "http://up.example",
          plugins: [{ name: "jwt-policy", config: READ }, { name: "cors" }],
          routes: [
            { name: "read", paths: ["/r"], methods: ["GET"] },
            { name: "preflights", paths: ["/r"], methods: ["OPTIONS"] },
          ],
        },
      ],
    }),
  ])("reports the expected warning, or none, for %s", async (_what, words, state) => {
    const found = await find([state]);
    expect(found).toEqual(words === undefined ? [] : [expect.stringContaining(words)]);
    expect(found.every((line) => line.startsWith("warning"))).toBe(true);
  });

  it.each<[what: string, one: object, two: object, selectTags: string[], words: string]>([
    [
      "workspaces",
      { _workspace: "a" },
      { _workspace: "b" },
      [],
      '2.yaml:1:1 files_differ "_workspace" has another value in 1.yaml',
    ],
    ["shared configs", { _plugin_configs: { x: READ } }, { _plugin_configs: { x: FILE } }, [], '"x" has another value'],
    [
      "select_tags",
      { _info: { select_tags: ["a"] } },
      { _info: { select_tags: ["b"] } },
      [],
      '"select_tags" has another value',
    ],
    ["select_tags and the option", { _info: { select_tags: ["a"] } }, {}, ["b"], "in --select-tag"],
  ])("reports a mistake for files that differ in %s", async (_what, one, two, selectTags, words) => {
    expect(await find([one, two], { selectTags })).toEqual([expect.stringContaining(words)]);
  });

  it("reports a mistake once for a policy that many plugins use", async () => {
    const plugins = ["a", "b"].map((route) => ({ name: "jwt-policy", route, config: { policy_file: "broken.yaml" } }));
    expect(await find([{ plugins }])).toHaveLength(2); // The missing key and the unknown one.
  });

  it("reports a mistake for aliases that expand to too much text", async () => {
    const levels = Array.from(
      { length: 9 },
      (_, n) => `a${n}: &a${n} [${Array(10).fill(n === 0 ? "x" : `*a${n - 1}`)}]`,
    );
    expect(await find([levels.join("\n")])).toEqual([expect.stringContaining("more than 200000 values")]);
  });

  it("reports a mistake for an alias within its own anchor", async () => {
    expect(await find(["services: &a [*a]"])).toEqual([expect.stringContaining("syntax_error")]);
  });
});

describe("an operation that its Kong Route cannot reach", () => {
  const policyOf = (path: string, methods = "GET"): string =>
    `${POLICY}  paths: { operations: [{ methods: [${methods}], path: "${path}" }] }\n`;
  const outside = async (path: string, route: object, methods?: string): Promise<number> => {
    const state = stateWith({ config: { policy: policyOf(path, methods) }, route: { name: "paths", ...route } });
    return (await find([state])).filter((line) => line.includes(" operation_outside_route ")).length;
  };

  it.each<[path: string, route: object]>([
    ["/orders", { paths: ["/xyz"] }],
    ["/orders/{id}", { paths: ["/xyz", "/abc"] }],
    ["/orders", { paths: ["/orders/x"] }],
    ["/orders", { paths: ["/orders"], methods: ["POST"] }],
  ])("%s on %j is a warning", async (path, route) => expect(await outside(path, route)).toBe(1));

  it.each<[path: string, route: object]>([
    ["/orders", { paths: ["/orders"] }],
    ["/orders/{id}", { paths: ["/xyz", "/orders"] }],
    ["/{tenant}/orders", { paths: ["/acme"] }],
    ["/orders", { paths: ["~/ord.*"] }],
    ["/orders", { paths: null }],
    ["/orders", { paths: ["/"], methods: ["GET"] }],
  ])("%s on %j is no warning", async (path, route) => expect(await outside(path, route)).toBe(0));
});
