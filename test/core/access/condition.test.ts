import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ComparedRequest, checkCondition, NO_REQUEST } from "../../../plugin/core/access/condition.ts";
import { type JsonObject, readJsonObject } from "../../../plugin/core/json/json.ts";
import { parseClaimReference } from "../../../plugin/core/model/claim-reference.ts";
import type { ClaimTest, Condition, PlainTest } from "../../../plugin/core/model/policy.ts";
import { unwrap } from "../../results.ts";

const REQUEST = {
  segments: ["users", "alice"],
  headers: new Map([
    ["x-tenant", "acme"],
    ["x-empty", ""],
  ]),
};
const claimsOf = (claims: unknown): JsonObject => unwrap(readJsonObject(JSON.stringify(claims)));
const SUBJECT = parseClaimReference("c");
const meets = (claims: unknown, ...tests: readonly ClaimTest[]): boolean =>
  checkCondition({ claim: SUBJECT, absent: "refused", tests }, claimsOf(claims), REQUEST).ok;
const set = (...values: readonly (string | number | boolean)[]) => new Set(values);
const equals = (value: string | number | boolean) => ({ is: "equals", value }) as const;
const oneOf = (...values: readonly (string | number | boolean)[]) =>
  ({ is: "one_of", values: set(...values) }) as const;
const anyOf = (...values: readonly (string | number)[]) => ({ is: "contains_any", values: set(...values) }) as const;
const allOf = (...values: readonly (string | number)[]) => ({ is: "contains_all", values: set(...values) }) as const;
const letters = { is: "matches", pattern: /^a+$/su } as const;
const min = (bound: number) => ({ is: "min", bound }) as const;
const max = (bound: number) => ({ is: "max", bound }) as const;
const header = (name: string) => ({ is: "equals_header", header: name }) as const;
const segment = (index: number) => ({ is: "equals_path", segment: index }) as const;

describe("a claim", () => {
  it.each<[test: ClaimTest, passing: readonly unknown[], failing: readonly unknown[]]>([
    [header("x-tenant"), ["acme"], ["ACME", ["acme"]]],
    [header("x-other"), [], ["acme", "undefined"]],
    [header("x-empty"), [], [""]],
    [equals("a"), ["a"], ["A", "a ", ["a"]]],
    [equals("1"), [], [1]],
    [equals(1), [1.0], ["1", true]],
    [equals(true), [true], ["true"]],
    [equals(false), [], [0]],
    [equals(""), [], [""]],
    [equals("é"), [], ["e\u0301"]],
    [oneOf("a", 2), ["a", 2], ["2", ["a"]]],
    [anyOf("a", "b"), [["x", "b"]], [["x"], "a", { a: 1 }]],
    [anyOf("a"), [], [[["a"]]]],
    [allOf("a", "b"), [["b", "x", "a"]], [["a"]]],
    [allOf("a"), [], ["a", []]],
    [letters, ["aaa", "a".repeat(256)], ["aaab", "aaa\n", "a".repeat(257), ["a"]]],
    [{ is: "matches", pattern: /^\d+$/su }, [], [1]],
    [min(18), [18], [17.99, "19"]],
    [max(3), [3], [4, "2", null]],
    [segment(1), ["alice"], ["users", ["alice"]]],
    [segment(2), [], ["alice"]],
  ])("meets %j with each of %j, and with none of %j", (test, passing, failing) => {
    expect(passing.filter((value) => !meets({ c: value }, test))).toEqual([]);
    expect(failing.filter((value) => meets({ c: value }, test))).toEqual([]);
  });

  it.each([false, 0, "a", [0], { a: false }])("%j has a value", (value) => {
    expect(meets({ c: value })).toBe(true);
  });

  it.each(["", "  ", "\u200b\u00ad", null, [], {}, ["", [null, {}]], undefined])("%j has no value", (value) => {
    expect(meets({ c: value })).toBe(false);
  });

  it("that is missing meets no condition, not even if the path's segment is missing too", () => {
    expect(meets({}, { is: "equals_path", segment: 9 })).toBe(false);
  });

  it("must meet all its tests, and the first failed test is named with the value and the expected value", () => {
    const condition: Condition = { claim: parseClaimReference("/a/b"), absent: "refused", tests: [min(1), max(2)] };
    const describe = (a: Record<string, unknown>): unknown => {
      const checked = checkCondition(condition, claimsOf({ a }), REQUEST);
      return checked.ok || checked.failure();
    };
    expect(describe({ b: 1.5 })).toBe(true);
    expect(describe({ b: 77 })).toBe(
      'claim "/a/b" does not meet max: it is a number: 77, and must be a number of at most 2',
    );
    expect(describe({})).toBe('claim "/a/b" is missing: no claim /a/b: /a is there, and has no b');
    expect(describe({ b: "" })).toBe('claim "/a/b" has no value: it is an empty string');
  });
});

describe("a condition that is not met is described by the value and the expected value", () => {
  const describeIn = (test: ClaimTest, value: unknown, request: ComparedRequest = REQUEST): unknown => {
    const checked = checkCondition(
      { claim: SUBJECT, absent: "refused", tests: [test] },
      claimsOf({ c: value }),
      request,
    );
    return checked.ok || checked.failure();
  };

  it.each<[test: ClaimTest, value: unknown, detail: string]>([
    [equals("a"), "b", "it is a string: b, and must be a"],
    [equals("a"), "A", "it is a string: A, and must be a; it differs only by upper and lower case"],
    [equals("1"), 1, "it is a number: 1, and must be 1, as a string and not a number"],
    [equals(1), "1", "it is a string: 1, and must be 1, as a number and not a string"],
    [equals("2"), 1, "it is a number: 1, and must be 2"],
    [equals("a b"), "c", 'it is a string: c, and must be "a b"'],
    [equals(2), 1, "it is a number: 1, and must be 2"],
    [equals(true), "x", "it is a string: x, and must be true"],
    [equals("x"), true, "it is a boolean: true, and must be x"],
    [equals("a"), ["a"], "it is a list of 1 string: a, and must be a; the claim is a list: use contains_any"],
    [equals("a"), ["b"], "it is a list of 1 string: b, and must be a"],
    [equals("1"), [1], "it is a list with elements that are not strings, and must be 1"],
    [oneOf("a", 2), "b", "it is a string: b, and must be one of a, 2"],
    [anyOf("a", "b"), ["x"], "it is a list of 1 string: x, and must contain one of a, b"],
    [anyOf("a"), "a", "it is a string: a, and must contain one of a; the claim is not a list"],
    [allOf("a", "b"), ["a"], "it is a list of 1 string: a, and must contain all of a, b"],
    [allOf("a"), "a", "it is a string: a, and must contain all of a; the claim is not a list"],
    [letters, "b", 'it is a string: b, and must match "^a+$"'],
    [letters, "b".repeat(256), `it is a string: ${"b".repeat(80)}..., and must match "^a+$"`],
    [
      letters,
      "a".repeat(257),
      `it is a string: ${"a".repeat(80)}..., and must match "^a+$"; strings of more than 256 characters match no pattern`,
    ],
    [letters, Array(257).fill("a"), 'it is a list of 257 strings: a, a, a, a, a and 252 more, and must match "^a+$"'],
    [min(18), 17, "it is a number: 17, and must be a number of at least 18"],
    [segment(1), "bob", "it is a string: bob, and must be segment 2 of the path, alice"],
    [header("x-tenant"), "other", "the header x-tenant has another value"],
    [header("x-other"), "other", "the request has no header x-other"],
  ])("%j of %j", (test, value, detail) => {
    expect(describeIn(test, value)).toBe(`claim "c" does not meet ${test.is}: ${detail}`);
  });

  it.each<[test: ClaimTest, detail: string]>([
    [segment(0), 'it is a string: a, and must be segment 1 of the path, ""'],
    [header("x-tenant"), "the request has no header x-tenant"],
  ])("%j, for a token without a request", (test, detail) => {
    expect(describeIn(test, "a", NO_REQUEST)).toBe(`claim "c" does not meet ${test.is}: ${detail}`);
  });
});

describe("numbers are compared exactly", () => {
  const ID = "1147953659032899585";
  const check = (claim: string, test: ClaimTest) => {
    const claims = unwrap(readJsonObject(`{"c":${claim},"unrelated":${ID}}`));
    return checkCondition({ claim: SUBJECT, absent: "refused", tests: [test] }, claims, REQUEST);
  };
  const rounded = Number(ID);

  it.each<[claim: string, test: ClaimTest, holds: boolean]>([
    // All of these numbers are the same double.
    [ID, equals(rounded), false],
    ["1147953659032899584", equals(rounded), false],
    ["1147953659032899600", equals(rounded), true],
    [ID, oneOf(rounded), false],
    [`[${ID}]`, anyOf(rounded), false],
    [`[${ID}, 2]`, allOf(rounded, 2), false],
    [`[${ID}, 2]`, allOf(2), true],
    [`[[${ID}]]`, anyOf(rounded), false],
    [ID, equals(ID), false],
    [`"${ID}"`, equals(ID), true],
    ["9007199254740993", equals(9007199254740992), false],
    ["9007199254740992.5", equals(9007199254740992), false],
    ["1e18", equals(1e18), true],
    ["1000000000000000000.0", equals(1e18), true],
    ["1.00000000000000000001", equals(1), false],
    ["1e-400", equals(0), false],
    ["1e-400", min(0), false],
    ["0.1", equals(0.1), true],
    ["0.10", equals(0.1), true],
    ["0.1000000000000000055", equals(0.1), false],
    ["3.00000000000000000001", max(3), false],
    ["2.99999999999999999999", min(3), false],
    ["9007199254740993", max(9007199254740992), false],
    ["9007199254740993", min(18), true],
    ["9007199254740993", max(18), false],
    ["2.00000000000000000001", max(3), true],
    ["-9007199254740993", max(3), true],
    ["-9007199254740993", min(3), false],
  ])("%s meets %j: %s", (claim, test, holds) => {
    expect(check(claim, test).ok).toBe(holds);
  });

  it("says why a number with too many digits does not meet a test, with and without `not`", () => {
    const why = "has more digits than can be compared exactly";
    const describe = (test: ClaimTest): unknown => {
      const checked = check(ID, test);
      return checked.ok || checked.failure();
    };
    expect(describe(equals(rounded))).toContain(`the number ${why}`);
    for (const test of [equals(1), min(1e300)]) {
      const begin = new RegExp(`^claim "c" does not meet not ${test.is}: .* ${why}`);
      expect(describe({ is: "not", test })).toMatch(begin);
    }
  });
});

describe("not", () => {
  it.each<[test: PlainTest, passing: readonly unknown[], failing: readonly unknown[]]>([
    [equals("a"), ["b"], ["a", ["a"], ["b"], { a: "b" }, "", null, undefined]],
    [equals("1"), [], [1]],
    [equals(1), [2], ["2"]],
    [equals(true), [false], ["true"]],
    [oneOf("a", 2), ["b", 3], [2, false, ["b"]]],
    [anyOf("a"), [["b", "c"]], [["b", "a"], "b", ["b", { name: "a" }], ["b", ["a"]], ["b", null]]],
    [allOf("a", "b"), [["a"]], [["a", "b", "c"], { a: true }]],
    [letters, ["b", "b".repeat(256)], ["aa", "b".repeat(257), ["b"]]],
    [min(3), [2], [3, "2"]],
    [max(3), [4], ["4"]],
    [segment(1), [], ["bob"]],
    [header("x-tenant"), [], ["other"]],
  ])("%j accepts each of %j, and none of %j", (test, passing, failing) => {
    expect(passing.filter((value) => !meets({ c: value }, { is: "not", test }))).toEqual([]);
    expect(failing.filter((value) => meets({ c: value }, { is: "not", test }))).toEqual([]);
  });

  it("never accepts a value that meets its test, and accepts every other value of a suitable type", () => {
    const scalar = fc.oneof(fc.constantFrom("a", "b", "A"), fc.constantFrom(0, 1, 2), fc.boolean());
    const anything = fc.oneof(scalar, fc.array(scalar, { minLength: 1, maxLength: 3 }), fc.object({ maxDepth: 1 }));
    const values = fc.array(scalar, { minLength: 1 }).map((list) => new Set(list));
    const tests: fc.Arbitrary<PlainTest> = fc.oneof(
      scalar.map(equals),
      fc.record({ is: fc.constantFrom("one_of", "contains_any", "contains_all"), values }),
      fc.integer({ min: 0, max: 2 }).map(min),
    );
    fc.assert(
      fc.property(tests, anything, (test, value) => {
        expect(meets({ c: value }, test) && meets({ c: value }, { is: "not", test })).toBe(false);
      }),
    );
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.constantFrom("a", "b"), (text, value) => {
        fc.pre(meets({ c: text }));
        const test = equals(value);
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
    const notX = 'claim "c" does not meet not equals: it is a';
    expect(outcome("c", "allowed", { c: "y" })).toBeUndefined();
    expect(outcome("c", "allowed", { c: "x" })).toBe(`${notX} string: x, and must not pass the test equals`);
    expect(outcome("c", "allowed", { c: ["x"] })).toBe(
      `${notX} list of 1 string: x, and the test does not apply to a value of this type`,
    );
  });

  const elsewhere = "the token says in _claim_names that groups is at another address";
  it.each<[reference: string, claims: unknown, why: string]>([
    ["/a/b", { a: "text" }, "/a is a string"],
    ["/a/b", { a: [{ b: "x" }] }, "/a is a list with elements that are not strings"],
    ["/a/01", { a: ["x", "x"] }, "/a is a list of 2 strings"],
    ["groups", { _claim_names: { groups: "src1" } }, elsewhere],
  ])("is not met if %s cannot be looked up in %j", (reference, claims, why) => {
    for (const absent of ["allowed", "required"] as const) {
      expect(outcome(reference, absent, claims)).toBe(`claim "${reference}" cannot be read: ${why}`);
    }
  });

  it.each(["/a/b", "/a/0", "/missing/0/b"])("is met if %s ends at an object or list without it", (reference) => {
    expect(outcome(reference, "required", { a: reference === "/a/0" ? [] : {} })).toBeUndefined();
  });
});
