import { describe, expect, it } from "vitest";
import { parseClaimReference } from "../../../plugin/core/model/claim-reference.ts";
import { fail, succeed } from "../../../plugin/core/model/result.ts";
import { chooseValues } from "../../../plugin/policy/satisfy/choose-values.ts";
import { acceptAll, requireNames, requireOnly } from "../../../plugin/policy/satisfy/least-requirements.ts";
import { makeMatchingTexts } from "../../../plugin/policy/satisfy/match-pattern.ts";
import { type Slot, slotOf, type WantedMembers, type Wish } from "../../../plugin/policy/satisfy/slot.ts";
import { writeClaims } from "../../../plugin/policy/satisfy/write-claims.ts";
import { factsOf, fitsRequest, placeToken, readScheme } from "../../../plugin/policy/satisfy/write-request.ts";
import { compileIssuer } from "../../core/fixtures.ts";
import { row } from "../../row.ts";

const claim = (name: string): Slot => slotOf(parseClaimReference(name));
const X = claim("x");
const SEGMENT: Slot = { in: "segment", index: 0 };
const HEADER: Slot = { in: "header", name: "x-h" };
const members = (form: WantedMembers["form"], all: WantedMembers["all"], ...anyOf: WantedMembers["anyOf"]) => ({
  form,
  all,
  anyOf,
});

describe("the values that are tried for a slot, in this order", () => {
  const tried = (...wishes: readonly Omit<Wish, "slot">[]): unknown[] => {
    const values: unknown[] = [];
    chooseValues(
      wishes.map((wish) => ({ slot: X, ...wish })),
      (_slot, value) => {
        values.push(value);
        return false;
      },
    );
    return values;
  };
  const long = Array.from({ length: 600 }, (_, index) => index);
  it.each<[title: string, wishes: readonly Omit<Wish, "slot">[], values: readonly unknown[]]>([
    [
      "the shortest list of accepted values, and nothing else",
      [{ oneOf: [1, 2] }, { oneOf: [3] }, { suggestions: [9] }],
      [3],
    ],
    ["the first of two lists that are equally short", [{ oneOf: [1] }, { oneOf: [3] }], [1]],
    ["a bound, and the next integers", [{ bound: 1.5 }], [1.5, 2, 1]],
    [
      "a pattern before a bound, and suggestions last",
      [{ suggestions: ["s"] }, { bound: 2 }, { pattern: /^a$/ }],
      ["a", 2, 2, 2, "s"],
    ],
    [
      "members of a list: only the list",
      [{ members: members("list", ["a"], ["b", "c"]) }],
      [
        ["a", "b"],
        ["a", "c"],
      ],
    ],
    ["names: the list before the single name", [{ members: members("names", ["a"]) }], [["a"], "a"]],
    ["an audience: the single name before the list", [{ members: members("audience", [], ["a"]) }], ["a", ["a"]]],
    ["scopes: one string before the list", [{ members: members("scopes", ["a"], ["b"]) }], ["a b", ["a", "b"]]],
    [
      "scopes for a list: only the list",
      [{ members: members("scopes", ["a"]) }, { members: members("list", ["b"]) }],
      [["a", "b"]],
    ],
    ["a number among names: only the list", [{ members: members("names", ["a", 1]) }], [["a", 1]]],
    [
      "a separator: one string, each name once",
      [{ members: { ...members("names", ["a"], ["a", "b"]), separator: ";" } }],
      ["a", "a;b"],
    ],
    ["one of each list", [{ members: members("list", [], ["a", "b"], ["b"]) }], [["a", "b"], ["b"]]],
    ["at most 512 values", [{ suggestions: long }], long.slice(0, 512)],
    [
      "at most 512 choices of members",
      [{ members: members("list", [], long) }],
      long.slice(0, 512).map((one) => [one]),
    ],
  ])("%s", (_, wishes, values) => {
    expect(tried(...wishes)).toEqual(values);
  });

  it("are tried for a segment before they are tried for the claim that must be equal", () => {
    const wishes = [
      { slot: X, suggestions: ["c"], sameAs: SEGMENT },
      { slot: SEGMENT, suggestions: ["s"] },
    ];
    expect(chooseValues(wishes, () => true)).toEqual(
      succeed([
        { slot: X, value: "s" },
        { slot: SEGMENT, value: "s" },
      ]),
    );
  });
});

describe("a chosen value", () => {
  it("fits all slots that must be equal, also if three slots are joined one after the other", () => {
    const wishes = [
      { slot: HEADER, suggestions: ["h"] },
      { slot: X, sameAs: HEADER, suggestions: ["a b", "ab"] },
      { slot: SEGMENT, sameAs: X },
      { slot: claim("y"), suggestions: ["y"] },
    ];
    const fits = (slot: Slot, value: unknown) => slot.in !== "segment" || value === "ab";
    const slots = [SEGMENT, X, HEADER].map((slot) => ({ slot, value: "ab" }));
    expect(chooseValues(wishes, fits)).toEqual(succeed([...slots, { slot: claim("y"), value: "y" }]));
  });

  it("meets the wishes of all slots, and what each wish accepts", () => {
    const accepts = (value: unknown) => value !== 2;
    expect(
      chooseValues(
        [
          { slot: X, suggestions: [1, 2, 3], accepts },
          { slot: X, oneOf: [2, 3] },
        ],
        () => true,
      ),
    ).toEqual(succeed([{ slot: X, value: 3 }]));
  });

  it.each<[title: string, wishes: readonly Wish[], failure: object]>([
    ["certainly not, if the accepted values are listed", [{ slot: X, oneOf: [] }], { slot: X, isCertain: true }],
    ["perhaps, if they are only suggested", [{ slot: X, suggestions: [] }], { slot: X, isCertain: false }],
    ["for the claim, if a segment must be equal", [{ slot: SEGMENT, sameAs: X }], { slot: X, isCertain: false }],
    ["for a header", [{ slot: HEADER }], { slot: HEADER, isCertain: false }],
  ])("does not exist: %s", (_, wishes, failure) => {
    expect(chooseValues(wishes, () => true)).toEqual(fail(failure));
  });
});

it.each<[slot: Slot["in"], value: unknown, fits: boolean]>([
  ["claim", { a: [null] }, true],
  ["header", "a b", true],
  ["header", "a", true],
  ["header", " a", false],
  ["header", "a ", false],
  ["header", "a\nb", false],
  ["header", "é", false],
  ["header", "", false],
  ["header", 1, false],
  ["segment", "a b", true],
  ["segment", "$&+,:=@", true],
  ["segment", "mutant", true],
  ["segment", "", false],
  ["segment", "..", false],
  ["segment", "a/b", false],
  ["segment", 1, false],
])("a %s can contain %j: %j", (where, value, fits) => {
  const slot = [X, SEGMENT, HEADER].find((one) => one.in === where) ?? expect.fail();
  expect(fitsRequest(slot, value as never)).toBe(fits);
});

it.each<[pattern: string, ...texts: string[]]>([
  ["a", "a"],
  ["a?", "a", ""],
  ["a*", "a", "", "aaaaaaaa", "a".repeat(36)],
  ["a+", "a", "aaaaaaaaa", "a".repeat(37)],
  ["a{2}", "aa"],
  ["a{0,3}", "a", "", "aaa"],
  ["a{2,}", "aa", "a".repeat(10), "a".repeat(38)],
  ["[^a-z]\\d\\w[é]\\.", "11aé."],
  ["(a)"],
  ["[^\\s\\S]"],
])("the pattern %s has the texts %j, %j, %j", (pattern, ...texts) => {
  expect(makeMatchingTexts(new RegExp(`^${pattern}$`, "su"))).toEqual(texts);
});

it.each([
  row("a claim inside another claim replaces its value", { "/a/b": 1, a: 2 }, { a: { b: 1 } }),
  row("the order of the wishes does not matter", { a: 2, "/a/b": 1 }, { a: { b: 1 } }),
  row("the first of two values counts", { "/a/b": 1, "/a/c": 2 }, { a: { b: 1, c: 2 } }),
  row("members 0 and 1 are a list, in their order", { "/a/1": "y", "/a/0": "x" }, { a: ["x", "y"] }),
  row("members 0 and 2 are a map", { "/a/0": "x", "/a/2": "y" }, { a: { 0: "x", 2: "y" } }),
  row("ten members are sorted as numbers", Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`/a/${n}`, n])), {
    a: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  }),
  row("an empty map stays a map", { a: {}, b: [] }, { a: {}, b: [] }),
  row("a claim that every object inherits", { "/a/toString": 1, toString: 2 }, { a: { toString: 1 }, toString: 2 }),
])("claims are written so that they nest: %s", (_, values, claims) => {
  const chosen = Object.entries(values).map(([name, value]) => ({ slot: claim(name), value }));
  const others = [SEGMENT, HEADER].map((slot) => ({ slot, value: "other" }));
  expect(writeClaims([...others, ...chosen])).toEqual(claims);
});

it("the smallest alternative requires only a token of its issuers", () => {
  const names = { allOf: [], anyOf: [], noneOf: [] };
  const accept = new Set(["acme"]);
  const alternative = acceptAll(accept, new Set(["api"]));
  expect(alternative).toEqual({
    ...{ accept, audiences: new Set(["api"]), conditions: [], authentication: undefined },
    ...{ scopes: names, roles: names, groups: names },
  });
  expect(requireOnly(alternative)).toEqual({
    ...{ access: "required", mode: "enforce", allowsHttp: false, otherAuthentication: "ignore" },
    ...{ passesPreflight: false, comparedHeaders: [], accept, alternatives: [alternative] },
  });
  expect(requireNames({ anyOf: ["a"] })).toEqual({ ...names, anyOf: ["a"] });
});

it.each([
  ...[row("ES256", 64), row("ES384", 96), row("ES512", 132), row("EdDSA", 64), row("Ed25519", 64)],
  ...[row("HS256", 32), row("HS384", 48), row("HS512", 64), row("RS256", 256), row("PS512", 256)],
])(
  "a token that is tried with %s has a signature of %i bytes, and everything else of the request",
  (algorithm, bytes) => {
    const base64url = (data: string | Uint8Array) => Buffer.from(data).toString("base64url");
    const issuer = compileIssuer();
    const token = { issuer, algorithm, typ: "at+jwt", claims: { sub: "é" } };
    const headers = new Map([["x-a", "b"]]);
    const source = { from: "authorization", schemes: new Set(["bearer"]), allowsBare: false } as const;
    const text = [
      base64url(JSON.stringify({ alg: algorithm, kid: "trial", typ: "at+jwt" })),
      base64url('{"sub":"é"}'),
      base64url(new Uint8Array(bytes)),
    ].join(".");
    expect(factsOf("r", { method: "GET", path: "/p", headers, token, source })).toEqual({
      ...{ binding: { by: "rule", rule: "r" }, requestLine: { method: "GET", target: "/p" }, connection: undefined },
      ...{ authorization: `Bearer ${text}`, headers: new Map([["authorization", `Bearer ${text}`], ...headers]) },
      ...{ transport: "loopback", requestId: undefined },
    });
  },
);

it("the scheme of a header is read from the pattern that finds it", () => {
  expect([undefined, /^JWT +/, /^x\.y +/].map(readScheme)).toEqual(["", "JWT ", "x\\.y "]);
});

it("a request without a source of tokens keeps its path and its headers", () => {
  const headers = new Map([["a", "b"]]);
  expect(placeToken({ path: "/p", headers, source: undefined }, "T")).toEqual({ target: "/p", headers });
});
