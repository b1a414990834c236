import { OF_ACCESS_TOKENS } from "../../../offline/lint/rules/issuer-rules.ts";
import { fail, PASSED, type Result, succeed } from "../../../plugin/core/model/result.ts";
import { checkClaim, checkIssuer, checkText } from "../model/check-value.ts";
import { nest, stepsOf, topOf } from "../model/claim-steps.ts";
import type { Membership, Provider, ReadAndWrite, TokenShape, Values } from "../model/provider.ts";
import { joinScopes, scopeOptions } from "../model/scope-options.ts";

/**
 * `init` refuses these claims in three uses: as the claim that marks access tokens, as the claim with scopes, and as
 * the claim with roles. These claims already have a meaning, and ID tokens may have them too (RFC 7519 section 4.1, RFC
 * 7800 section 3.1, OpenID Connect Core section 2).
 */
const RESERVED = [
  ...["iss", "sub", "aud", "exp", "nbf", "iat", "cnf"],
  ...["auth_time", "nonce", "acr", "amr", "azp", "at_hash", "c_hash"],
];

type TokenType = "at+jwt" | "JWT" | "any";

const ID_TOKEN = { id: "id-token", name: "An ID token" } as const;

const TYPE_NOTES: Readonly<Record<TokenType, string>> = {
  "at+jwt": "access tokens of RFC 9068; ID tokens have the type JWT or none",
  JWT: "the typ in the header of access tokens",
  any: "the provider writes no typ into the header of access tokens",
};

/** docs/guides/first-policy.md explains each part of this policy. */
export const OIDC: Provider = {
  id: "oidc",
  title: "a provider with OpenID discovery",
  example: "--issuer https://idp.example.com --audience https://api.example.com/orders",
  options: [
    {
      name: "issuer",
      value: "url",
      description: "the issuer, exactly as in the claim iss of tokens",
      check: checkIssuer,
      isNeeded: () => true,
    },
    {
      name: "audience",
      value: "audience",
      description: "the value of aud in tokens for this API",
      check: checkText,
      isNeeded: () => true,
    },
    {
      name: "token-type",
      value: "type",
      description: "typ in the header of access tokens; any if there is none",
      choices: ["at+jwt", "JWT", "any"],
      fallback: "at+jwt",
    },
    {
      name: "scope-claim",
      value: "claim",
      description: "the claim with the scopes",
      fallback: "scope",
      check: checkClaim,
    },
    {
      name: "access-token-claim",
      value: "claim",
      description: "a claim that only access tokens have, and ID tokens do not; needed if the type is not at+jwt",
      fallback: "client_id",
      check: checkClaim,
    },
    ...scopeOptions("scope", { read: "orders:read", write: "orders:write" }),
    { name: "role", value: "role", description: "writers also need this role", check: checkText },
    {
      name: "role-claim",
      value: "claim",
      description: "the claim with the roles",
      fallback: "roles",
      check: checkClaim,
    },
  ],
  usualScopes: (name) => ({ read: `${name}:read`, write: `${name}:write` }),
  describe,
};

function describe(values: Values, { read, write }: ReadAndWrite): Result<TokenShape, string> {
  const { issuer = "", audience = "", role, "scope-claim": claim = "" } = values;
  const type = (values["token-type"] ?? "at+jwt") as TokenType;
  const roleClaim = role === undefined ? undefined : values["role-claim"];
  const mark = type === "at+jwt" ? undefined : (values["access-token-claim"] ?? "");
  const claims = checkClaims(claim, roleClaim, mark);
  if (!claims.ok) {
    return claims;
  }
  return succeed({
    issuer,
    audience: { is: audience, note: "the value of aud in tokens for this API" },
    tokenType: { is: type, note: TYPE_NOTES[type] },
    places: {
      ...(claim !== "scope" && { scopes: { is: claim, note: "separated by spaces, or a list" } }),
      ...(roleClaim !== undefined && { roles: { is: roleClaim, note: "a list" } }),
    },
    subject: "sub",
    permissions: {
      by: "scopes",
      read,
      write,
      grant: (granted) => nest(claim, joinScopes(granted)),
      ...(role !== undefined && roleClaim !== undefined && { member: findRole(role, roleClaim) }),
    },
    ...(mark === undefined ? describeTyped(topOf(claim)) : describeMarked(mark, topOf(claim))),
    setup: [`the scopes ${read} and ${write}`, ...(role === undefined ? [] : ["the role for writers"])],
  });
}

function checkClaims(scopes: string, roles: string | undefined, mark: string | undefined): Result<undefined, string> {
  const all = [scopes, roles, mark].filter((claim) => claim !== undefined);
  const reserved = all.find((claim) => RESERVED.includes(topOf(claim)) || (claim === "client_id" && claim !== mark));
  if (reserved !== undefined) {
    return fail(`the claim ${reserved} has another meaning, and ID tokens may have it too`);
  }
  const isPart = (one: string, other: string): boolean =>
    stepsOf(one).every((step, index) => step === stepsOf(other)[index]);
  const overlap = roles !== undefined && (isPart(scopes, roles) || isPart(roles, scopes));
  return overlap || (mark !== undefined && all.slice(0, -1).some((claim) => topOf(claim) === topOf(mark)))
    ? fail("--scope-claim, --role-claim and --access-token-claim must be different claims")
    : PASSED;
}

type Kinds = Pick<TokenShape, "conditions" | "claims" | "otherTokens" | "exceptions">;

/** For an issuer whose access tokens and ID tokens have different `typ` headers (RFC 9068 section 2.1). */
function describeTyped(scopes: string): Kinds {
  const recipe = { header: { typ: "JWT" }, without: ["client_id", scopes] };
  return {
    conditions: [],
    claims: { client_id: "web-shop" },
    otherTokens: [{ ...ID_TOKEN, recipe, expect: "token_type_mismatch" }],
    exceptions: {},
  };
}

/** For an issuer whose access tokens have a claim that its ID tokens lack. */
function describeMarked(mark: string, scopes: string): Kinds {
  return {
    conditions: [
      {
        claim: mark,
        note: "only access tokens have this claim",
        absent: `A token without ${mark}, such as an ID token`,
      },
    ],
    claims: nest(mark, "web-shop"),
    otherTokens: [{ ...ID_TOKEN, recipe: { without: [topOf(mark), scopes] }, expect: "claim_missing" }],
    exceptions: OF_ACCESS_TOKENS.includes(mark)
      ? {}
      : { token_type_unchecked: `only access tokens have the claim ${mark}` },
  };
}

function findRole(name: string, claim: string): Membership {
  return { kind: "role", name, ways: [{ id: "writer", claims: nest(claim, [name]) }] };
}
