import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkCondition } from "../../../plugin/core/access/condition.ts";
import { type JsonObject, readJsonObject } from "../../../plugin/core/json/json.ts";
import { parseClaimReference } from "../../../plugin/core/model/claim-reference.ts";
import type { ClaimTest, Condition, PlainTest } from "../../../plugin/core/model/policy.ts";
import { PASSED } from "../../../plugin/core/model/result.ts";
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
  checkCondition({ claim: parseClaimReference("c"), absent: "refused", tests }, claimsOf(claims), REQUEST).ok;

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

  it("that is missing meets no condition, not even if the path's segment is missing too", () => {
    expect(meets({}, { is: "equals_path", segment: 9 })).toBe(false);
  });

  it("must meet all its tests, and the first failed test is named with the value and the expected value", () => {
    const condition = {
      claim: parseClaimReference("/a/b"),
      absent: "refused",
      tests: [
        { is: "min", bound: 1 },
        { is: "max", bound: 2 },
      ],
    } as const;
    expect(checkCondition(condition, claimsOf({ a: { b: 1.5 } }), REQUEST)).toEqual(PASSED);
    const describe = (a: Record<string, unknown>): unknown => {
      const checked = checkCondition(condition, claimsOf({ a }), REQUEST);
      return checked.ok || checked.failure();
    };
    expect(describe({ b: 77 })).toBe(
      'claim "/a/b" does not meet max: it is a number: 77, and must be a number of at most 2',
    );
    expect(describe({})).toBe('claim "/a/b" is missing: no claim /a/b: /a is there, and has no b');
    expect(describe({ b: "" })).toBe('claim "/a/b" has no value: it is an empty string');
  });
});

describe("numbers are compared exactly", () => {
  const ID = "1147953659032899585";
  const meetsText = (claim: string, test: ClaimTest): boolean => {
    const claims = unwrap(readJsonObject(`{"c":${claim},"unrelated":${ID}}`));
    return checkCondition({ claim: parseClaimReference("c"), absent: "refused", tests: [test] }, claims, REQUEST).ok;
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
    const condition = {
      claim: parseClaimReference("c"),
      absent: "refused",
      tests: [{ is: "equals", value: rounded }],
    } as const;
    const checked = checkCondition(condition, claims, REQUEST);
    expect(checked.ok || checked.failure()).toContain("the number has more digits than can be compared exactly");
  });
});

describe("not", () => {
  it.each<[test: PlainTest, value: unknown, isMet: boolean]>([
    [{ is: "equals", value: "a" }, "b", true],
    [{ is: "equals", value: "a" }, "a", false],
    [{ is: "equals", value: "a" }, ["a"], false],
    [{ is: "equals", value: "a" }, ["b"], false],
    [{ is: "equals", value: "a" }, { a: "b" }, false],
    [{ is: "equals", value: "1" }, 1, false],
    [{ is: "equals", value: 1 }, 2, true],
    [{ is: "equals", value: 1 }, "2", false],
    [{ is: "equals", value: true }, false, true],
    [{ is: "equals", value: true }, "true", false],
    [{ is: "one_of", values: set("a", 2) }, "b", true],
    [{ is: "one_of", values: set("a", 2) }, 3, true],
    [{ is: "one_of", values: set("a", 2) }, 2, false],
    [{ is: "one_of", values: set("a", 2) }, false, false],
    [{ is: "one_of", values: set("a", 2) }, ["b"], false],
    [{ is: "contains_any", values: set("a") }, ["b", "c"], true],
    [{ is: "contains_any", values: set("a") }, ["b", "a"], false],
    [{ is: "contains_any", values: set("a") }, "b", false],
    [{ is: "contains_any", values: set("a") }, ["b", { name: "a" }], false],
    [{ is: "contains_any", values: set("a") }, ["b", ["a"]], false],
    [{ is: "contains_any", values: set("a") }, ["b", null], false],
    [{ is: "contains_all", values: set("a", "b") }, ["a"], true],
    [{ is: "contains_all", values: set("a", "b") }, ["a", "b", "c"], false],
    [{ is: "contains_all", values: set("a", "b") }, { a: true }, false],
    [{ is: "matches", pattern: /^a+$/su }, "b", true],
    [{ is: "matches", pattern: /^a+$/su }, "aa", false],
    [{ is: "matches", pattern: /^a+$/su }, "b".repeat(256), true],
    [{ is: "matches", pattern: /^a+$/su }, "b".repeat(257), false],
    [{ is: "matches", pattern: /^a+$/su }, ["b"], false],
    [{ is: "min", bound: 3 }, 2, true],
    [{ is: "min", bound: 3 }, 3, false],
    [{ is: "min", bound: 3 }, "2", false],
    [{ is: "max", bound: 3 }, 4, true],
    [{ is: "max", bound: 3 }, "4", false],
    [{ is: "equals_path", segment: 1 }, "bob", false],
    [{ is: "equals_header", header: "x-tenant" }, "other", false],
    [{ is: "equals", value: "a" }, "", false],
    [{ is: "equals", value: "a" }, null, false],
    [{ is: "equals", value: "a" }, undefined, false],
  ])("%j of %j: %s", (test, value, isMet) => {
    expect(meets({ c: value }, { is: "not", test })).toBe(isMet);
  });

  it("refuses a number that was rounded, in every comparison", () => {
    const claims = unwrap(readJsonObject('{"c":1147953659032899585}'));
    for (const test of [
      { is: "equals", value: 1 },
      { is: "min", bound: 1e300 },
    ] as const) {
      const condition: Condition = { claim: parseClaimReference("c"), absent: "refused", tests: [{ is: "not", test }] };
      const checked = checkCondition(condition, claims, REQUEST);
      expect(checked.ok || checked.failure()).toMatch(
        new RegExp(`^claim "c" does not meet not ${test.is}: .* has more digits than can be compared exactly`),
      );
    }
  });

  it("and its test are never both met by one value, and a value of a suitable type always meets one of the two", () => {
    const scalar = fc.oneof(fc.constantFrom("a", "b", "A"), fc.constantFrom(0, 1, 2), fc.boolean());
    const anything = fc.oneof(scalar, fc.array(scalar, { minLength: 1, maxLength: 3 }), fc.object({ maxDepth: 1 }));
    const tests: fc.Arbitrary<PlainTest> = fc.oneof(
      scalar.map((value) => ({ is: "equals", value }) as const),
      fc.array(scalar, { minLength: 1 }).map((values) => ({ is: "one_of", values: new Set(values) }) as const),
      fc.array(scalar, { minLength: 1 }).map((values) => ({ is: "contains_any", values: new Set(values) }) as const),
      fc.array(scalar, { minLength: 1 }).map((values) => ({ is: "contains_all", values: new Set(values) }) as const),
      fc.integer({ min: 0, max: 2 }).map((bound) => ({ is: "min", bound }) as const),
    );
    fc.assert(
      fc.property(tests, anything, (test, value) => {
        expect(meets({ c: value }, test) && meets({ c: value }, { is: "not", test })).toBe(false);
      }),
    );
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.constantFrom("a", "b"), (text, value) => {
        fc.pre(meets({ c: text }));
        const test: PlainTest = { is: "equals", value };
        expect(meets({ c: text }, test)).not.toBe(meets({ c: text }, { is: "not", test }));
      }),
    );
  });
});

describe("a condition that accepts an absent claim", () => {
  const outcome = (reference: string, absent: Condition["absent"], claims: unknown): string | undefined => {
    const tests = absent === "allowed" ? [{ is: "not", test: { is: "equals", value: "x" } } as const] : [];
    const checked = checkCondition({ claim: parseClaimReference(reference), absent, tests }, claimsOf(claims), REQUEST);
    return checked.ok ? undefined : checked.failure();
  };

  it.each([undefined, null, "", " ", [], {}, [""]])("is met by %j, which is not a value", (value) => {
    expect(outcome("c", "allowed", { c: value })).toBeUndefined();
    expect(outcome("c", "required", { c: value })).toBeUndefined();
  });

  it.each([false, 0, "y", ["y"], { y: 1 }])("is not met by %j if the claim must be absent", (value) => {
    expect(outcome("c", "required", { c: value })).toMatch(/^claim "c" must be absent, but it is an? /);
  });

  it("still has its tests if the claim has a value", () => {
    expect(outcome("c", "allowed", { c: "y" })).toBeUndefined();
    expect(outcome("c", "allowed", { c: "x" })).toBe(
      'claim "c" does not meet not equals: it is a string: x, and must not pass the test equals',
    );
    expect(outcome("c", "allowed", { c: ["x"] })).toBe(
      'claim "c" does not meet not equals: it is a list of 1 string: x, and the test does not apply to a value of this type',
    );
  });

  it.each<[reference: string, claims: unknown, why: string]>([
    ["/a/b", { a: "text" }, "/a is a string"],
    ["/a/b", { a: [{ b: "x" }] }, "/a is a list with elements that are not strings"],
    ["/a/01", { a: ["x", "x"] }, "/a is a list of 2 strings"],
    [
      "groups",
      { _claim_names: { groups: "src1" } },
      "the token says in _claim_names that groups is at another address",
    ],
  ])("is not met if %s cannot be looked up in %j", (reference, claims, why) => {
    for (const absent of ["allowed", "required"] as const) {
      expect(outcome(reference, absent, claims)).toBe(`claim "${reference}" cannot be read: ${why}`);
    }
  });

  it.each(["/a/b", "/a/0", "/missing/0/b"])("is met if %s ends at an object or list without it", (reference) => {
    expect(outcome(reference, "required", { a: reference === "/a/0" ? [] : {} })).toBeUndefined();
  });
});
