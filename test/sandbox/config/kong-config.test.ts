import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { describeMistakes, readKongConfig } from "../../../sandbox/config/kong-config.ts";

/** Mistakes as `line:column message`. */
function problemsOf(text: string): string[] {
  const read = readKongConfig(text);
  return read.ok ? [] : read.failure.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

function configOf(text: string) {
  const read = readKongConfig(text);
  if (!read.ok) {
    throw new Error(describeMistakes(read.failure, "text"));
  }
  return read.value;
}

const HEAD = '_format_version: "3.0"\n';

/** A service with one route; `route` and `plugin` are lines of the route's map. */
function withRoute(...lines: string[]): string {
  return `${HEAD}services:\n- name: s\n  url: http://localhost:9000\n  routes:\n  - ${lines.join("\n    ")}\n`;
}

describe("a kong.yml that the sandbox supports", () => {
  test("the one of this repository is read", async () => {
    const config = configOf(await readFile(new URL("../../../kong.yml", import.meta.url), "utf8"));
    expect(config.routes.map(({ name }) => name)).toContain("payments-read");
    expect(config.plugins.filter(({ routeId, serviceId }) => !routeId && !serviceId)).toHaveLength(1);
  });

  test("defaults are Kong's", () => {
    const [route] = configOf(withRoute("paths: [/a]")).routes;
    expect(route).toMatchObject({
      stripPath: true,
      preserveHost: false,
      protocols: ["http", "https"],
      service: { host: "localhost", port: 9000, connectTimeout: 60_000, readTimeout: 60_000 },
    });
    expect(route?.service.path).toBeUndefined();
  });

  test("ids are those that Kong derives from names", () => {
    // As computed by Kong 3.9.3's own Lua for these names.
    const text = `${HEAD}services: [{name: payments, url: "http://h", routes: [{name: payments-read, paths: [/a],
      plugins: [{name: jwt-policy, config: {policy: x}}]}]}]`;
    const { routes, plugins } = configOf(text);
    expect(routes[0]?.service.id).toBe("fd8d2f1e-aa5a-5a85-beb8-23c26cee9582");
    expect(routes[0]?.id).toBe("b87c39fb-a466-5c5b-879e-8d88bf148eaf");
    expect(plugins[0]).toMatchObject({
      id: "eab0b393-a2af-5742-8616-1b625630cb45",
      routeId: "b87c39fb-a466-5c5b-879e-8d88bf148eaf",
    });
  });

  test("a service may be given by its parts", () => {
    const text = `${HEAD}services: [{name: s, host: h, port: 81, path: /base, routes: [{paths: [/a]}]}]`;
    expect(configOf(text).routes[0]?.service).toMatchObject({ host: "h", port: 81, path: "/base" });
  });

  test("anchors and aliases are followed", () => {
    const text = withRoute("paths: &p [/a]").concat("- name: t\n  url: http://t\n  routes: [{paths: *p}]\n");
    expect(configOf(text).routes.map(({ paths }) => paths)).toEqual([["/a"], ["/a"]]);
  });

  test("an explicit null means that a field is not there, as on Kong", () => {
    const plugin =
      "{name: jwt-policy, instance_name: null, tags: ~, route: null, service: , consumer: null, config: {policy_file: p.yaml, policy: null, rule: null}}";
    const nulls = "name: null, methods: null, hosts: null, tags: null, headers: null, snis: null, service: null";
    const text = `${HEAD}consumers: null
services:
- {name: s, url: "http://localhost:9000", path: null, tags: null, connect_timeout: null, client_certificate: null, plugins: null, routes: [{paths: [/a], ${nulls}, plugins: [${plugin}]}]}
plugins: null
`;
    const { routes, plugins, consumers } = configOf(text);
    expect(consumers).toEqual([]);
    expect(routes).toMatchObject([{ paths: ["/a"], protocols: ["http", "https"] }]);
    expect(plugins.map(({ config }) => config)).toEqual([{ policy_file: "p.yaml" }]);
    expect(plugins[0]).not.toHaveProperty("instanceName");
  });

  test("a service's parts may be null beside its url, and not without one", () => {
    const parts = "protocol: null, host: null, port: null";
    expect(configOf(`${HEAD}services: [{name: s, id: null, url: "http://localhost:9000", ${parts}}]`).routes).toEqual(
      [],
    );
    expect(problemsOf(`${HEAD}services: [{name: s, host: h, port: null}]`)).toHaveLength(1);
    expect(problemsOf(`${HEAD}services: [{name: s, host: h, url: null}]`)).toHaveLength(1);
  });

  test.each(["protocols: null", "strip_path: null", "preserve_host: null", "paths: [null]"])(
    "but not where Kong requires a value: %s",
    (line) => {
      const others = line.startsWith("paths") ? "methods: [GET]" : "paths: [/a]";
      expect(problemsOf(withRoute(others, line))).toHaveLength(1);
    },
  );

  test("and not for a plugin's config, its switch, or a field that Kong does not know", () => {
    const plugin = (more: string): string[] =>
      problemsOf(withRoute("paths: [/a]", `plugins: [{name: jwt-policy, ${more}}]`));
    expect(plugin("config: null")).toHaveLength(1);
    expect(plugin("enabled: null, config: {policy: x}")).toHaveLength(1);
    expect(plugin("wat: null, config: {policy: x}")).toHaveLength(1);
    expect(plugin("config: {policy: null, policy_file: null}")).toHaveLength(1);
  });

  test("a plugin may be on a service, on a route, global, and off", () => {
    const plugin = "{name: jwt-policy, enabled: false, config: {policy_file: a.yaml, rule: r}}";
    const text = withRoute("paths: [/a]", `plugins: [${plugin}]`).concat(
      `  plugins: [${plugin}]\nplugins: [${plugin}]\n`,
    );
    const { plugins } = configOf(text);
    expect(plugins.map(({ routeId, serviceId, enabled }) => [Boolean(routeId), Boolean(serviceId), enabled])).toEqual([
      [false, false, false],
      [false, true, false],
      [true, false, false],
    ]);
  });
});

describe("what the sandbox does not support is refused with its name and place", () => {
  const config = "config: {policy_file: p.yaml}";
  test.each<[what: string, text: string, problems: (string | RegExp)[]]>([
    ["nothing", "", ["1:1 This must be a map, not empty."]],
    ["no map", "- a", ["1:1 This must be a map, not a list."]],
    ["broken YAML", "a: [", [/^1:5 /]],
    ["a key given twice", `${HEAD}plugins: []\nplugins: []`, ["3:1 This key is here twice; keep one of them."]],
    ["no version", "services: []", ['1:1 The key "_format_version" is missing.']],
    ["another version", "_format_version: 3.0", ['1:18 This must be "3.0", not 3.']],
    [
      "a consumer without a name",
      `${HEAD}consumers: [{tags: [a]}]`,
      ["2:13 A Consumer needs a username or a custom_id."],
    ],
    ["a consumer's empty name", `${HEAD}consumers: [{username: ""}]`, ["2:24 This must have at least 1 character."]],
    [
      "two consumers of one name",
      `${HEAD}consumers: [{username: a}, {username: a}]`,
      ['2:39 The username "a" appears twice.'],
    ],
    [
      "two consumers of one custom_id",
      `${HEAD}consumers: [{custom_id: a}, {custom_id: a}]`,
      ['2:41 The custom_id "a" appears twice.'],
    ],
    [
      "credentials of a consumer",
      `${HEAD}consumers: [{username: a, keyauth_credentials: []}]`,
      [/^2:27 The key "keyauth_credentials" is not known here/],
    ],
    [
      "upstreams",
      `${HEAD}upstreams: []`,
      [/^2:1 The key "upstreams" is not known here. Known here: _format_version, consumers, services, plugins\.$/],
    ],
    [
      "routes outside of a service",
      `${HEAD}routes: []`,
      ['2:1 The key "routes" cannot be used here. Write Routes under their Service.'],
    ],
    [
      "an unknown key of a service",
      `${HEAD}services: [{name: s, url: "http://h", retries: 1}]`,
      ['2:39 The key "retries" cannot be used here. The sandbox does not retry.'],
    ],
    [
      "https upstream",
      `${HEAD}services: [{name: s, url: "https://h"}]`,
      [/^2:27 "https:\/\/h" is not a valid address. The sandbox proxies only to http/],
    ],
    ["no address", `${HEAD}services: [{name: s}]`, [/^2:12 A Service needs either "url"/]],
    ["two addresses", `${HEAD}services: [{name: s, url: "http://h", host: h}]`, [/^2:12 A Service needs either "url"/]],
    [
      "a regular expression",
      withRoute("paths: [~/a$]"),
      [/^6:13 "~\/a\$" is not a valid path. .*not support regular expressions/],
    ],
    ["a path not in normal form", withRoute("paths: [/a/../b]"), ['6:13 This path is not in normal form: write "/b".']],
    ["an empty segment", withRoute("paths: [/a//b]"), [/^6:13 "\/a\/\/b" is not a valid path/]],
    ["a route for everything", withRoute("name: r"), ["6:5 A Route needs at least one of methods, hosts and paths."]],
    ["headers", withRoute("paths: [/a]", "headers: {x: [y]}"), [/^7:5 The key "headers" cannot be used here/]],
    ["a wildcard in the middle", withRoute("hosts: [a.*.b]"), [/^6:13 "a\.\*\.b" is not a valid host/]],
    [
      "a method in small letters",
      withRoute("methods: [get]"),
      ['6:15 "get" is not a valid method. Write it in capitals. Example: GET.'],
    ],
    ["tcp", withRoute("paths: [/a]", "protocols: [tcp]"), [/^7:17 "tcp" is not a valid protocol/]],
    ["a Route for gRPC", withRoute("paths: [/a]", "protocols: [http, grpc]"), [/^7:23 .*gRPC needs a real Kong/]],
    ["a Service for gRPC", `${HEAD}services: [{name: s, url: "grpc://h:1"}]`, [/^2:27 .*only to http/]],
    [
      "another plugin",
      `${HEAD}plugins:\n- name: cors\n  config: {}`,
      [/^3:9 "cors" .*The sandbox runs only jwt-policy/],
    ],
    [
      "a plugin for a consumer",
      `${HEAD}plugins:\n- name: jwt-policy\n  consumer: c\n  ${config}`,
      [/^4:3 The key "consumer" cannot be used here/],
    ],
    [
      "an unknown key of the config",
      `${HEAD}plugins:\n- name: jwt-policy\n  config: {policy_fil: x}`,
      ['4:12 The key "policy_fil" is not known here. Did you mean "policy_file"?'],
    ],
    [
      "no policy",
      `${HEAD}plugins:\n- name: jwt-policy\n  config: {rule: x}`,
      [/^4:11 The plugin's config needs either/],
    ],
    [
      "two policies",
      `${HEAD}plugins:\n- name: jwt-policy\n  config: {policy: x, policy_file: y}`,
      [/^4:11 The plugin's config needs either/],
    ],
    ["no config", `${HEAD}plugins:\n- name: jwt-policy`, ['3:3 The key "config" is missing.']],
    [
      "a wrong type",
      withRoute("paths: [/a]", "strip_path: yes please"),
      ['7:17 This must be true or false, not "yes please".'],
    ],
    ["no value", withRoute("paths:"), [/^6:5 A Route needs at least one of/]],
    [
      "a service twice",
      `${HEAD}services:\n- {name: s, url: "http://h"}\n- {name: s, url: "http://h"}`,
      ['4:10 The Service name "s" appears twice.'],
    ],
    [
      "a route twice",
      withRoute("name: r", "paths: [/a]").concat("  - name: r\n    paths: [/b]\n"),
      ['8:11 The Route name "r" appears twice.'],
    ],
    [
      "a plugin twice",
      `${HEAD}plugins:\n- name: jwt-policy\n  ${config}\n- name: jwt-policy\n  ${config}`,
      ["5:3 The plugin jwt-policy appears twice for the same scope."],
    ],
    [
      "an instance name twice",
      withRoute("paths: [/a]", `plugins: [{name: jwt-policy, instance_name: i, ${config}}]`).concat(
        `plugins: [{name: jwt-policy, instance_name: i, ${config}}]\n`,
      ),
      [/The instance_name "i" appears twice/],
    ],
    [
      "several at once",
      withRoute("paths: [~/a]", "snis: [x]", "strip_path: 1"),
      [/^6:13 /, /^7:5 .*"snis"/, /^8:17 .*not 1/],
    ],
  ])("%s", (_, text, expected) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(expected.length);
    for (const [index, one] of expected.entries()) {
      expect(problems[index]).toMatch(one);
    }
  });
});
