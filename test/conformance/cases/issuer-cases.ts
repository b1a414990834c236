import { type ConformanceCase, passes, refusalsOf, type TokenRecipe } from "./case.ts";

const refuses = refusalsOf("kinds");

const INVALID = 'Bearer realm="kinds", error="invalid_token", error_description="The access token is invalid"';

const withClaims = (claims: TokenRecipe["claims"]): TokenRecipe => ({
  key: "rs256",
  claims: { token_use: "access", ...claims },
});
const refused = (reason: "claim_missing" | "claim_invalid") => ({ status: 401, reason, challenge: INVALID }) as const;
const KINDS = ["kind", "kind-ways", "kind-optional", "kind-operations"] as const;

/** Conditions of an issuer apply to every rule. The plugins' configs have explicit nulls. */
export const ISSUER_CASES: readonly ConformanceCase[] = [
  ...KINDS.flatMap((path): readonly ConformanceCase[] => [
    passes(`passes a token that meets its issuer's conditions, /${path}`, `/${path}`, {
      token: withClaims({}),
      upstream: { "x-forwarded-user": "user-1" },
    }),
    {
      title: `refuses a token of a kind that its issuer's conditions exclude, /${path}`,
      path: `/${path}`,
      token: withClaims({ token_use: "id" }),
      ...refused("claim_invalid"),
    },
    {
      title: `refuses a token without the claim that its issuer's conditions require, /${path}`,
      path: `/${path}`,
      token: withClaims({ token_use: undefined }),
      ...refused("claim_missing"),
    },
  ]),
  passes(
    "in report mode, passes a token that its issuer's conditions exclude, but without an identity",
    "/kind-report",
    {
      headers: ["X-Forwarded-User", "admin"],
      token: withClaims({ token_use: "id" }),
      reported: "claim_invalid",
      upstream: { "x-forwarded-user": null },
    },
  ),
  {
    title: "refuses a token if a claim that the issuer requires has no value",
    path: "/kind",
    token: withClaims({ sub: " " }),
    ...refused("claim_missing"),
  },
  refuses("condition_unmet", "refuses a token if a claim that the rule requires has no value", "/kind", {
    token: withClaims({ tenant: [] }),
  }),
  ...Object.entries({
    client_id: ["shop"],
    azp: 7,
    sid: ["s"],
    scope: { read: true },
    act: "service",
    acr: ["gold"],
  }).map(
    ([name, value]): ConformanceCase => ({
      title: `refuses a ${name} of another type than the registered one`,
      path: "/kind",
      token: withClaims({ [name]: value }),
      ...refused("claim_invalid"),
    }),
  ),
  {
    title: "refuses several names of a Consumer as a claim of the wrong type",
    path: "/consumer-required",
    token: { claims: { azp: ["billing-app"] } },
    ...refused("claim_invalid"),
    challenge: INVALID.replace("kinds", "consumers"),
  },
  passes("accepts scopes as a list, which several providers write", "/kind", {
    token: withClaims({ scope: ["things:read"] }),
  }),
  passes("removes the client's own X-Forwarded-User in every spelling", "/kind-optional", {
    headers: ["X-Forwarded-User", "admin", "x_forwarded_user", "admin", "x-forwarded_user", "admin"],
    upstream: { "x-forwarded-user": null, x_forwarded_user: null, "x-forwarded_user": null, "x_forwarded-user": null },
  }),
  passes("sets X-Forwarded-User from the token, whatever the client says", "/kind", {
    headers: ["X-Forwarded-User", "admin", "x_forwarded_user", "admin"],
    token: withClaims({}),
    upstream: { "x-forwarded-user": "user-1", x_forwarded_user: null },
  }),
];
