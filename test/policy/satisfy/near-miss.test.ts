import { describe, expect, it } from "vitest";
import { listOperations } from "../../../plugin/policy/satisfy/list-operations.ts";
import { findNearMiss } from "../../../plugin/policy/satisfy/near-miss.ts";
import { satisfyRule } from "../../../plugin/policy/satisfy/satisfy-rule.ts";
import { AUDIENCE, compilePolicy, ISSUER, NOW } from "../../core/fixtures.ts";
import { unwrap } from "../../results.ts";

async function missOf(rule: object, claims: object = {}) {
  const acme = { issuer: ISSUER, audiences: [AUDIENCE], claims };
  const policy = compilePolicy({ routes: { r: rule }, issuers: { acme }, header_mappings: {} });
  const wanted = { policy, rule: "r", nowSeconds: NOW };
  const [operation] = listOperations(policy.rules.get("r") ?? expect.fail());
  const request = unwrap(await satisfyRule({ ...wanted, operation: operation ?? expect.fail() }));
  return { miss: await findNearMiss(wanted, request), request };
}

describe("the request that a rule refuses with 403 lacks", () => {
  const roles = { required_roles: ["x", "y"] };
  const nested = { realm: { roles: ["y"] } };
  it.each<[what: string, rule: object, claims: object, without: string, reason: string, left: object]>([
    ["one of several scopes", { required_scopes: ["a", "b"] }, {}, "a in scope", "scope_insufficient", { scope: "b" }],
    ["the only scope", { required_scopes: ["a"] }, {}, "the claim scope", "scope_insufficient", {}],
    ["a role in another claim", roles, { roles: "/realm/roles" }, "x in realm", "condition_unmet", nested],
    ["a claim", { required_claims: { plan: { equals: "gold" } } }, {}, "the claim plan", "condition_unmet", {}],
  ])("%s", async (_what, rule, claims, without, reason, left) => {
    const { miss, request } = await missOf(rule, claims);
    expect(miss).toMatchObject({ without, reason, request: { path: request.path, method: request.method } });
    const { scope, plan, realm, ...others } = (request.token?.claims ?? {}) as Record<string, unknown>;
    expect([scope, plan, realm].filter((value) => value !== undefined)).toHaveLength(1);
    expect(miss?.request.token).toEqual({ ...request.token, claims: { ...others, ...left } });
  });

  it.each([
    ["needs nothing but a token", {}],
    ["needs no token", { access: "public" }],
  ])("nothing if the rule %s", async (_what, rule) => {
    expect((await missOf(rule)).miss).toBeUndefined();
  });
});
