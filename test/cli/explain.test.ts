import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { temporaryFolder } from "../temporary-folder.ts";
import { runCli } from "./run-cli.ts";
import { createWriter } from "./write-files.ts";

const POLICY = `jwt_policy: 1
name: shop
issuers:
  acme: { issuer: https://idp.example, audiences: [api], required_claims: { token_use: { equals: access } } }
  partner:
    issuer: https://partner.example
    audiences: [p, q]
    required_claims: [azp]
    claims: { roles: [/realm_access/roles, { claim: /resource_access/shop/roles, separator: "," }] }
defaults:
  accept: [acme]
  required_scopes: [base]
  mode: report
routes:
  plain: {}
  own: { mode: enforce, required_scopes: [x], required_claims: { sub: {} }, allow_http: true }
  both: { accept: [acme, partner], audiences: [z] }
  each: { accept: [acme, partner] }
  ways: { any_of: [{ required_roles: [admin] }, { accept: [partner], required_scopes: [y] }] }
  parts:
    required_roles: { any_of: [a, b] }
    operations:
      - { methods: [GET], path: "/a/{id}" }
      - { methods: [PUT], path: /b, required_scopes: [], cors_preflight: pass }
      - { methods: [GET], path: /c, access: public }
  open: { access: public }
`;

const directory = temporaryFolder();
const write = createWriter(directory);

const ALWAYS = { acme: { token_use: { equals: "access" } } };
const ACME = { mode: "report", accept: ["acme"], audiences: ["api"], required_claims_of_issuer: ALWAYS };
const EACH = {
  access: "required",
  mode: "report",
  accept: ["acme", "partner"],
  required_claims_of_issuer: { ...ALWAYS, partner: ["azp"] },
  required_scopes: ["base"],
};
const CLAIMS = { audience: "aud", scopes: "scope", roles: "roles", groups: "groups" };
const PARTNER_ROLES = ["/realm_access/roles", { claim: "/resource_access/shop/roles", separator: "," }];
const EXPECTED = {
  policy: "shop",
  issuers: {
    acme: { issuer: "https://idp.example", token_type: "at+jwt", claims: CLAIMS },
    partner: { issuer: "https://partner.example", token_type: "at+jwt", claims: { ...CLAIMS, roles: PARTNER_ROLES } },
  },
  routes: {
    plain: { access: "required", ...ACME, required_scopes: ["base"] },
    own: {
      access: "required",
      ...ACME,
      mode: "enforce",
      allow_http: true,
      required_scopes: ["x"],
      required_claims: { sub: {} },
    },
    both: { ...EACH, audiences: ["z"] },
    each: { ...EACH, audiences: { acme: ["api"], partner: ["p", "q"] } },
    ways: {
      access: "required",
      mode: "report",
      any_of: [
        { accept: ["acme"], audiences: ["api"], required_claims_of_issuer: ALWAYS, required_roles: ["admin"] },
        {
          accept: ["partner"],
          audiences: ["p", "q"],
          required_claims_of_issuer: { partner: ["azp"] },
          required_scopes: ["y"],
        },
      ],
    },
    parts: {
      operations: [
        {
          methods: ["GET"],
          path: "/a/{id}",
          access: "required",
          ...ACME,
          required_scopes: ["base"],
          required_roles: { any_of: ["a", "b"] },
        },
        {
          methods: ["PUT"],
          path: "/b",
          access: "required",
          ...ACME,
          cors_preflight: "pass",
          required_scopes: [],
          required_roles: { any_of: ["a", "b"] },
        },
        { methods: ["GET"], path: "/c", access: "public", mode: "report" },
      ],
    },
    open: { access: "public", mode: "report" },
  },
};

describe("kong-jwt-policy explain --effective", () => {
  it("prints each rule and operation as it is in effect", () => {
    const { status, stdout, stderr } = runCli(["explain", "--effective", write("shop.yaml", POLICY)]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(parse(stdout)).toEqual(EXPECTED);
  });

  it("prints the same as JSON", () => {
    const { stdout } = runCli(["explain", "--effective", "--format", "json", write("shop.yaml", POLICY)]);
    expect(JSON.parse(stdout)).toEqual(EXPECTED);
  });

  it("includes the files that a file extends", () => {
    write("parent.yaml", POLICY.replace(/routes:[\s\S]*/, ""));
    const child = write("child.yaml", "jwt_policy: 1\nname: child\nextends: parent.yaml\nroutes: { plain: {} }\n");
    const { stdout } = runCli(["explain", "--effective", child]);
    expect(parse(stdout)).toEqual({ ...EXPECTED, policy: "child", routes: { plain: EXPECTED.routes.plain } });
  });

  it("prints the mistakes of a broken policy, and exits 1", () => {
    const file = write("broken.yaml", POLICY.replace("[api]", "api"));
    const { status, stdout, stderr } = runCli(["explain", "--effective", file]);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("wrong_type");
  });

  it("asks for the part to explain", () => {
    const { status, stderr } = runCli(["explain", write("shop.yaml", POLICY)]);
    expect([status, stderr]).toEqual([2, expect.stringContaining("--effective")]);
  });
});
