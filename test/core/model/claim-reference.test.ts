import { describe, expect, it } from "vitest";
import { readJsonObject } from "../../../plugin/core/json/json.ts";
import { findObstacle, parseClaimReference, readClaim } from "../../../plugin/core/model/claim-reference.ts";
import { unwrap } from "../../results.ts";

const claims = unwrap(
  readJsonObject(
    JSON.stringify({
      sub: "alice",
      "a.b": "dotted",
      "https://example.com/roles": ["admin"],
      realm_access: { roles: ["merchant"], "": "empty", "a/b": { "m~n": 1, "~1": 2 } },
      list: [{ name: "first" }, ["inner"]],
      numbers: { "0": "zero", "01": "one", "-": "dash" },
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
    ["/list/0/name", "first"],
    ["/list/1/0", "inner"],
    ["/list/2", undefined],
    ["/list/01", undefined],
    ["/list/00", undefined],
    ["/list/-", undefined],
    ["/list/-1", undefined],
    ["/list/+1", undefined],
    ["/list/1.0", undefined],
    ["/list/1e0", undefined],
    ["/list/ 1", undefined],
    ["/list/0x0", undefined],
    ["/list/", undefined],
    ["/list/١", undefined],
    ["/list/18446744073709551616", undefined],
    ["/list/4294967295", undefined],
    ["/list/~00", undefined],
    ["/numbers/0", "zero"],
    ["/numbers/01", "one"],
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

describe("a claim that cannot be looked up differs from an absent claim", () => {
  it.each<[reference: string, obstacle: string | undefined]>([
    ["missing", undefined],
    ["/missing/x", undefined],
    ["/nothing/x", undefined],
    ["/realm_access/none", undefined],
    ["/list/2", undefined],
    ["/list/0/none", undefined],
    ["/sub/0", "/sub"],
    ["/list/name", "/list"],
    ["/list/-", "/list"],
    ["/list/01", "/list"],
    ["/list/1/0/x", "/list/1/0"],
    ["/realm_access/a~1b/m~0n/x", "/realm_access/a~1b/m~0n"],
  ])("%s: %s", (reference, obstacle) => {
    const parsed = parseClaimReference(reference);
    expect(readClaim(claims, parsed)).toBeUndefined();
    expect(findObstacle(claims, parsed)?.text).toBe(obstacle);
  });

  it("if the token says that the provider keeps the claim elsewhere (OpenID Connect Core section 5.6.2)", () => {
    const distributed = { _claim_names: { groups: "src1" }, _claim_sources: {} };
    expect(findObstacle(distributed, parseClaimReference("groups"))?.is).toBe("elsewhere");
    expect(findObstacle(distributed, parseClaimReference("/groups/0"))?.is).toBe("elsewhere");
    expect(findObstacle(distributed, parseClaimReference("roles"))).toBeUndefined();
    expect(findObstacle({ ...distributed, groups: [] }, parseClaimReference("groups"))).toBeUndefined();
  });
});
