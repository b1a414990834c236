import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import { checkHost, checkText, matches } from "../model/check-value.ts";
import type { Provider, ReadAndWrite, TokenShape, Values } from "../model/provider.ts";
import { scopeOptions } from "../model/scope-options.ts";

/** docs/guides/providers.md explains each part of this policy. */
export const OKTA: Provider = {
  id: "okta",
  title: "Okta",
  example: "--domain acme.okta.com --audience api://orders",
  options: [
    {
      name: "domain",
      value: "domain",
      description: "the Okta domain or your custom domain, such as acme.okta.com",
      check: (value) =>
        /-admin\.okta/.test(value)
          ? fail("must be the domain without -admin, such as acme.okta.com")
          : checkHost(value),
      isNeeded: () => true,
    },
    {
      name: "authorization-server",
      value: "id",
      description:
        "the id of the custom authorization server. Only Okta itself can check tokens of the org authorization server",
      fallback: "default",
      check: matches(
        /^[A-Za-z0-9_-]{1,64}$/,
        "must be the id of a custom authorization server, such as default or aus1a2b3c4d",
      ),
    },
    {
      name: "audience",
      value: "audience",
      description: "the audience of the authorization server",
      fallback: "api://default",
      check: checkText,
    },
    ...scopeOptions("scope", { read: "orders.read", write: "orders.write" }),
    { name: "group", value: "group", description: "writers also must be in this group", check: checkText },
  ],
  usualScopes: (name) => ({ read: `${name}.read`, write: `${name}.write` }),
  describe,
};

function describe(values: Values, { read, write }: ReadAndWrite): Result<TokenShape, string> {
  const { domain = "", "authorization-server": server = "", audience = "", group } = values;
  return succeed({
    issuer: `https://${domain}/oauth2/${server}`,
    audience: { is: audience, note: "the audience of the authorization server" },
    tokenType: { is: "any", note: "Okta writes no typ" },
    conditions: [
      {
        claim: "cid",
        note: "the client; only access tokens have this claim",
        absent: "A token without cid, such as an ID token",
      },
    ],
    places: {
      scopes: { is: "scp", note: "a list" },
      ...(group !== undefined && { groups: { is: "groups", note: "a claim that you add to access tokens" } }),
    },
    subject: "sub",
    subjectNote: "the user's login; uid never changes, but applications have none",
    permissions: {
      by: "scopes",
      read,
      write,
      grant: (granted) => ({ scp: granted }),
      ...(group !== undefined && {
        member: { kind: "group", name: group, ways: [{ id: "writer", claims: { groups: ["Everyone", group] } }] },
      }),
    },
    claims: { ver: 1, cid: "0oa1example", uid: "00u1example" },
    otherTokens: [
      { id: "id-token", name: "An ID token", recipe: { without: ["scp", "cid", "uid"] }, expect: "claim_missing" },
    ],
    exceptions: {},
    setup: [
      `the scopes ${read} and ${write} of the authorization server, and an access policy that grants them`,
      ...(group === undefined
        ? []
        : ["the claim groups in access tokens of the authorization server, with a filter for the group"]),
    ],
  });
}
