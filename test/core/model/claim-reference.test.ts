import { describe, expect, it } from "vitest";
import { readJsonObject } from "../../../plugin/core/json/json.ts";
import { parseClaimReference, readClaim } from "../../../plugin/core/model/claim-reference.ts";
import { unwrap } from "../../results.ts";

const claims = unwrap(
  readJsonObject(
    JSON.stringify({
      sub: "alice",
      "a.b": "dotted",
      "https://example.com/roles": ["admin"],
      realm_access: { roles: ["merchant"], "": "empty", "a/b": { "m~n": 1, "~1": 2 } },
      list: [{ name: "first" }],
      nothing: null,
    }),
  ),
);

describe("a name without a slash in front is a top-level claim, and JSON Pointer goes inside", () => {
  it.each<[reference: string, value: unknown]>([
    ["sub", "alice"],
    ["a.b", "dotted"],
    ["https://example.com/roles", ["admin"]],
    ["/sub", "alice"],
    ["/https:~1~1example.com~1roles", ["admin"]],
    ["/realm_access/roles", ["merchant"]],
    ["/realm_access/", "empty"],
    ["/realm_access/a~1b/m~0n", 1],
    ["/realm_access/a~1b/~01", 2],
    ["nothing", null],
    ["realm_access/roles", undefined],
    ["realm_access.roles", undefined],
    ["/", undefined],
    ["/sub/0", undefined],
    ["/sub/length", undefined],
    ["/list/0", undefined],
    ["/list/length", undefined],
    ["/nothing/x", undefined],
    ["/missing/x", undefined],
    ["__proto__", undefined],
    ["/realm_access/__proto__", undefined],
    ["/realm_access/constructor/name", undefined],
    ["SUB", undefined],
  ])("%s is %j", (reference, value) => {
    expect(readClaim(claims, parseClaimReference(reference))).toEqual(value);
  });
});

it("keeps the text as the document writes it", () => {
  expect(parseClaimReference("/a~1b")).toEqual({ text: "/a~1b", path: ["a/b"] });
});
