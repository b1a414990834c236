import { describe, expect, it } from "vitest";
import { authorize } from "../../plugin/core/authorize.ts";
import type { JsonObject } from "../../plugin/core/json.ts";
import { compileIssuer, requirementsOf } from "./fixtures.ts";

const check = (claims: JsonObject, requiredScopes: readonly string[], scopes = "scope"): unknown =>
  authorize(compileIssuer({ claims: { scopes } }), requirementsOf({ requiredScopes }), claims);

describe("lets a token pass that has all required scopes", () => {
  it.each<[claims: JsonObject, required: string[]]>([
    [{ scope: "read" }, ["read"]],
    [{ scope: "read write" }, ["write", "read"]],
    [{ scope: "write  read" }, ["read"]],
    [{ scope: ["read", "write"] }, ["read", "write"]],
    [{ scope: ["read", 1, null] }, ["read"]],
    [{}, []],
    [{ scope: 1 }, []],
  ])("%j has %j", (claims, required) => {
    expect(check(claims, required)).toBeUndefined();
  });
});

describe("refuses a token that lacks one", () => {
  it.each<[claims: JsonObject, required: string[], lacks: string]>([
    [{}, ["read"], "read"],
    [{ scope: "" }, ["read"], "read"],
    [{ scope: null }, ["read"], "read"],
    [{ scope: 1 }, ["1"], "1"],
    [{ scope: true }, ["true"], "true"],
    [{ scope: { read: true } }, ["read"], "read"],
    [{ scope: "READ" }, ["read"], "read"],
    [{ scope: "readwrite" }, ["read"], "read"],
    [{ scope: "read,write" }, ["read"], "read"],
    [{ scope: "read\twrite" }, ["read"], "read"],
    [{ scope: ["read write"] }, ["read"], "read"],
    [{ scope: [["read"]] }, ["read"], "read"],
    [{ scp: "read" }, ["read"], "read"],
    [{ scope: "read" }, ["read", "write", "admin"], "write admin"],
  ])("%j lacks of %j: %s", (claims, required, lacks) => {
    expect(check(claims, required)).toEqual({
      reason: "scope_insufficient",
      requiredScopes: required,
      detail: `lacks scope ${lacks}`,
    });
  });
});

describe("looks for scopes where the issuer puts them", () => {
  it.each<[reference: string, claims: JsonObject]>([
    ["scp", { scp: ["read"], scope: "" }],
    ["/resource/api/roles", { resource: { api: { roles: ["read"] } } }],
    ["https://example.com/scopes", { "https://example.com/scopes": "read" }],
  ])("%s", (reference, claims) => {
    expect(check(claims, ["read"], reference)).toBeUndefined();
    expect(check({ scope: "read" }, ["read"], reference)).toHaveProperty("reason", "scope_insufficient");
  });
});
