import { describe, expect, it } from "vitest";
import { namePolicyFile } from "../../../plugin/runtime/load/policy-names.ts";
import { outcomeOf } from "../../results.ts";

describe("the name of a policy file", () => {
  it.each([
    ["a.yaml", "a.yaml"],
    ["./a.yml", "a.yml"],
    ["team/../a.json", "a.json"],
    ["..a.yaml", "..a.yaml"],
    ["...yaml", "...yaml"],
    ["a/..b/c.yaml", "a/..b/c.yaml"],
  ])("%s is %s", (text, name) => {
    expect(outcomeOf(namePolicyFile(text))).toBe(name);
  });

  it.each([".", "..", "a/..", "../a.yaml", "a/../../b.yaml", "/a.yaml", "../..yaml", ""])(
    "%j is outside the root, with any ending",
    (text) => {
      expect(outcomeOf(namePolicyFile(text))).toBe("outside");
    },
  );

  it.each(["a.pem", "a.yaml/", "yaml", "a.yaml\n", "a\u0000.yaml", "a.YAML"])(
    "%j is not the name of a policy",
    (text) => {
      expect(outcomeOf(namePolicyFile(text))).toBe("not_a_policy_file");
    },
  );
});
