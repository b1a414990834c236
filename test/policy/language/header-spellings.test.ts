import { describe, expect, it } from "vitest";
import { headerSpellings } from "../../../plugin/policy/language/header-spellings.ts";

describe("every spelling of a header with - and _", () => {
  it.each([
    ["tenant", ["tenant"]],
    ["x-scope", ["x-scope", "x_scope"]],
    ["x-user-id", ["x-user-id", "x-user_id", "x_user-id", "x_user_id"]],
  ])("%s", (name, spellings) => {
    expect(headerSpellings(name)).toEqual(spellings);
  });

  it("16 of them, all different, for the four dashes that the schema allows", () => {
    const spellings = headerSpellings("x-a-b-c-d");
    expect(new Set(spellings).size).toBe(16);
    expect(new Set(spellings.map((name) => name.replaceAll("_", "-")))).toEqual(new Set(["x-a-b-c-d"]));
  });
});
