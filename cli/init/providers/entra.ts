import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import { checkText, checkUuid } from "../model/check-value.ts";
import type { Provider, ReadAndWrite, TokenShape, Values } from "../model/provider.ts";
import { joinScopes, scopeOptions } from "../model/scope-options.ts";

const SHARED = ["common", "organizations", "consumers"];

/**
 * The claims that differ between Entra's access tokens of version 1.0 and of version 2.0. They are listed in
 * Microsoft's access token claims reference.
 */
const VERSIONS = {
  v2: { ver: "2.0", client: "azp", method: "azpacr", other: "1.0" },
  v1: { ver: "1.0", client: "appid", method: "appidacr", other: "2.0" },
} as const;

/** docs/guides/providers/entra.md explains each part of this policy, and policies for several tenants. */
export const ENTRA: Provider = {
  id: "entra",
  title: "Microsoft Entra ID",
  example: "--tenant 72f988bf-86f1-41af-91ab-2d7cd011db47 --client-id 6e74172b-be56-4843-9ff4-e66a39bb12e3",
  options: [
    {
      name: "tenant",
      value: "id",
      description: "the Directory (tenant) ID",
      check: (value) =>
        SHARED.includes(value)
          ? fail("must be the id of your tenant. For several tenants, see docs/guides/providers/entra.md")
          : checkUuid(value),
      isNeeded: () => true,
    },
    {
      name: "client-id",
      value: "id",
      description: "the Application (client) ID of this API, not of its clients",
      check: checkUuid,
      isNeeded: () => true,
    },
    {
      name: "token-version",
      value: "version",
      description: "v2 if the manifest of the API has requestedAccessTokenVersion: 2, otherwise v1",
      choices: ["v2", "v1"],
      fallback: "v2",
    },
    {
      name: "app-id-uri",
      value: "uri",
      description: "the Application ID URI, the audience of v1 tokens (default: api:// and the client id)",
      check: checkText,
    },
    ...scopeOptions("scope", { read: "Orders.Read", write: "Orders.Write" }),
    {
      name: "applications",
      description:
        "also accept applications without a user, which have the app roles Orders.Read.All and Orders.Write.All",
    },
  ],
  usualScopes: (name) => ({ read: `${pascalCase(name)}.Read`, write: `${pascalCase(name)}.Write` }),
  describe,
};

function describe(values: Values, { read, write }: ReadAndWrite): Result<TokenShape, string> {
  const { tenant = "", "client-id": clientId = "", "app-id-uri": uri } = values;
  const isV1 = values["token-version"] === "v1";
  if (uri !== undefined && !isV1) {
    return fail(
      "--app-id-uri is for v1 tokens: v2 tokens always have the client id as audience. Add --token-version v1",
    );
  }
  const { ver, client, method, other } = VERSIONS[isV1 ? "v1" : "v2"];
  const hasApplications = values.applications !== undefined;
  const [readRole, writeRole] = [`${read}.All`, `${write}.All`];
  return succeed({
    issuer: isV1 ? `https://sts.windows.net/${tenant}/` : `https://login.microsoftonline.com/${tenant}/v2.0`,
    audience: isV1
      ? { is: uri ?? `api://${clientId}`, note: "the Application ID URI of the API" }
      : { is: clientId, note: "the Application (client) ID of the API" },
    tokenType: { is: "JWT", note: "Entra writes JWT for all its tokens" },
    conditions: [
      {
        claim: "ver",
        equals: ver,
        note: "the version of tokens that the manifest of the API asks for",
        wrong: { name: `A token of version ${other}`, value: other },
        absent: "A token without a version",
      },
      {
        claim: method,
        note: "how the client authenticated; only access tokens have this claim",
        absent: `A token without ${method}, such as an ID token`,
      },
    ],
    places: {
      scopes: { is: "scp", note: "permissions of a user who is signed in, separated by spaces" },
      ...(hasApplications && { roles: { is: "roles", note: "permissions of an application without a user" } }),
    },
    subject: "oid",
    permissions: {
      by: "scopes",
      read,
      write,
      grant: (granted) => ({ scp: joinScopes(granted) }),
      ...(hasApplications && {
        applications: {
          read: readRole,
          write: writeRole,
          mark: { claim: "idtyp", equals: "app", ofUser: "user" },
          grant: (roles) => ({ roles }),
        },
      }),
    },
    claims: {
      ver,
      tid: tenant,
      oid: "aaaaaaaa-0000-4000-8000-000000000001",
      [client]: "bbbbbbbb-0000-4000-8000-000000000002",
      [method]: "0",
    },
    otherTokens: [
      {
        id: "id-token",
        name: "An ID token, which has the same audience if client and API are one application",
        recipe: { without: ["scp", client, method] },
        expect: "claim_missing",
      },
    ],
    exceptions: {},
    setup: [
      `"Expose an API": the scopes ${read} and ${write}`,
      isV1
        ? "in the manifest of the API, requestedAccessTokenVersion is null or 1"
        : "in the manifest of the API, requestedAccessTokenVersion: 2",
      ...(hasApplications
        ? [
            `"App roles" for applications: ${readRole} and ${writeRole}`,
            '"Token configuration": the optional claim idtyp in access tokens',
          ]
        : []),
    ],
  });
}

/** Writes a name as Entra does in its own scopes: `orders` becomes `Orders`, as in `Orders.Read`. */
function pascalCase(name: string): string {
  return name
    .split(/[-_]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}
