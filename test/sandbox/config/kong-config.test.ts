import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { describeMistakes, readKongConfig } from "../../../sandbox/config/kong-config.ts";
import { row } from "../../row.ts";

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

/** A service with one route. `route` and `plugin` are lines of the route's map. */
function withRoute(...lines: string[]): string {
  return `${HEAD}services:\n- name: s\n  url: http://localhost:9000\n  routes:\n  - ${lines.join("\n    ")}\n`;
}

describe("a kong.yml that the sandbox supports", () => {
  test("the kong.yml of this repository is read", async () => {
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
    // Kong 3.9.3's own Lua code computed these ids for these names.
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

  test("a service may have parts instead of a URL", () => {
    const text = `${HEAD}services: [{name: s, host: h, port: 81, path: /base, routes: [{paths: [/a]}]}]`;
    expect(configOf(text).routes[0]?.service).toMatchObject({ host: "h", port: 81, path: "/base" });
  });

  test("anchors and aliases are followed", () => {
    const text = withRoute("paths: &p [/a]").concat("- name: t\n  url: http://t\n  routes: [{paths: *p}]\n");
    expect(configOf(text).routes.map(({ paths }) => paths)).toEqual([["/a"], ["/a"]]);
  });

  test("a field with an explicit null counts as absent, as on Kong", () => {
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

  test("a service's parts may be null together with a url, but not without a url", () => {
    const parts = "protocol: null, host: null, port: null";
    expect(configOf(`${HEAD}services: [{name: s, id: null, url: "http://localhost:9000", ${parts}}]`).routes).toEqual(
      [],
    );
    expect(problemsOf(`${HEAD}services: [{name: s, host: h, port: null}]`)).toHaveLength(1);
    expect(problemsOf(`${HEAD}services: [{name: s, host: h, url: null}]`)).toHaveLength(1);
  });

  test.each(["protocols: null", "strip_path: null", "preserve_host: null", "paths: [null]"])(
    "an explicit null is a mistake if Kong requires a value: %s",
    (line) => {
      const others = line.startsWith("paths") ? "methods: [GET]" : "paths: [/a]";
      expect(problemsOf(withRoute(others, line))).toHaveLength(1);
    },
  );

  test("an explicit null is a mistake for a plugin's config, for the plugin's switch, and for a field that Kong does not know", () => {
    const plugin = (more: string): string[] =>
      problemsOf(withRoute("paths: [/a]", `plugins: [{name: jwt-policy, ${more}}]`));
    expect(plugin("config: null")).toHaveLength(1);
    expect(plugin("enabled: null, config: {policy: x}")).toHaveLength(1);
    expect(plugin("wat: null, config: {policy: x}")).toHaveLength(1);
    expect(plugin("config: {policy: null, policy_file: null}")).toHaveLength(1);
  });

  test("a plugin may be on a service, on a route, global, or disabled", () => {
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

describe("unsupported fields are refused with their name and place", () => {
  const config = "config: {policy_file: p.yaml}";
  test.each<[what: string, text: string, problems: (string | RegExp)[]]>([
    row("nothing", "", ["1:1 The value must be a map, not empty."]),
    row("no map", "- a", ["1:1 The value must be a map, not a list."]),
    row("broken YAML", "a: [", [/^1:4 This \[ has no closing \]/]),
    row("a key given twice", `${HEAD}plugins: []\nplugins: []`, [
      "3:1 This key is already in line 2; keep only one of the two keys.",
    ]),
    row("no version", "services: []", ['1:1 The key "_format_version" is missing.']),
    row("another version", "_format_version: 3.0", ['1:18 The value must be "3.0", not 3.']),
    row("a consumer without a name", `${HEAD}consumers: [{tags: [a]}]`, [
      "2:13 A Consumer needs a username or a custom_id.",
    ]),
    row("a consumer's empty name", `${HEAD}consumers: [{username: ""}]`, [
      "2:24 The value must have at least 1 character.",
    ]),
    row("two consumers of one name", `${HEAD}consumers: [{username: a}, {username: a}]`, [
      '2:39 The username "a" appears twice.',
    ]),
    row("two consumers of one custom_id", `${HEAD}consumers: [{custom_id: a}, {custom_id: a}]`, [
      '2:41 The custom_id "a" appears twice.',
    ]),
    row("an unknown key of the document", `${HEAD}upstream: []`, [
      /^2:1 The key "upstream" is not known here. Known here: _format_version, consumers, services, plugins, routes\.$/,
    ]),
    row("a route without a service", `${HEAD}routes: [{paths: [/a]}]`, [/^2:10 This Route has no Service/]),
    row("a route of an unknown service", `${HEAD}routes: [{paths: [/a], service: s}]`, [
      '2:33 The document has no service "s".',
    ]),
    row("an unknown key of a service", `${HEAD}services: [{name: s, url: "http://h", retires: 1}]`, [
      /^2:39 The key "retires" is not known here/,
    ]),
    row("an unknown protocol", `${HEAD}services: [{name: s, url: "ftp://h"}]`, [
      /^2:27 "ftp:\/\/h" is not a valid address/,
    ]),
    row("no address", `${HEAD}services: [{name: s}]`, [/^2:12 A Service needs either "url"/]),
    row("two addresses", `${HEAD}services: [{name: s, url: "http://h", host: h}]`, [
      /^2:12 A Service needs either "url"/,
    ]),
    row("a regular expression that Kong refuses", withRoute("paths: ['~/(?=a)']"), [
      /^6:13 This regular expression is refused: Kong's router has no look-around/,
    ]),
    row("a regular expression without a slash", withRoute("paths: [~a$]"), [/^6:13 "~a\$" is not a valid path/]),
    row("a broken regular expression in a header", withRoute("paths: [/a]", "headers: {x: ['~*(']}"), [
      /^7:19 .*refused: a group is not closed/,
    ]),
    row("an expression", withRoute("expression: http.path == '/a'"), [/^6:5 The key "expression" cannot be used here/]),
    row("a path not in normal form", withRoute("paths: [/a/../b]"), [
      '6:13 This path is not in normal form: write "/b".',
    ]),
    row("an empty segment", withRoute("paths: [/a//b]"), [/^6:13 "\/a\/\/b" is not a valid path/]),
    row("a route for everything", withRoute("name: r"), [
      "6:5 A Route needs at least one of methods, hosts, headers and paths.",
    ]),
    row("sources", withRoute("paths: [/a]", "sources: [{ip: 10.0.0.1}]"), [
      /^7:5 The key "sources" cannot be used here/,
    ]),
    row("a wildcard in the middle", withRoute("hosts: [a.*.b]"), [/^6:13 "a\.\*\.b" is not a valid host/]),
    row("a method in small letters", withRoute("methods: [get]"), [
      '6:15 "get" is not a valid method. Did you mean "GET"? Write it in capitals. Example: GET.',
    ]),
    row("tcp and http", withRoute("paths: [/a]", "protocols: [tcp, http]"), [/^7:17 "tcp" is not a valid protocol/]),
    row("a plugin without a name", `${HEAD}plugins:\n- config: {}`, [/^3:3 The key "name" is missing/]),
    row("a plugin for a consumer", `${HEAD}plugins:\n- name: jwt-policy\n  consumer: c\n  ${config}`, [
      /^4:3 The key "consumer" cannot be used here/,
    ]),
    row("an unknown key of the config", `${HEAD}plugins:\n- name: jwt-policy\n  config: {policy_fil: x}`, [
      '4:12 The key "policy_fil" is not known here. Did you mean "policy_file"?',
    ]),
    row("no policy", `${HEAD}plugins:\n- name: jwt-policy\n  config: {rule: x}`, [
      /^4:11 The plugin's config needs either/,
    ]),
    row("two policies", `${HEAD}plugins:\n- name: jwt-policy\n  config: {policy: x, policy_file: y}`, [
      /^4:11 The plugin's config needs either/,
    ]),
    row("no config", `${HEAD}plugins:\n- name: jwt-policy`, ['3:3 The key "config" is missing.']),
    row("a wrong type", withRoute("paths: [/a]", "strip_path: yes please"), [
      '7:17 The value must be true or false, not "yes please".',
    ]),
    row("no value", withRoute("paths:"), [/^6:5 A Route needs at least one of/]),
    row("a service twice", `${HEAD}services:\n- {name: s, url: "http://h"}\n- {name: s, url: "http://h"}`, [
      '4:10 The Service name "s" appears twice.',
    ]),
    row("a route twice", withRoute("name: r", "paths: [/a]").concat("  - name: r\n    paths: [/b]\n"), [
      '8:11 The Route name "r" appears twice.',
    ]),
    row("a plugin twice", `${HEAD}plugins:\n- name: jwt-policy\n  ${config}\n- name: jwt-policy\n  ${config}`, [
      "5:3 The plugin jwt-policy appears twice for the same scope.",
    ]),
    row(
      "an instance name twice",
      withRoute("paths: [/a]", `plugins: [{name: jwt-policy, instance_name: i, ${config}}]`).concat(
        `plugins: [{name: jwt-policy, instance_name: i, ${config}}]\n`,
      ),
      [/The instance_name "i" appears twice/],
    ),
    row("several at once", withRoute("paths: [a]", "sni: [x]", "strip_path: 1"), [
      /^6:13 /,
      /^7:5 .*"sni"/,
      /^8:17 .*not 1/,
    ]),
  ])("%s", (_, text, expected) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(expected.length);
    for (const [index, one] of expected.entries()) {
      expect(problems[index]).toMatch(one);
    }
  });
});

/** Warnings as `line:column message`. */
function warningsOf(text: string, environment: Record<string, string> = {}): string[] {
  const read = readKongConfig(text, environment);
  if (!read.ok) {
    throw new Error(describeMistakes(read.failure, "text"));
  }
  return read.value.warnings.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

describe("known fields without an effect in the sandbox get a warning", () => {
  test.each<[what: string, text: string, warnings: (string | RegExp)[]]>([
    [
      "another plugin on a route",
      withRoute("name: r", "paths: [/a]", "plugins: [{name: key-auth}, {name: cors, config: {origins: ['*']}}]"),
      [
        '8:15 The sandbox does not run the plugin key-auth (Route "r"): Kong may refuse requests that the sandbox lets pass.',
        /^8:33 .* plugin cors \(Route "r"\): the sandbox answers no preflights/,
      ],
    ],
    [
      "another plugin of a service",
      `${HEAD}plugins: [{name: acl, service: s}]\nservices: [{name: s, url: "http://h"}]`,
      [/acl \(service "s"\)/],
    ],
    ["another global plugin", `${HEAD}plugins: [{name: prometheus}]`, [/prometheus \(global\)/]],
    ["but not one that is off", `${HEAD}plugins: [{name: key-auth, enabled: false}]`, []],
    [
      "a plugin of a consumer",
      `${HEAD}consumers: [{username: c, plugins: [{name: rate-limiting}]}]`,
      [/rate-limiting \(Consumer "c"\)/],
    ],
    [
      "credentials",
      `${HEAD}consumers: [{username: c, keyauth_credentials: [{key: "{vault://env/key}"}], acls: [{group: g}]}]`,
      [/keyauth_credentials of Consumer "c"/, /acls of/],
    ],
    [
      "entities that it does not use",
      `${HEAD}certificates: [{cert: x}]\nvaults: [{name: env}]`,
      [/^2:1 "certificates" has no effect/, /^3:1 "vaults"/],
    ],
    ["upstreams", `${HEAD}upstreams: [{name: u, targets: [{target: "h:1"}]}]`, [/first target of upstream "u"/]],
    [
      "fields of a service",
      `${HEAD}services: [{name: s, url: "https://h", retries: 2, tls_verify: false}]`,
      [/^2:40 "retries" has no effect here\. The sandbox does not retry/, /"tls_verify"/],
    ],
    [
      "fields of a route",
      withRoute("paths: [/a]", "path_handling: v1", "snis: [x.test]", "request_buffering: false"),
      [/"path_handling"/, /"snis"/, /"request_buffering"/],
    ],
    [
      "a disabled service",
      `${HEAD}services: [{name: s, url: "http://h", enabled: false, routes: [{paths: [/a]}]}]`,
      [/Service "s" is switched off/],
    ],
    ["a stream route", withRoute("name: t", "protocols: [tcp]", "destinations: [{port: 1}]"), [/Route "t" is for tcp/]],
    ["a gRPC route", withRoute("name: g", "paths: [/a]", "protocols: [grpc]"), [/^8:16 Route "g" is for gRPC/]],
    [
      "protocols of our plugin",
      withRoute("paths: [/a]", "plugins: [{name: jwt-policy, protocols: [https], config: {policy: x}}]"),
      [/judges only requests of https/],
    ],
    [
      "Kong's defaults and fields without effect cause no warning",
      `_format_version: "3.0"\n_transform: true\n_comment: x\n_info: {select_tags: [a]}\n_workspace: w\nservices: [{name: s, url: "http://h", retries: 5, created_at: 1, enabled: true, client_certificate: null, ca_certificates: []}]`,
      [],
    ],
  ])("%s", (_, text, expected) => {
    const found = warningsOf(text);
    expect(found).toHaveLength(expected.length);
    for (const [index, warning] of found.entries()) {
      expect(warning).toMatch(expected[index] ?? "");
    }
  });

  test("mistakes have the right place after ignored entities", () => {
    const text = `${HEAD}services:
- {name: off, url: "http://h", enabled: false}
- name: s
  url: http://h
  routes:
  - {name: t, protocols: [tcp], destinations: [{port: 1}]}
  - name: r
    paths: [/a]
    plugins:
    - {name: cors}
    - {name: jwt-policy, config: {policy_fil: x}}
`;
    expect(problemsOf(text)).toEqual(['12:35 The key "policy_fil" is not known here. Did you mean "policy_file"?']);
  });
});

describe("additions of decK to kong.yml", () => {
  test("routes and plugins at the top of the document name their entities", () => {
    const text = `${HEAD}services: [{name: s, url: "http://h"}]
routes: [{name: r, paths: [/a], service: {name: s}}, {name: q, paths: [/b], service: s}]
plugins: [{name: jwt-policy, route: r, config: {policy: a}}, {name: jwt-policy, service: {name: s}, config: {policy: b}}, {name: jwt-policy, config: {policy: c}}]`;
    const { routes, plugins } = configOf(text);
    expect(routes.map(({ name, service }) => [name, service.host])).toEqual([
      ["r", "h"],
      ["q", "h"],
    ]);
    expect(
      plugins.map(({ routeId, serviceId, config }) => [
        routeId === routes[0]?.id,
        serviceId === routes[0]?.service.id,
        config.policy,
      ]),
    ).toEqual([
      [true, false, "a"],
      [false, true, "b"],
      [false, false, "c"],
    ]);
  });

  test("shared configurations, defaults of entities and old regular expressions", () => {
    const text = `_format_version: "1.1"
_info: {defaults: {route: {strip_path: false}, service: {read_timeout: 7}}}
_plugin_configs: {shared: {policy_file: p.yaml, rule: x}}
services: [{name: s, url: "http://h", routes: [{name: r, paths: [/a, "/b/\\\\d+$"], plugins: [{name: jwt-policy, _config: shared, config: {rule: r}}]}]}]`;
    const { routes, plugins } = configOf(text);
    expect(routes[0]).toMatchObject({ stripPath: false, paths: ["/a", "~/b/\\d+$"], service: { readTimeout: 7 } });
    expect(plugins[0]?.config).toEqual({ policy_file: "p.yaml", rule: "r" });
  });

  test("environment variables", () => {
    const text =
      `${HEAD}services: [{name: s, host: "\${{ env \\"DECK_HOST\\" }}", port: '\${{ env "DECK_PORT" | toInt }}'}]`.replaceAll(
        '\\"',
        '\\"',
      );
    const read = readKongConfig(text, { DECK_HOST: "h.test", DECK_PORT: "81" });
    expect(read).toMatchObject({ ok: true });
    expect(problemsOf(text)).toContainEqual(
      expect.stringContaining("decK inserts DECK_HOST here, but this variable is not set"),
    );
  });

  test("the guard is recognised as a global plugin", () => {
    expect(configOf(`${HEAD}plugins: [{name: jwt-policy-guard}]`).hasGuard).toBe(true);
    expect(configOf(HEAD).hasGuard).toBe(false);
  });
});
