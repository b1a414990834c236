import { toPointer } from "../../../plugin/core/model/claim-reference.ts";
import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import { checkIssuer, checkText, matches } from "../model/check-value.ts";
import type { Membership, Provider, ReadAndWrite, TokenShape, Values } from "../model/provider.ts";
import { joinScopes, scopeOptions } from "../model/scope-options.ts";

const REALM = /^[A-Za-z0-9._~-]{1,255}$/;

/** docs/guides/providers/keycloak.md explains each part of this policy. */
export const KEYCLOAK: Provider = {
  id: "keycloak",
  title: "Keycloak",
  example: "--issuer https://sso.example.com/realms/shop --audience orders-api",
  options: [
    {
      name: "issuer",
      value: "url",
      description: "the realm's issuer, such as https://sso.example.com/realms/shop",
      check: (value) => {
        const checked = checkIssuer(value);
        return checked.ok && !/\/realms\/[^/]+$/.test(value)
          ? fail("must end with /realms/ and the name of the realm, without a slash after it")
          : checked;
      },
      isNeeded: ({ url, realm }) => url === undefined && realm === undefined,
      instead: "or --url <url> and --realm <realm>",
    },
    {
      name: "url",
      value: "url",
      description: "in place of --issuer: the address of Keycloak, such as https://sso.example.com",
      check: checkIssuer,
      isNeeded: ({ issuer, realm }) => issuer === undefined && realm !== undefined,
    },
    {
      name: "realm",
      value: "realm",
      description: "in place of --issuer: the realm, such as shop",
      check: matches(REALM, "must contain only letters, digits and . _ ~ -. For any other realm, give --issuer"),
      isNeeded: ({ issuer, url }) => issuer === undefined && url !== undefined,
    },
    {
      name: "audience",
      value: "audience",
      description: 'what the mapper "Audience" writes into aud for this API, usually its client id',
      check: checkText,
      isNeeded: () => true,
    },
    ...scopeOptions("scope", { read: "orders:read", write: "orders:write" }),
    {
      name: "role",
      value: "role",
      description: "writers also need this role of the realm or of the client",
      check: checkText,
    },
  ],
  usualScopes: (name) => ({ read: `${name}:read`, write: `${name}:write` }),
  describe,
};

function describe(values: Values, { read, write }: ReadAndWrite): Result<TokenShape, string> {
  const { audience = "", url, realm, role } = values;
  if (values.issuer !== undefined && (url !== undefined || realm !== undefined)) {
    return fail("--issuer names Keycloak and the realm already: leave out --url and --realm");
  }
  return succeed({
    issuer: values.issuer ?? `${url?.replace(/\/+$/, "")}/realms/${realm}`,
    audience: { is: audience, note: 'written by the mapper "Audience" of a client scope' },
    tokenType: { is: "JWT", note: "Keycloak writes JWT, not at+jwt" },
    conditions: [
      {
        claim: "typ",
        equals: "Bearer",
        note: "an ID token has the type ID, a refresh token the type Refresh",
        wrong: { name: "A refresh token", value: "Refresh" },
        absent: "A token that does not say what it is",
      },
    ],
    places:
      role === undefined
        ? {}
        : {
            roles: {
              is: ["/realm_access/roles", toPointer(["resource_access", audience, "roles"])],
              note: "roles of the realm and of the client",
            },
          },
    subject: "sub",
    permissions: {
      by: "scopes",
      read,
      write,
      grant: (granted) => ({ scope: joinScopes(granted) }),
      ...(role !== undefined && { member: findRole(role, audience) }),
    },
    claims: { typ: "Bearer", azp: "web-shop" },
    otherTokens: [
      {
        id: "id-token",
        name: "An ID token",
        recipe: { claims: { typ: "ID" }, without: ["scope"] },
        expect: "claim_invalid",
      },
    ],
    exceptions: {},
    setup: [
      'a client scope with the mapper "Audience" for the audience; without it, tokens have the audience account',
      `the client scopes ${read} and ${write}, assigned to the clients that may use them`,
      "since version 25, the client scope basic for each client. This scope adds sub, and each client has the scope by default",
      ...(role === undefined ? [] : ["the role for writers, in the realm or in the client whose name is the audience"]),
    ],
  });
}

function findRole(name: string, client: string): Membership {
  return {
    kind: "role",
    name,
    ways: [
      { id: "writer", claims: { realm_access: { roles: ["offline_access", name] } } },
      { id: "client-writer", claims: { resource_access: { [client]: { roles: [name] } } } },
    ],
  };
}
