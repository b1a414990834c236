import { describe, expect, it } from "vitest";
import { readJsonObject } from "../../../plugin/core/json/json.ts";
import { findObstacle, parseClaimReference, readClaim } from "../../../plugin/core/model/claim-reference.ts";
import { unwrap } from "../../results.ts";

const CLAIMS = {
  sub: "alice",
  "a.b": "dotted",
  "https://example.com/roles": ["admin"],
  realm_access: { roles: ["merchant"], "": "empty", "a/b": { "m~n": 1, "~1": 2 } },
  list: [{ name: "first" }, ["inner"]],
  long: [..."abcdefghijk"],
  numbers: { "0": "zero", "01": "one", "-": "dash" },
  nothing: null,
};
const claims = unwrap(readJsonObject(JSON.stringify(CLAIMS)));

describe("a name without a slash in front is a top-level claim, and a JSON Pointer selects a nested claim", () => {
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
    ["/list/0/name", "first"],
    ["/list/1/0", "inner"],
    ["/long/10", "k"],
    ["/numbers/0", "zero"],
    ["/numbers/01", "one"],
  ])("%s is %j", (reference, value) => {
    expect(readClaim(claims, parseClaimReference(reference))).toEqual(value);
  });

  it.each([
    ...["realm_access/roles", "realm_access.roles", "/", "/sub/0", "/sub/length", "SUB", "/nothing/x", "/missing/x"],
    ...["/list/2", "/list/01", "/list/00", "/list/-", "/list/-1", "/list/+1", "/list/1.0", "/list/1e0", "/list/ 1"],
    ...["/list/0x0", "/list/", "/list/١", "/list/18446744073709551616", "/list/4294967295", "/list/~00"],
    ...["/list/length", "__proto__", "/realm_access/__proto__", "/realm_access/constructor/name"],
  ])("%s is not there", (reference) => {
    expect(readClaim(claims, parseClaimReference(reference))).toBeUndefined();
  });
});

it("keeps the text of the document", () => {
  expect(parseClaimReference("/a~1b")).toEqual({ text: "/a~1b", path: ["a/b"] });
});

describe("a claim that cannot be looked up differs from an absent claim", () => {
  it.each<[reference: string, obstacle: string | undefined]>([
    ...["missing", "/missing/x", "/nothing/x", "/realm_access/none", "/list/2", "/list/0/none"].map(
      (reference) => [reference, undefined] as [string, undefined],
    ),
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

  it("and the obstacle is the value that has no such member", () => {
    const obstacle = { is: "value", text: "/sub", value: "alice" };
    expect(findObstacle(claims, parseClaimReference("/sub/0"))).toEqual(obstacle);
  });

  it("if the token says that the provider keeps the claim elsewhere (OpenID Connect Core section 5.6.2)", () => {
    const distributed = { _claim_names: { groups: "src1" }, _claim_sources: {} };
    expect(findObstacle(distributed, parseClaimReference("groups"))?.is).toBe("elsewhere");
    expect(findObstacle(distributed, parseClaimReference("/groups/0"))?.is).toBe("elsewhere");
    expect(findObstacle(distributed, parseClaimReference("roles"))).toBeUndefined();
    expect(findObstacle({ ...distributed, groups: [] }, parseClaimReference("groups"))).toBeUndefined();
  });
});
