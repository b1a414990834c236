import { describe, expect, it } from "vitest";
import { checkCondition } from "../../../plugin/core/access/condition.ts";
import { type JsonObject, readJsonObject } from "../../../plugin/core/json/json.ts";
import { parseClaimReference } from "../../../plugin/core/model/claim-reference.ts";
import type { ClaimTest } from "../../../plugin/core/model/policy.ts";
import { fail, PASSED } from "../../../plugin/core/model/result.ts";
import { unwrap } from "../../results.ts";

const REQUEST = {
  segments: ["users", "alice"],
  headers: new Map([
    ["x-tenant", "acme"],
    ["x-empty", ""],
  ]),
};
const claimsOf = (claims: unknown): JsonObject => unwrap(readJsonObject(JSON.stringify(claims)));
const meets = (claims: unknown, ...tests: readonly ClaimTest[]): boolean =>
  checkCondition({ claim: parseClaimReference("c"), tests }, claimsOf(claims), REQUEST).ok;

const set = (...values: readonly (string | number | boolean)[]) => new Set(values);

describe("a claim", () => {
  it.each<[test: ClaimTest, value: unknown, holds: boolean]>([
    [{ is: "equals_header", header: "x-tenant" }, "acme", true],
    [{ is: "equals_header", header: "x-tenant" }, "ACME", false],
    [{ is: "equals_header", header: "x-tenant" }, ["acme"], false],
    [{ is: "equals_header", header: "x-other" }, "acme", false],
    [{ is: "equals_header", header: "x-other" }, "undefined", false],
    [{ is: "equals", value: "a" }, "a", true],
    [{ is: "equals", value: "a" }, "A", false],
    [{ is: "equals", value: "a" }, "a ", false],
    [{ is: "equals", value: "a" }, ["a"], false],
    [{ is: "equals", value: "1" }, 1, false],
    [{ is: "equals", value: 1 }, 1.0, true],
    [{ is: "equals", value: 1 }, "1", false],
    [{ is: "equals", value: 1 }, true, false],
    [{ is: "equals", value: true }, true, true],
    [{ is: "equals", value: true }, "true", false],
    [{ is: "equals", value: false }, 0, false],
    [{ is: "equals", value: "" }, "", false],
    [{ is: "equals_header", header: "x-empty" }, "", false],
    [{ is: "equals", value: "é" }, "e\u0301", false],
    [{ is: "one_of", values: set("a", 2) }, "a", true],
    [{ is: "one_of", values: set("a", 2) }, 2, true],
    [{ is: "one_of", values: set("a", 2) }, "2", false],
    [{ is: "one_of", values: set("a", 2) }, ["a"], false],
    [{ is: "contains_any", values: set("a", "b") }, ["x", "b"], true],
    [{ is: "contains_any", values: set("a", "b") }, ["x"], false],
    [{ is: "contains_any", values: set("a", "b") }, "a", false],
    [{ is: "contains_any", values: set("a", "b") }, { a: 1 }, false],
    [{ is: "contains_any", values: set("a") }, [["a"]], false],
    [{ is: "contains_all", values: set("a", "b") }, ["b", "x", "a"], true],
    [{ is: "contains_all", values: set("a", "b") }, ["a"], false],
    [{ is: "contains_all", values: set("a") }, "a", false],
    [{ is: "contains_all", values: set("a") }, [], false],
    [{ is: "matches", pattern: /^a+$/su }, "aaa", true],
    [{ is: "matches", pattern: /^a+$/su }, "aaab", false],
    [{ is: "matches", pattern: /^a+$/su }, "aaa\n", false],
    [{ is: "matches", pattern: /^\d+$/su }, 1, false],
    [{ is: "matches", pattern: /^a+$/su }, "a".repeat(256), true],
    [{ is: "matches", pattern: /^a+$/su }, "a".repeat(257), false],
    [{ is: "matches", pattern: /^a+$/su }, ["a"], false],
    [{ is: "min", bound: 18 }, 18, true],
    [{ is: "min", bound: 18 }, 17.99, false],
    [{ is: "min", bound: 18 }, "19", false],
    [{ is: "max", bound: 3 }, 3, true],
    [{ is: "max", bound: 3 }, 4, false],
    [{ is: "max", bound: 3 }, "2", false],
    [{ is: "max", bound: 3 }, null, false],
    [{ is: "equals_path", segment: 1 }, "alice", true],
    [{ is: "equals_path", segment: 1 }, "users", false],
    [{ is: "equals_path", segment: 1 }, ["alice"], false],
    [{ is: "equals_path", segment: 2 }, "alice", false],
  ])("%j of %j: %s", (test, value, holds) => {
    expect(meets({ c: value }, test)).toBe(holds);
  });

  it.each<[value: unknown, isMet: boolean]>([
    [false, true],
    [0, true],
    ["a", true],
    [[0], true],
    [{ a: false }, true],
    ["", false],
    ["  ", false],
    ["\u200b\u00ad", false],
    [null, false],
    [[], false],
    [{}, false],
    [["", [null, {}]], false],
    [undefined, false],
  ])("%j has a value: %s", (value, isMet) => {
    expect(meets({ c: value })).toBe(isMet);
  });

  it("that is missing meets nothing, not even a segment that is missing too", () => {
    expect(meets({}, { is: "equals_path", segment: 9 })).toBe(false);
  });

  it("must meet all its tests, and the first that fails is named, without the value", () => {
    const condition = {
      claim: parseClaimReference("/a/b"),
      tests: [
        { is: "min", bound: 1 },
        { is: "max", bound: 2 },
      ] as const,
    };
    expect(checkCondition(condition, claimsOf({ a: { b: 1.5 } }), REQUEST)).toEqual(PASSED);
    expect(checkCondition(condition, claimsOf({ a: { b: 77 } }), REQUEST)).toEqual(
      fail('claim "/a/b" does not meet max'),
    );
    expect(checkCondition(condition, claimsOf({ a: {} }), REQUEST)).toEqual(fail('claim "/a/b" is missing'));
    expect(checkCondition(condition, claimsOf({ a: { b: "" } }), REQUEST)).toEqual(fail('claim "/a/b" has no value'));
  });
});

describe("numbers are compared exactly", () => {
  const ID = "1147953659032899585";
  const meetsText = (claim: string, test: ClaimTest): boolean => {
    const claims = unwrap(readJsonObject(`{"c":${claim},"unrelated":${ID}}`));
    return checkCondition({ claim: parseClaimReference("c"), tests: [test] }, claims, REQUEST).ok;
  };
  const rounded = Number(ID);

  it.each<[claim: string, test: ClaimTest, holds: boolean]>([
    // All of these are one double.
    [ID, { is: "equals", value: rounded }, false],
    ["1147953659032899584", { is: "equals", value: rounded }, false],
    ["1147953659032899600", { is: "equals", value: rounded }, true],
    [ID, { is: "one_of", values: set(rounded) }, false],
    [`[${ID}]`, { is: "contains_any", values: set(rounded) }, false],
    [`[${ID}, 2]`, { is: "contains_all", values: set(rounded, 2) }, false],
    [`[${ID}, 2]`, { is: "contains_all", values: set(2) }, true],
    [`[[${ID}]]`, { is: "contains_any", values: set(rounded) }, false],
    [ID, { is: "equals", value: ID }, false],
    [`"${ID}"`, { is: "equals", value: ID }, true],
    ["9007199254740993", { is: "equals", value: 9007199254740992 }, false],
    ["9007199254740992.5", { is: "equals", value: 9007199254740992 }, false],
    ["1e18", { is: "equals", value: 1e18 }, true],
    ["1000000000000000000.0", { is: "equals", value: 1e18 }, true],
    ["1.00000000000000000001", { is: "equals", value: 1 }, false],
    ["1e-400", { is: "equals", value: 0 }, false],
    ["1e-400", { is: "min", bound: 0 }, false],
    ["0.1", { is: "equals", value: 0.1 }, true],
    ["0.10", { is: "equals", value: 0.1 }, true],
    ["0.1000000000000000055", { is: "equals", value: 0.1 }, false],
    ["3.00000000000000000001", { is: "max", bound: 3 }, false],
    ["2.99999999999999999999", { is: "min", bound: 3 }, false],
    ["9007199254740993", { is: "max", bound: 9007199254740992 }, false],
    ["9007199254740993", { is: "min", bound: 18 }, true],
    ["9007199254740993", { is: "max", bound: 18 }, false],
    ["2.00000000000000000001", { is: "max", bound: 3 }, true],
    ["-9007199254740993", { is: "max", bound: 3 }, true],
    ["-9007199254740993", { is: "min", bound: 3 }, false],
  ])("%s meets %j: %s", (claim, test, holds) => {
    expect(meetsText(claim, test)).toBe(holds);
  });

  it("says why a number with too many digits does not meet a test", () => {
    const claims = unwrap(readJsonObject(`{"c":${ID}}`));
    const condition = { claim: parseClaimReference("c"), tests: [{ is: "equals", value: rounded }] as const };
    expect(checkCondition(condition, claims, REQUEST)).toEqual(
      fail('claim "c" does not meet equals: the number has more digits than can be compared exactly'),
    );
  });
});
