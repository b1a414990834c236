import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extendDocument, findParent, writeDocument } from "../../../plugin/policy/read/extend-document.ts";
import { readYaml as readDocument } from "../../../plugin/policy/read/read-document.ts";

describe("extendDocument", () => {
  const withClaims = (required_claims: unknown) => ({ issuers: { a: { required_claims } } });
  const access = { token_use: { equals: "access" }, sub: { matches: "x+" } };
  const base = { jwt_policy: 1, name: "base", description: "Base.", extends: "root.yaml" };
  it.each<[what: string, parent: unknown, child: unknown, merged: unknown]>([
    ["keeps keys that the child does not name", { token: { max_bytes: 1 } }, {}, { token: { max_bytes: 1 } }],
    ["adds keys that only the child names", {}, { token: {} }, { token: {} }],
    [
      "merges maps by key, at any depth",
      { a: { b: { c: 1, d: 2 } } },
      { a: { b: { d: 3, e: 4 } } },
      { a: { b: { c: 1, d: 3, e: 4 } } },
    ],
    ["replaces lists as a whole, never joins them", { a: { l: ["x", "y"] } }, { a: { l: ["z"] } }, { a: { l: ["z"] } }],
    ["replaces a map by a string, and a string by a map", { a: {}, b: "x" }, { a: "x", b: {} }, { a: "x", b: {} }],
    ["treats null as a value, which no policy may have", { a: { b: 1 } }, { a: null }, { a: null }],
    ["does not inherit name, description and the parent's extends", base, { extends: "base.yaml" }, {}],
    ["inherits no format version: the child must have its own", { jwt_policy: 1 }, { name: "a" }, { name: "a" }],
    ["keeps a description further below", { a: { description: "x" } }, { a: {} }, { a: { description: "x" } }],
    ["does not change a child that is not a map, so that a later check reports it", { a: 1 }, "text", "text"],
    ["does not change a child if the parent is not a map", ["a"], { a: 1 }, { a: 1 }],
  ])("%s", (_what, parent, child, merged) => {
    expect(extendDocument(parent, child)).toEqual(merged);
  });

  it.each<[what: string, parent: unknown, child: unknown, merged: unknown]>([
    ["a list is joined to the parent's conditions", access, ["sub", "client_id"], { ...access, client_id: {} }],
    ["conditions are joined to the parent's list", ["sub"], { sub: { equals: "x" } }, { sub: { equals: "x" } }],
    ["a list replaces a list", ["sub", "azp"], ["sub"], ["sub"]],
    ["other values replace conditions", { sub: {} }, [1], [1]],
  ])("of an issuer's required claims, %s", (_what, parent, child, merged) => {
    expect(extendDocument(withClaims(parent), withClaims(child))).toEqual(withClaims(merged));
  });

  it("treats __proto__ and constructor like any other key", () => {
    const hostile = JSON.parse('{"a": {"__proto__": {"access": "public"}, "constructor": {"x": 1}}}');
    const merged = extendDocument(hostile, { a: { b: 1 } }) as { a: object };
    expect(Object.keys(merged.a)).toEqual(["__proto__", "constructor", "b"]);
    expect(Object.getPrototypeOf(merged.a)).toBe(Object.prototype);
    expect(({} as { access?: string }).access).toBeUndefined();
  });

  it("changes neither of the two documents", () => {
    const [parent, child] = [{ a: { b: 1 } }, { a: { c: 2 }, extends: "x.yaml" }];
    extendDocument(parent, child);
    expect([parent, child]).toEqual([{ a: { b: 1 } }, { a: { c: 2 }, extends: "x.yaml" }]);
  });
});

it.each<[unknown, string | undefined]>([
  [{ extends: "base.yaml" }, "base.yaml"],
  [{ extends: 7 }, undefined],
  [{ extends: ["base.yaml"] }, undefined],
  [{}, undefined],
  [["extends"], undefined],
  [null, undefined],
  ["extends", undefined],
])("findParent of %j is %j", (data, parent) => {
  expect(findParent(data)).toBe(parent);
});

it("writeDocument writes a string that reads as the same data, also with shared parts and unusual texts", () => {
  const odd = fc.constantFrom("yes", "no", "1.0", "0x1f", "~", "- a", "a: b", "#", "'", "\u2028", "a\nb\n");
  const text = fc.oneof(fc.string(), odd);
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      ...([{ maxDepth: 4 }, text, fc.integer(), fc.boolean()] as const),
      ...([fc.array(tie("value")), fc.dictionary(text, tie("value"))] as const),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("a", "b", "__proto__"), value), (data) => {
      const source = readDocument(writeDocument({ first: data, second: data }));
      expect(source.ok && source.value.data).toEqual({ first: data, second: data });
    }),
  );
});
