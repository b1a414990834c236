import { describe, expect, it } from "vitest";
import { parsePluginConfig } from "../../../plugin/kong/schema/plugin-config.ts";

const NOTHING = { policyFile: undefined, policy: undefined, rule: undefined, workspace: "" };
const parse = (config: unknown): unknown => parsePluginConfig(JSON.stringify(config));

describe("the plugin's configuration", () => {
  it.each<[what: string, config: object, expected: object]>([
    ["a file", { policy_file: "a.yaml" }, { policyFile: "a.yaml" }],
    ["a file and a rule", { policy_file: "a.yaml", rule: "read" }, { policyFile: "a.yaml", rule: "read" }],
    ["an inline policy", { policy: "jwt_policy: 1" }, { policy: "jwt_policy: 1" }],
    [
      "null for unset fields, and Kong's own members, as Kong sends them",
      {
        policy_file: "a.yaml",
        policy: null,
        rule: null,
        __plugin_id: "5d7f",
        __seq__: 3,
        __key__: "plugins:jwt-policy:::::",
        __ws_id: "0",
        route_id: "8b1c",
        service_id: null,
      },
      { policyFile: "a.yaml", identity: { pluginId: "5d7f", sequence: 3 }, workspace: "0", routeId: "8b1c" },
    ],
    ["an empty string, like an unset field", { policy_file: "a.yaml", policy: "", rule: "" }, { policyFile: "a.yaml" }],
    ["blanks, which are a valid name", { policy_file: " " }, { policyFile: " " }],
  ])("with %s is read", (_what, config, expected) => {
    expect(parse(config)).toEqual({ ...NOTHING, ...expected });
  });

  it.each<[what: string, config: unknown, message: string]>([
    ["both a file and a policy", { policy_file: "a", policy: "b" }, "exactly one of"],
    ["neither", { rule: "read" }, "exactly one of"],
    ["nothing", {}, "exactly one of"],
    ["two empty strings", { policy_file: "", policy: "" }, "exactly one of"],
    ["null", null, "the plugin's configuration is not an object"],
    ["a string", "policy_file", "the plugin's configuration is not an object"],
    ["a list", ["policy_file"], "exactly one of"],
    ["a number for the file", { policy_file: 1 }, "config.policy_file is not a string"],
    ["an object for the policy", { policy: { jwt_policy: 1 } }, "config.policy is not a string"],
    ["a list for the rule", { policy_file: "a", rule: ["read"] }, "config.rule is not a string"],
    ["false for the rule", { policy_file: "a", rule: false }, "config.rule is not a string"],
  ])("with %s is refused", (_what, config, message) => {
    expect(() => parse(config)).toThrow(message);
  });

  it.each(["", "{", "undefined", "\0", '{"policy_file":"a"}x'])("that is not JSON (%j) is refused", (text) => {
    expect(() => parsePluginConfig(text)).toThrow(/^the plugin.s configuration is not JSON$/);
  });

  it("reads no member from an object's prototype, and adds none to it", () => {
    expect(() => parsePluginConfig('{"__proto__":{"policy_file":"a"}}')).toThrow("exactly one of");
    expect({}).not.toHaveProperty("policy_file");
  });
});
