import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { succeed } from "../../../plugin/core/model/result.ts";
import { isWarning } from "../../../plugin/policy/language/finding.ts";
import { unwrap } from "../../results.ts";
import { createStateScene, FILE, fromDeck, POLICY, READ, stateWith } from "./state-scene.ts";

const OTHER = { policy_file: "other.yaml" };
const scene = createStateScene();

/** The state that results from these files. The files must cause no findings. */
async function rendered(...args: Parameters<typeof scene.render>) {
  const { text, warnings } = unwrap(await scene.render(...args));
  expect(warnings).toEqual([]);
  return parse(text);
}

describe("a rendered decK file", () => {
  it("names each plugin after its route, its service, or as global, and keeps existing names and comments", async () => {
    const { text } = unwrap(
      await scene.render([
        `_format_version: "3.0"
services:
  - name: shop
    url: http://up.example
    plugins:
      - { name: jwt-policy, config: { policy_file: things.yaml, rule: read } }
    routes:
      - name: read # everybody reads
        paths: [/r]
        plugins:
          - name: jwt-policy
            config: { policy_file: things.yaml, rule: read }
          - name: cors
      - { name: own, paths: [/o], plugins: [{ name: jwt-policy, instance_name: mine, _config: x }] }
_plugin_configs:
  x: { policy_file: things.yaml, rule: read }
plugins:
  - name: jwt-policy
    config: { policy_file: things.yaml }
`,
      ]),
    );
    expect(text).toBe(`# Made by \`kong-jwt-policy render\` from 1.yaml: change those files, not this one.

_format_version: "3.0"
services:
  - name: shop
    url: http://up.example
    plugins:
      - { name: jwt-policy, instance_name: shop-service-jwt-policy, config: { policy_file: things.yaml, rule: read } }
    routes:
      - name: read # everybody reads
        paths: [ /r ]
        plugins:
          - name: jwt-policy
            instance_name: read-jwt-policy
            config: { policy_file: things.yaml, rule: read }
          - name: cors
      - { name: own, paths: [ /o ], plugins: [ { name: jwt-policy, instance_name: mine, _config: x } ] }
_plugin_configs:
  x: { policy_file: things.yaml, rule: read }
plugins:
  - name: jwt-policy
    instance_name: global-jwt-policy
    config: { policy_file: things.yaml }
`);
  });

  it("does not change when it is rendered again", async () => {
    const { text: first } = unwrap(await scene.render([stateWith({ config: READ })], { tags: ["a"], inline: true }));
    expect(await scene.render([first], { tags: ["a"], inline: true })).toEqual(succeed({ text: first, warnings: [] }));
  });

  it("has tags only on the jwt-policy plugins, each once, and select_tags", async () => {
    const state = await rendered([stateWith({ plugin: { config: READ, tags: ["kept", "a"] } })], {
      tags: ["a", "b"],
      selectTags: ["x", "y"],
    });
    expect(state._info).toEqual({ select_tags: ["x", "y"] });
    const [service] = state.services;
    expect([service.tags, service.routes[0].tags]).toEqual([undefined, undefined]);
    expect(service.routes[0].plugins[0].tags).toEqual(["kept", "a", "b"]);
  });

  it("has the entities of each file, in the order of the files", async () => {
    const state = await rendered([
      stateWith({ _format_version: "3.0", plugin: { _config: "shared" }, _plugin_configs: { shared: READ } }),
      {
        consumers: [{ username: "alice" }],
        _format_version: "3.0",
        services: [{ name: "t", url: "http://t.example" }],
        _plugin_configs: { other: READ },
      },
    ]);
    expect(Object.keys(state)).toEqual(["_format_version", "services", "_plugin_configs", "consumers"]);
    expect(state.services.map(({ name }: { name: string }) => name)).toEqual(["s", "t"]);
    expect(Object.keys(state._plugin_configs)).toEqual(["shared", "other"]);
  });

  it("has values that are the same in the files and the option", async () => {
    const state = { _format_version: "3.0", _info: { select_tags: ["a"] }, _plugin_configs: { x: READ } };
    expect(await rendered([state, state], { selectTags: ["a"] })).toEqual(state);
  });

  it("has a separate name for each plugin from an alias or a merge key", async () => {
    const state = await rendered([
      `services:
  - name: s
    url: http://up.example
    routes:
      - { name: read, paths: [/r], plugins: [&plugin { name: jwt-policy, config: &config { policy_file: things.yaml, rule: read } }] }
      - { name: write, paths: [/w], plugins: [*plugin] }
      - { name: third, paths: [/t], plugins: [{ <<: *plugin, config: { <<: *config, rule: tagged } }] }
      - { name: fourth, paths: [/f], plugins: [{ <<: [{ tags: [a] }, *plugin] }] }
`,
    ]);
    expect(state.services[0].routes.flatMap(({ plugins }: { plugins: object[] }) => plugins)).toEqual([
      { name: "jwt-policy", instance_name: "read-jwt-policy", config: READ },
      { name: "jwt-policy", instance_name: "write-jwt-policy", config: READ },
      { name: "jwt-policy", instance_name: "third-jwt-policy", config: { ...FILE, rule: "tagged" } },
      { name: "jwt-policy", instance_name: "fourth-jwt-policy", config: READ, tags: ["a"] },
    ]);
  });

  it("keeps decK's templates and quotes unchanged", async () => {
    const lines = `  - name: "123"
    host: ${fromDeck("DECK_HOST")}
    port: \${{ env "DECK_PORT" | toInt }}
    path: '${fromDeck("DECK_PATH")}'
`;
    const { text } = unwrap(await scene.render([`services:\n${lines}`]));
    expect(text).toContain(lines);
  });
});

describe("explicit nulls", () => {
  it("are replaced by the names and tags that render adds", async () => {
    const state = await rendered(
      [stateWith({ plugin: { instance_name: null, tags: null, config: { ...READ, policy: null } } })],
      {
        tags: ["a"],
      },
    );
    expect(state.services[0].routes[0].plugins).toEqual([
      { name: "jwt-policy", instance_name: "read-jwt-policy", tags: ["a"], config: { ...READ, policy: null } },
    ]);
  });

  it("are removed if a policy is rendered into the configuration", async () => {
    const own = await rendered([stateWith({ config: { ...READ, policy: null } })], { inline: true });
    expect(Object.keys(own.services[0].routes[0].plugins[0].config)).toEqual(["policy", "rule"]);
    const shared = stateWith({
      plugin: { _config: "x", config: { policy: null, rule: "read" } },
      _plugin_configs: { x: FILE },
    });
    const state = await rendered([shared], { inline: true });
    expect(state._plugin_configs.x).toEqual({ policy: expect.any(String) });
    expect(state.services[0].routes[0].plugins[0].config).toEqual({ rule: "read" });
  });

  it("agree with the value in another file", async () => {
    const [one, other] = [
      { _format_version: "3.0", services: null, _info: null, ...{ plugins: [{ name: "cors" }] } },
      stateWith({ _format_version: null, config: READ, _info: { select_tags: ["a"] }, plugins: null }),
    ];
    const expected = { services: [{ name: "s" }], _info: { select_tags: ["a"] }, plugins: [{ name: "cors" }] };
    expect(await rendered([one, other])).toMatchObject({ _format_version: "3.0", ...expected });
    expect(await rendered([other, one])).toMatchObject({ _format_version: "3.0", ...expected });
  });
});

describe("policies that are rendered into the configuration", () => {
  const flat = `jwt_policy: 1
name: things
issuers:
  acme:
    issuer: https://idp.example
    audiences:
      - api
routes:
  read:
    required_scopes:
      - things:read
  tagged: {}
`;

  it("have one normal form, without comments", async () => {
    const { text } = unwrap(await scene.render([stateWith({ config: READ })], { inline: true }));
    expect(text).toContain("policy: |\n");
    expect(parse(text).services[0].routes[0].plugins[0].config).toEqual({ policy: flat, rule: "read" });
  });

  it("occur once in a configuration that plugins share", async () => {
    const plugins = [{ name: "jwt-policy", _config: "shared", config: { rule: "tagged" } }];
    const state = stateWith({ plugin: { _config: "shared" }, plugins, _plugin_configs: { shared: FILE } });
    const { _plugin_configs, plugins: after } = await rendered([state], { inline: true });
    expect(_plugin_configs).toEqual({ shared: { policy: flat } });
    expect(after[0].config).toEqual({ rule: "tagged" });
  });

  it.each<[what: string, state: object, code: string, policy: string]>([
    ["beside a file name", overriding(), "policy_missing", POLICY],
    ["when decK puts the name in later", stateWith({ config: { policy_file: fromDeck("DECK_X") } }), "not_inlined", ""],
    [
      "if decK would read a template in the text",
      stateWith({ config: OTHER }),
      "not_inlined",
      `${POLICY}description: '${fromDeck("DECK_X")}'\n`,
    ],
    ["when it has more than 128 kB", stateWith({ config: OTHER }), "policy_too_large", largePolicy()],
  ])("are refused %s", async (_what, state, code, policy) => {
    scene.addPolicy("other.yaml", policy);
    const rendered = await scene.render([state], { inline: true });
    const errors = rendered.ok ? [] : rendered.failure.filter((finding) => !isWarning(finding));
    expect(errors.map((error) => error.code)).toEqual([code]);
  });
});

/** A plugin that has a different file name. It takes precedence over the file name in the shared configuration. */
function overriding(): object {
  return stateWith({ plugin: { _config: "shared", config: FILE }, _plugin_configs: { shared: OTHER } });
}

function largePolicy(): string {
  const rules = Array.from({ length: 4_500 }, (_, index) => `  a-rule-of-some-length-${index}: {}\n`);
  return `${POLICY}${rules.join("")}`;
}
