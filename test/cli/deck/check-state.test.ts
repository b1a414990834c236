import { afterAll, describe, expect, it } from "vitest";
import { isWarning } from "../../../plugin/policy/language/finding.ts";
import { createStateScene, FILE, fromDeck, POLICY, READ, routeWith } from "./state-scene.ts";

const scene = createStateScene();
afterAll(scene.remove);

/** The findings about these states, one line each: `error 2.yaml:1:1 code message`. */
async function find(...args: Parameters<typeof scene.render>): Promise<string[]> {
  const rendered = await scene.render(...args);
  const findings = rendered.ok ? rendered.value.warnings : rendered.failure;
  const hasError = !findings.every(isWarning);
  expect(rendered.ok, "a mistake and no text, or a string").toBe(!hasError);
  return findings.map(
    ({ severity = "error", file, line, column, code, message }) =>
      `${severity} ${file}:${line}:${column} ${code} ${message}`,
  );
}

describe("an explicit null counts as absent", () => {
  const nulls = { policy: null, rule: "read" };
  const plugin = (more: object): object => ({ name: "jwt-policy", config: READ, ...more });
  it.each<[what: string, state: object | string]>([
    ["in a plugin's config", routeWith({ config: { ...FILE, ...nulls } })],
    [
      "in a plugin's config, all but the policy",
      routeWith({ config: { policy: POLICY, policy_file: null, rule: null } }),
    ],
    [
      "in a shared config",
      { ...routeWith({ _config: "x" }), _plugin_configs: { x: { ...FILE, ...nulls }, unused: null } },
    ],
    [
      "as a plugin's config beside a shared one",
      { ...routeWith({ _config: "x", config: null }), _plugin_configs: { x: READ } },
    ],
    [
      "in place of a policy that a shared config has",
      { ...routeWith({ _config: "x", config: { policy: POLICY, policy_file: null } }), _plugin_configs: { x: READ } },
    ],
    ["as _config", routeWith({ config: READ, _config: null })],
    [
      "as what a plugin is attached to",
      { plugins: [plugin({ consumer: null, consumer_group: null, service: null, route: null })] },
    ],
    ["as protocols of the plugin and its route", routeWith({ config: READ, protocols: null }, { protocols: null })],
    [
      "as tags, name of the instance and switch",
      routeWith({ config: READ, tags: null, instance_name: null, enabled: null }),
    ],
    ["as a route's tags and service", { ...routeWith({ config: READ }, { tags: null }), routes: null, plugins: null }],
    [
      "in YAML without a word",
      `services:\nconsumers:\nplugins:\n  - name: jwt-policy\n    consumer:\n    config:\n      policy_file: things.yaml\n      policy: ~\n      rule: read\n`,
    ],
  ])("%s", async (_what, state) => {
    expect(await find([state])).toEqual([]);
  });

  it("so a route whose service is null has no service", async () => {
    const [line] = await find([{ routes: [{ name: "read", paths: ["/"], service: null, plugins: null }] }]);
    expect(line).toContain("route_without_policy");
  });

  it("and a plugin with a null of its own has no policy", async () => {
    const state = { ...routeWith({ _config: "x", config: { policy_file: null } }), _plugin_configs: { x: READ } };
    expect((await find([state])).join()).toContain("policy_missing");
  });
});

describe("findings about decK files", () => {
  it.each<[what: string, state: object | string, words: string]>([
    ["a policy file that is not there", routeWith({ config: { policy_file: "no.yaml" } }), "file_missing"],
    ["a policy file outside the root", routeWith({ config: { policy_file: "../x.yaml" } }), "file_outside_root"],
    [
      "a mistake in the policy, at its place there",
      routeWith({ config: { policy_file: "broken.yaml" } }),
      "broken.yaml:4:40 unknown_key",
    ],
    [
      "a mistake in an inline policy",
      routeWith({ config: { policy: "jwt_policy: 1\nnam: x" } }),
      "Line 2, column 1 of the policy: ",
    ],
    ["a file and a policy", routeWith({ config: { ...FILE, policy: POLICY } }), "policy_missing"],
    ["neither", routeWith({ config: { rule: "read" } }), "policy_missing"],
    ["no config", routeWith({}), "policy_missing"],
    ["a misspelt field", routeWith({ config: { polcy_file: "things.yaml" } }), 'Did you mean "policy_file"?'],
    ["a field that is not a string", routeWith({ config: { ...FILE, rule: 7 } }), "config.rule must be a string"],
    [
      "a shared config that is not there",
      { ...routeWith({ _config: "sharde" }), _plugin_configs: { shared: READ } },
      'Did you mean "shared"?',
    ],
    [
      "two plugins on one route",
      { ...routeWith({ config: READ }), plugins: [{ name: "jwt-policy", route: "read", config: READ }] },
      "This route has another jwt-policy",
    ],
    [
      "two global plugins",
      { plugins: [1, 2].map((n) => ({ name: "jwt-policy", instance_name: `n${n}`, config: READ })) },
      "Another jwt-policy is global",
    ],
    [
      "a plugin on a consumer",
      { consumers: [{ username: "a", plugins: [{ name: "jwt-policy", config: READ }] }] },
      "plugin_on_consumer",
    ],
    [
      "a plugin for a consumer",
      { plugins: [{ name: "jwt-policy", consumer: "a", config: READ }] },
      "plugin_on_consumer",
    ],
    [
      "a plugin for a consumer group",
      { plugins: [{ name: "jwt-policy", consumer_group: "a", config: READ }] },
      "plugin_on_consumer",
    ],
    [
      "an instance name that is taken",
      {
        ...routeWith({ config: READ }),
        plugins: [{ name: "jwt-policy", instance_name: "read-jwt-policy", config: READ }],
      },
      "instance_name_twice",
    ],
    ["text that is no YAML", "services: [", "syntax_error"],
    ["a list", [1], "wrong_type"],
  ])("is a mistake for %s", async (_what, state, words) => {
    const found = await find([state]);
    expect(found.filter((line) => line.startsWith("error")).join("\n")).toContain(words);
  });

  it.each<[what: string, state: object, words: string | undefined]>([
    ["a route without any jwt-policy", routeWith(), 'route_without_policy Route "read"'],
    ["a route whose jwt-policy is off", routeWith({ enabled: false, config: READ }), "route_without_policy"],
    [
      "a route whose policy has no rule of its name",
      routeWith({ config: FILE }, { name: "reports" }),
      "route_without_rule",
    ],
    [
      "a route that takes http beside a jwt-policy for https",
      routeWith({ config: READ, protocols: ["https"] }),
      "takes http,",
    ],
    [
      "a policy that decK puts in later",
      routeWith({ config: { policy_file: fromDeck("DECK_POLICY") } }),
      "not_checked",
    ],
    ["a rule that decK puts in later", routeWith({ config: { ...FILE, rule: fromDeck("DECK_RULE") } }), "not_checked"],
    ["a route by the tag of the guard", routeWith(undefined, { tags: ["jwt-policy-public"] }), undefined],
    ["a rule by the route's name", routeWith({ config: FILE }), undefined],
    [
      "a rule by the route's tag",
      routeWith({ config: FILE }, { name: "x", tags: ["jwt-policy-rule:tagged"] }),
      undefined,
    ],
    [
      "a route that the service's plugin governs",
      { ...routeWith(), plugins: [{ name: "jwt-policy", service: "s", config: READ }] },
      undefined,
    ],
    [
      "a route at the top that its service's plugin governs",
      {
        services: [{ name: "s", id: "7", url: "http://up.example", plugins: [{ name: "jwt-policy", config: READ }] }],
        routes: [{ name: "r", paths: ["/"], service: { id: "7" } }],
      },
      undefined,
    ],
    [
      "a route by id that a plugin at the top governs",
      {
        ...routeWith(undefined, { id: "7" }),
        plugins: [{ name: "jwt-policy", route: "7", config: READ }],
      },
      undefined,
    ],
    [
      "a route that the global plugin governs",
      { ...routeWith(), plugins: [{ name: "jwt-policy", config: FILE }] },
      undefined,
    ],
    [
      "a route without a rule, under a policy in report mode: what report mode does",
      routeWith({ config: { policy_file: "reports.yaml" } }, { name: "reports" }),
      'has no rule in policy "things": report mode lets every request pass and logs no_matching_rule; in enforce mode every request gets 403. Add',
    ],
    [
      "a route whose methods leave out OPTIONS beside a global cors",
      { ...routeWith({ config: READ }, { methods: ["GET", "POST"] }), plugins: [{ name: "cors" }] },
      'preflight_not_routed Route "read" accepts only GET, POST, so Kong answers 404 to CORS preflights',
    ],
    [
      "such a route beside the cors of its service",
      { ...routeWith({ config: READ }, { methods: ["GET"] }), plugins: [{ name: "cors", service: "s" }] },
      "preflight_not_routed",
    ],
    [
      "a route for OPTIONS too",
      { ...routeWith({ config: READ }, { methods: ["GET", "OPTIONS"] }), plugins: [{ name: "cors" }] },
      undefined,
    ],
    ["a route for all methods", { ...routeWith({ config: READ }), plugins: [{ name: "cors" }] }, undefined],
    ["a route for GET without any cors", routeWith({ config: READ }, { methods: ["GET"] }), undefined],
    [
      "a route for GET beside a cors that is off",
      { ...routeWith({ config: READ }, { methods: ["GET"] }), plugins: [{ name: "cors", enabled: false }] },
      undefined,
    ],
    [
      "a route for GET beside the cors of another service",
      { ...routeWith({ config: READ }, { methods: ["GET"] }), plugins: [{ name: "cors", service: "other" }] },
      undefined,
    ],
    [
      "a route for GET beside one for OPTIONS with its path",
      {
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
      },
      undefined,
    ],
  ])("is a warning, if it should be one, for %s", async (_what, state, words) => {
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
  ])("is a mistake for files that differ in %s", async (_what, one, two, selectTags, words) => {
    expect(await find([one, two], { selectTags })).toEqual([expect.stringContaining(words)]);
  });

  it("is reported once for a policy that many plugins use", async () => {
    const plugins = ["a", "b"].map((route) => ({ name: "jwt-policy", route, config: { policy_file: "broken.yaml" } }));
    expect(await find([{ plugins }])).toHaveLength(2); // The missing key and the unknown one.
  });

  it("is a mistake for aliases that expand to too much text", async () => {
    const levels = Array.from(
      { length: 9 },
      (_, n) => `a${n}: &a${n} [${Array(10).fill(n === 0 ? "x" : `*a${n - 1}`)}]`,
    );
    expect(await find([levels.join("\n")])).toEqual([expect.stringContaining("more than 200000 values")]);
  });

  it("is a mistake for an alias within its own anchor", async () => {
    expect(await find(["services: &a [*a]"])).toEqual([expect.stringContaining("syntax_error")]);
  });
});

describe("an operation that its Kong Route cannot reach", () => {
  const policyOf = (path: string, methods = "GET"): string =>
    `${POLICY}  paths: { operations: [{ methods: [${methods}], path: "${path}" }] }\n`;
  const outside = async (path: string, route: object, methods?: string): Promise<number> => {
    const state = routeWith({ config: { policy: policyOf(path, methods) } }, { name: "paths", ...route });
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
