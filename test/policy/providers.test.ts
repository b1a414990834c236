import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { authorize } from "../../plugin/core/access/authorize.ts";
import { validateClaims } from "../../plugin/core/access/validate-claims.ts";
import type { JsonObject } from "../../plugin/core/json/json.ts";
import { compileDocument, joseHeaderOf, NOW } from "../core/fixtures.ts";
import { listPages, readPage } from "../readme/pages.ts";

/**
 * The policies of the guides, by the name of the policy. The guides step by step begin their policies with the name of
 * a file.
 */
const pages = ["docs/guides/providers.md", ...listPages("docs/guides/providers")].map(readPage).join("\n");
const policies = new Map(
  [...pages.matchAll(/```yaml\n(jwt_policy:.*?)```/gs)].map(([, text = ""]) => [String(parse(text).name), text]),
);

/** The reason why the rule `refunds` refuses a token with these claims; undefined if the token passes. */
function judge(name: string, claims: JsonObject): string | undefined {
  const policy = compileDocument(policies.get(name) ?? "");
  const [issuer] = [...policy.issuers.values()];
  const requirements = policy.rules.get("refunds")?.requirements;
  if (!issuer || !requirements) {
    throw new Error(`no guide has a policy "${name}"`);
  }
  const token: JsonObject = { iss: issuer.issuer, exp: NOW + 300, iat: NOW, sub: "alice", ...claims };
  const request = { segments: [], headers: new Map() };
  const valid = validateClaims(issuer, requirements, joseHeaderOf({ typ: TYPES[name] }), token, NOW);
  const authorized = valid.ok ? authorize(issuer, requirements, token, request, NOW) : valid;
  return authorized.ok ? undefined : authorized.failure.reason;
}

/** The header that the providers write. */
const TYPES: Readonly<Record<string, string>> = { keycloak: "JWT", entra: "JWT", auth0: "JWT", google: "JWT" };

const KEYCLOAK = {
  aud: ["account", "payments-api"],
  typ: "Bearer",
  azp: "shop",
  scope: "openid payments",
  realm_access: { roles: ["offline_access", "merchant"] },
  resource_access: { account: { roles: ["view-profile"] } },
  groups: ["/merchants"],
};
const ENTRA = { aud: "6e74172b-be56-4843-9ff4-e66a39bb12e3", ver: "2.0", azpacr: "1" };
const AUTH0 = {
  aud: ["https://api.example.com", "https://acme.eu.auth0.com/userinfo"],
  scope: "openid",
  permissions: ["read:refunds"],
  "https://example.com/roles": ["merchant"],
  "https://example.com/tenant.id": "acme",
};
const OKTA = {
  aud: "api://default",
  cid: "0oa1example",
  scp: ["openid", "refunds.read"],
  groups: ["Everyone", "Merchants"],
};
const GOOGLE = { aud: "1234567890-abc.apps.googleusercontent.com", email: "alice@example.com", hd: "example.com" };
const COGNITO = {
  client_id: "1example23456789",
  token_use: "access",
  scope: "openid shop/refunds.read",
  "cognito:groups": ["merchants"],
};

/** The claims without these. */
const without = (claims: object, ...names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));
const clientRole = (client: string) => ({
  realm_access: { roles: [] },
  resource_access: { [client]: { roles: ["merchant"] } },
});
const [ROLES, TENANT] = ["https://example.com/roles", "https://example.com/tenant"];

type Row = [provider: string, what: string, claims: JsonObject, reason?: string];
const TOKENS: readonly Row[] = [
  ["keycloak", "with all", KEYCLOAK],
  ["keycloak", "with the role of a client only", { ...KEYCLOAK, ...clientRole("payments-api") }],
  ["keycloak", "with the role of another client", { ...KEYCLOAK, ...clientRole("shop") }, "condition_unmet"],
  ["keycloak", "whose client roles cannot be read", { ...KEYCLOAK, resource_access: [] }, "condition_unmet"],
  ["keycloak", "of a suspended group", { ...KEYCLOAK, groups: ["/merchants", "/suspended"] }, "condition_unmet"],
  ["keycloak", "without the audience that a mapper adds", { ...KEYCLOAK, aud: "account" }, "audience_mismatch"],
  ["entra", "of a user", { ...ENTRA, scp: "User.Read Refunds.Read" }],
  ["entra", "of an application", { ...ENTRA, roles: ["Refunds.Read.All"], idtyp: "app" }],
  [
    "entra",
    "of a user who has the application's role",
    { ...ENTRA, scp: "User.Read", roles: ["Refunds.Read.All"] },
    "scope_insufficient",
  ],
  ["entra", "with a scope that merely begins alike", { ...ENTRA, scp: "Refunds.ReadWrite" }, "scope_insufficient"],
  ["auth0", "with all", AUTH0],
  ["auth0", "with the scope only", { ...AUTH0, scope: "read:refunds", permissions: [] }, "scope_insufficient"],
  ["auth0", "with roles under another name", { ...without(AUTH0, ROLES), roles: ["merchant"] }, "condition_unmet"],
  [
    "auth0",
    "with a nested claim, although the name has a dot",
    { ...without(AUTH0, `${TENANT}.id`), [TENANT]: { id: "acme" } },
    "condition_unmet",
  ],
  ["okta", "with all", OKTA],
  ["okta", "without the scope", { ...OKTA, scp: ["openid"] }, "scope_insufficient"],
  ["cognito", "with all", COGNITO],
  ["cognito", "of another client", { ...COGNITO, client_id: "other" }, "audience_mismatch"],
  ["cognito", "that is an ID token", { ...COGNITO, token_use: "id" }, "claim_invalid"],
  ["cognito", "that does not say which kind of token it is", without(COGNITO, "token_use"), "claim_missing"],
  ["keycloak", "that is an ID token", { ...KEYCLOAK, typ: "ID" }, "claim_invalid"],
  ["entra", "that is an ID token", without(ENTRA, "azpacr"), "claim_missing"],
  ["okta", "that is an ID token", without(OKTA, "cid"), "claim_missing"],
  ["google", "of the Google Workspace", GOOGLE],
  ["google", "of another Google Workspace", { ...GOOGLE, hd: "another.example" }, "claim_invalid"],
  ["google", "of a consumer account", without(GOOGLE, "hd"), "claim_missing"],
  ["entra", "of version 1.0", { ...ENTRA, ver: "1.0", scp: "User.Read Refunds.Read" }, "claim_invalid"],
];

describe("a token in the provider's form", () => {
  it.each<Row>(TOKENS)("%s, %s", (provider, _what, claims, reason) => {
    expect(judge(provider, claims)).toBe(reason);
  });

  it("passes and is refused, for the policy of each guide", () => {
    const isTested = (name: string, isPassing: boolean): boolean =>
      TOKENS.some(([provider, , , reason]) => provider === name && (reason === undefined) === isPassing);
    const untested = [...policies.keys()].filter((name) => !isTested(name, true) || !isTested(name, false));
    expect(untested, "these policies need rows in TOKENS").toEqual([]);
  });
});
