import { describe, expect, it } from "vitest";
import { suggestName } from "../../../plugin/policy/language/suggest-name.ts";

const KEYS = ["access", "accept", "audiences", "required_scopes", "operations"];

describe("suggests the nearest known name, and no distant name", () => {
  it.each<[name: string, suggestion: string | undefined]>([
    ["acess", "access"],
    ["ACCESS", "access"],
    ["acept", "accept"],
    ["audience", "audiences"],
    ["required-scopes", "required_scopes"],
    ["requiredScopes", "required_scopes"],
    ["operation", "operations"],
    ["scopes", undefined],
    ["methods", undefined],
    ["x", undefined],
    ["", undefined],
    ["access".repeat(100), undefined],
  ])("%j: %s", (name, suggestion) => {
    expect(suggestName(name, KEYS)).toBe(suggestion);
  });

  it("of no names", () => {
    expect(suggestName("access", [])).toBeUndefined();
  });
});
