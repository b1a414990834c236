import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import { checkHost, matches } from "../model/check-value.ts";
import type { Provider, TokenShape, Values } from "../model/provider.ts";

/** docs/guides/providers.md explains each part of this policy. */
export const GOOGLE: Provider = {
  id: "google",
  title: "Google",
  example: "--client-id 1234567890-abc.apps.googleusercontent.com --hosted-domain example.com",
  options: [
    {
      name: "client-id",
      value: "id",
      description: "the OAuth client id of the application in which users sign in",
      check: matches(
        /^[0-9]+(?:-[a-z0-9]+)?\.apps\.googleusercontent\.com$/,
        "must be a client id of Google, such as 1234567890-abc.apps.googleusercontent.com",
      ),
      isNeeded: () => true,
    },
    {
      name: "hosted-domain",
      value: "domain",
      description: "the domain of your Google Workspace (the claim hd); only accounts of this domain pass",
      check: checkHost,
      isNeeded: (values) => values["any-account"] === undefined,
      instead: "or --any-account, if everyone with a Google account may use the API",
    },
    { name: "any-account", description: "in place of --hosted-domain: everyone with a Google account may use the API" },
  ],
  describe,
};

function describe(values: Values): Result<TokenShape, string> {
  const { "client-id": clientId = "", "hosted-domain": domain } = values;
  if (domain !== undefined && values["any-account"] !== undefined) {
    return fail("--hosted-domain and --any-account exclude each other: leave one out");
  }
  return succeed({
    issuer: "https://accounts.google.com",
    audience: { is: clientId, note: "the client id of the application in which users sign in" },
    tokenType: { is: "JWT", note: "Google writes JWT into ID tokens" },
    conditions:
      domain === undefined
        ? []
        : [
            {
              claim: "hd",
              equals: domain,
              note: "the Google Workspace; consumer accounts have no hd",
              wrong: { name: "An account of another Google Workspace", value: `another-${domain}` },
              absent: "A consumer account, such as one of gmail.com",
            },
          ],
    places: {},
    subject: "sub",
    permissions: { by: "token" },
    claims: {
      azp: clientId,
      email: `alice@${domain ?? "gmail.com"}`,
      email_verified: true,
      ...(domain !== undefined && { hd: domain }),
    },
    otherTokens: [
      {
        id: "access-token",
        name: "An access token, which is not a JWT at Google",
        recipe: { text: "ya29.an-access-token-of-google" },
        expect: "token_malformed",
      },
    ],
    exceptions: {
      token_type_unchecked: "ID tokens are the only JWTs of Google, and the audience is this API's own client",
      ...(domain === undefined && { any_token_allowed: "everyone with a Google account may use this API" }),
    },
    setup: ["clients send the ID token, because access tokens of Google are not JWTs"],
  });
}
