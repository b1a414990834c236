import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import { checkText, matches } from "../model/check-value.ts";
import type { Provider, ReadAndWrite, TokenShape, Values } from "../model/provider.ts";
import { joinScopes, scopeOptions } from "../model/scope-options.ts";

const REGION = /^[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}$/;
const POOL = /^([a-z]{2}(?:-[a-z]+){1,3}-\d{1,2})_[0-9A-Za-z]{1,55}$/;

/** docs/guides/providers/cognito.md explains each part of this policy. */
export const COGNITO: Provider = {
  id: "cognito",
  title: "Amazon Cognito",
  example: "--user-pool-id eu-central-1_Example1 --client-id 1example23456789",
  options: [
    {
      name: "user-pool-id",
      value: "id",
      description: "the id of the user pool, such as eu-central-1_Example1",
      check: matches(POOL, "must be region, underscore and name, such as eu-central-1_Example1"),
      isNeeded: () => true,
    },
    {
      name: "region",
      value: "region",
      description: "the region; if you give it, it must be the region in the user pool's id",
      check: matches(REGION, "must be a region, such as eu-central-1"),
    },
    {
      name: "client-id",
      value: "id",
      description: "the id of the app client whose tokens are accepted",
      check: matches(/^[\w+]{1,128}$/, "must be the id of an app client, such as 1example23456789"),
      isNeeded: () => true,
    },
    ...scopeOptions("scope", { read: "orders/read", write: "orders/write" }),
    {
      name: "group",
      value: "group",
      description: "writers also must be in this group of the user pool",
      check: checkText,
    },
  ],
  usualScopes: (name) => ({ read: `${name}/read`, write: `${name}/write` }),
  describe,
};

function describe(values: Values, { read, write }: ReadAndWrite): Result<TokenShape, string> {
  const { "user-pool-id": pool = "", "client-id": clientId = "", group } = values;
  const [, region = ""] = POOL.exec(pool) ?? [];
  if (values.region !== undefined && values.region !== region) {
    return fail(`--region ${values.region} is not the region of the user pool: ${region}`);
  }
  return succeed({
    issuer: `https://cognito-idp.${region}.amazonaws.com/${pool}`,
    audience: { is: clientId, note: "the id of the app client" },
    tokenType: { is: "any", note: "Cognito writes no typ" },
    conditions: [
      {
        claim: "token_use",
        equals: "access",
        note: "an ID token says id",
        wrong: { name: "A token for another use", value: "refresh" },
        absent: "A token without the claim token_use",
      },
    ],
    places: {
      audience: { is: "client_id", note: "access tokens have no aud" },
      ...(group !== undefined && { groups: { is: "cognito:groups", note: "groups of the user pool" } }),
    },
    subject: "sub",
    permissions: {
      by: "scopes",
      read,
      write,
      grant: (granted) => ({ scope: joinScopes(granted) }),
      ...(group !== undefined && {
        member: { kind: "group", name: group, ways: [{ id: "writer", claims: { "cognito:groups": [group] } }] },
      }),
    },
    claims: { token_use: "access" },
    otherTokens: [
      {
        id: "id-token",
        name: "An ID token, whose audience is in aud",
        recipe: { claims: { token_use: "id", aud: clientId }, without: ["client_id", "scope"] },
        expect: "audience_mismatch",
      },
      {
        id: "id-token-with-client-id",
        name: "An ID token to which a Lambda function has added client_id",
        recipe: { claims: { token_use: "id" } },
        expect: "claim_invalid",
      },
    ],
    exceptions: {},
    setup: [
      `a resource server with the scopes ${read} and ${write} (identifier, slash, scope), allowed for the app client`,
      "clients send the access token, not the ID token",
      ...(group === undefined ? [] : ["the group for writers in the user pool"]),
    ],
  });
}
