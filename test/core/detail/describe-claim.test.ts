import { describe, expect, it } from "vitest";
import { describeClaim } from "../../../plugin/core/detail/describe-claim.ts";
import type { JsonObject, JsonValue } from "../../../plugin/core/json/json.ts";
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
    ["/realm_access/roles", { _claim_names: { realm_access: "a" } }, elsewhere],
  ])("says that there is no claim %s in %j, and where the pointer ends%s", (place, claims, more) => {
    expect(describeClaim(claims, parseClaimReference(place))).toBe(`no claim ${place}${more}`);
  });

  it.each(["csrf", "/user/password", "access_token", "nonce"])("says only the length of %s", (name) => {
    const claims = { csrf: "s3cret", user: { password: "s3cret" }, access_token: "s3cret", nonce: "s3cret" };
    expect(describeClaim(claims, parseClaimReference(name))).toBe(`claim ${name} is a string of 6 characters`);
  });
});
