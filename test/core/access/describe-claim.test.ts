import { describe, expect, it } from "vitest";
import { describeClaim } from "../../../plugin/core/access/describe-claim.ts";
import type { JsonObject, JsonValue } from "../../../plugin/core/json/json.ts";
import { parseClaimReference } from "../../../plugin/core/model/claim-reference.ts";

describe("describeClaim", () => {
  it.each<[value: JsonValue, kind: string]>([
    ["order-admin", "a text"],
    ["", "an empty text"],
    [1, "a number"],
    [false, "a boolean"],
    [null, "null"],
    [{ roles: ["order-admin"] }, "an object"],
    [[], "an empty list"],
    [["order-admin"], "a list of 1 text"],
    [["a", "b", "c"], "a list of 3 texts"],
    [["a", 1], "a list that contains other things than texts"],
    [[["a"]], "a list that contains other things than texts"],
    [[null], "a list that contains other things than texts"],
  ])("says of %j that it is %s, and never the value", (value, kind) => {
    expect(describeClaim({ roles: value }, parseClaimReference("roles"))).toBe(`claim roles is ${kind}`);
  });

  it.each<[place: string, claims: JsonObject]>([
    ["roles", {}],
    ["/realm_access/roles", { roles: ["a"] }],
    ["/realm_access/roles", { realm_access: {} }],
    ["/realm_access/roles", { realm_access: "roles" }],
    ["/realm_access/roles", { realm_access: ["roles"] }],
  ])("says that there is no claim %s in %j, as the policy writes it", (place, claims) => {
    expect(describeClaim(claims, parseClaimReference(place))).toBe(`no claim ${place}`);
  });
});
