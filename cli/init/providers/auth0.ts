import { type Result, succeed } from "../../../plugin/core/model/result.ts";
import { checkHost, checkText } from "../model/check-value.ts";
import type { Provider, ReadAndWrite, TokenShape, Values } from "../model/provider.ts";
import { joinScopes, scopeOptions } from "../model/scope-options.ts";

/** docs/guides/providers.md explains each part of this policy. */
export const AUTH0: Provider = {
  id: "auth0",
  title: "Auth0",
  example: "--domain acme.eu.auth0.com --audience https://api.example.com/orders",
  options: [
    {
      name: "domain",
      value: "domain",
      description: "the tenant's domain or your custom domain, such as acme.eu.auth0.com",
      check: checkHost,
      isNeeded: () => true,
    },
    {
      name: "audience",
      value: "identifier",
      description: "the identifier of the API at Auth0, such as https://api.example.com/orders",
      check: checkText,
      isNeeded: () => true,
    },
    {
      name: "token-dialect",
      value: "dialect",
      description:
        "the token dialect of the API: rfc9068_profile for the profile RFC 9068; a dialect with _authz adds the permissions of RBAC",
      choices: ["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"],
      fallback: "access_token",
    },
    ...scopeOptions("permission", { read: "read:orders", write: "write:orders" }),
  ],
  usualScopes: (name) => ({ read: `read:${name}`, write: `write:${name}` }),
  describe,
};

function describe(values: Values, { read, write }: ReadAndWrite): Result<TokenShape, string> {
  const { domain = "", audience = "", "token-dialect": dialect = "" } = values;
  const isRfc9068 = dialect.startsWith("rfc9068_profile");
  const claim = dialect.endsWith("_authz") ? "permissions" : "scope";
  const client = audience === "web-shop" ? "mobile-shop" : "web-shop"; // An ID token must have another audience than the API.
  return succeed({
    issuer: `https://${domain}/`,
    audience: { is: audience, note: "the identifier of the API at Auth0" },
    tokenType: isRfc9068
      ? { is: "at+jwt", note: "the token profile RFC 9068; ID tokens have the type JWT" }
      : { is: "JWT", note: "the token profile of Auth0; the profile RFC 9068 writes at+jwt" },
    conditions: [],
    places: claim === "scope" ? {} : { scopes: { is: claim, note: "a list, written by RBAC" } },
    subject: "sub",
    permissions: {
      by: "scopes",
      read,
      write,
      grant: (granted) => (claim === "scope" ? { scope: joinScopes(granted) } : { permissions: granted }),
    },
    claims: isRfc9068 ? { client_id: client } : { azp: client },
    otherTokens: [
      {
        id: "id-token",
        name: "An ID token, whose audience is a client",
        recipe: { claims: { aud: client }, header: { typ: "JWT" }, without: [claim] },
        expect: isRfc9068 ? "token_type_mismatch" : "audience_mismatch",
      },
    ],
    exceptions: isRfc9068
      ? {}
      : { token_type_unchecked: "the audience is an API, and ID tokens of Auth0 are for clients" },
    setup: [
      `the permissions ${read} and ${write} of the API`,
      claim === "scope"
        ? "clients request these permissions as scopes"
        : '"Enable RBAC" and "Add Permissions in the Access Token" of the API, and roles with the permissions',
      isRfc9068 ? "the token profile RFC 9068 of the API" : "the token profile Auth0 of the API, which is the default",
    ],
  });
}
