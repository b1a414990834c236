import { describe, expect, it } from "vitest";
import { describeClaim, describeLocations } from "../../../plugin/core/detail/describe-claim.ts";
import { InexactNumber, type JsonObject, type JsonValue } from "../../../plugin/core/json/json.ts";
import { parseClaimReference } from "../../../plugin/core/model/claim-reference.ts";

describe("describeClaim", () => {
  it.each<[value: JsonValue, kind: string]>([
    ["order-admin", "a string: order-admin"],
    ["two words", 'a string: "two words"'],
    ["", "an empty string"],
    ["x".repeat(100), `a string: ${"x".repeat(80)}...`],
    [1, "a number: 1"],
    [false, "a boolean: false"],
    [null, "null"],
    [{ roles: ["order-admin"] }, "an object"],
    [[], "an empty list"],
    [["order-admin"], "a list of 1 string: order-admin"],
    [["a", "b", "c"], "a list of 3 strings: a, b, c"],
    [[..."abcdefgh"], "a list of 8 strings: a, b, c, d, e and 3 more"],
    [["a", 1], "a list with elements that are not strings"],
    [[["a"]], "a list with elements that are not strings"],
    [[null], "a list with elements that are not strings"],
  ])("says of %j that it is %s", (value, kind) => {
    expect(describeClaim({ roles: value }, parseClaimReference("roles"))).toBe(`claim roles is ${kind}`);
  });

  const elsewhere = ", because the token says in _claim_names that realm_access is at another address";
  it.each<[place: string, claims: JsonObject, more: string]>([
    ["roles", {}, ""],
    ["/realm_access/roles", { roles: ["a"] }, ""],
    ["/realm_access/roles", { realm_access: {} }, ": /realm_access is there, and has no roles"],
    ["/realm_access/roles", { realm_access: "roles" }, ", because /realm_access is a string"],
    ["/realm_access/roles", { realm_access: ["roles"] }, ", because /realm_access is a list of 1 string"],
    ["/realm_access/roles", { realm_access: 7 }, ", because /realm_access is a number"],
    ["/realm_access/roles", { realm_access: false }, ", because /realm_access is a boolean"],
    ["/realm_access/roles", { realm_access: new InexactNumber(1e300) }, ", because /realm_access is a number"],
    ["/realm_access/roles", { realm_access: [] }, ", because /realm_access is an empty list"],
    ["/realm_access/roles", { realm_access: null }, ": /realm_access is there, and has no roles"],
    ["/a/b/c/d", { a: { b: {} } }, ": /a/b is there, and has no c"],
    ["/realm_access/roles", { _claim_names: { realm_access: "a" } }, elsewhere],
  ])("says that there is no claim %s in %j, and where the pointer ends%s", (place, claims, more) => {
    expect(describeClaim(claims, parseClaimReference(place))).toBe(`no claim ${place}${more}`);
  });

  it.each(["csrf", "/user/password", "access_token", "nonce"])("says only the length of %s", (name) => {
    const claims = { csrf: "s3cret", user: { password: "s3cret" }, access_token: "s3cret", nonce: "s3cret" };
    expect(describeClaim(claims, parseClaimReference(name))).toBe(`claim ${name} is a string of 6 characters`);
  });

  it("describes several claims in their order", () => {
    const locations = ["a", "b"].map((name) => ({ claim: parseClaimReference(name), separator: undefined }));
    expect(describeLocations({ a: null }, locations)).toBe("claim a is null, no claim b");
  });

  it("shows no element of a list under the name of a secret, or after a credential", () => {
    const nonce = parseClaimReference("nonce");
    expect(describeClaim({ nonce: ["s3cret"] }, nonce)).toBe("claim nonce is a list of 1 string");
    expect(describeClaim({ a: ["AKIAX", "b"] }, parseClaimReference("a"))).toBe("claim a is a list of 2 strings");
  });

  it("says of a number with too many digits only what it is about", () => {
    const detail = "claim a is a number: about 0.1, because the number has more digits than can be compared exactly";
    expect(describeClaim({ a: new InexactNumber(0.1) }, parseClaimReference("a"))).toBe(detail);
  });
});
