import { durationSeconds } from "../../../plugin/policy/language/duration.ts";
import { listSettled } from "../../../plugin/policy/requirements/list-settled.ts";
import type { HeaderMapping, PolicyDocument } from "../../../schema/generated/policy-document.ts";
import type { LintRule, Place } from "../model/rule.ts";
import { policy } from "./examples.ts";

/** Claims with values that users can change. Also claims with values that may later belong to another user. */
const MUTABLE = [
  "email",
  "family_name",
  "given_name",
  "name",
  "nickname",
  "phone_number",
  "preferred_username",
  "unique_name",
  "upn",
];
const MAX_CACHE_SECONDS = 10 * 60;

/** Rules about risks of token sources, of the caller in Kong, and of headers. */
export const TOKEN_RULES: readonly LintRule[] = [
  {
    id: "query_source",
    topic: "token",
    severity: "warning",
    summary: "The policy accepts a token in the query of the URL.",
    why: "A token in a URL gets into logs, browser histories and Referer headers (RFC 9700 section 4.3.2). Use the Authorization header. For downloads and WebSockets, use a cookie.",
    bad: policy("token:\n  sources:\n    - authorization\n    - query: access_token\n"),
    good: policy("token:\n  sources:\n    - authorization\n    - header: x-access-token\n"),
    check: eachSource((source, index) =>
      "query" in source
        ? [
            {
              path: ["token", "sources", index, "query"],
              atKey: true,
              message: "A token in a URL gets into logs and browser histories. Use another token source.",
            },
          ]
        : [],
    ),
  },
  {
    id: "cookie_without_origins",
    topic: "token",
    severity: "warning",
    summary: "A cookie is a token source without `allowed_origins`.",
    why: "Browsers also send cookies with requests that pages of other sites make. Without `allowed_origins`, every POST, PUT, PATCH and DELETE with the cookie is refused. Name the origins of your own pages.",
    bad: policy("token:\n  sources:\n    - cookie: __Host-token\n"),
    good: policy("token:\n  sources:\n    - cookie: __Host-token\n      allowed_origins: [https://shop.example.com]\n"),
    check: eachSource((source, index) =>
      "cookie" in source && source.allowed_origins === undefined
        ? [
            {
              path: ["token", "sources", index, "cookie"],
              message: `Every POST, PUT, PATCH and DELETE with this cookie is refused. Name the origins of your pages as "allowed_origins".`,
            },
          ]
        : [],
    ),
  },
  {
    id: "cookie_unprefixed",
    topic: "token",
    severity: "warning",
    summary: "A cookie's name does not begin with `__Host-`.",
    why: "Any other host of the domain can set such a cookie, and so sign a user in as another user (RFC 6265bis section 4.1.3.2). Rename the cookie.",
    bad: policy(
      "token:\n  sources:\n    - cookie: token\n      allow_unprefixed: true\n      allowed_origins: [https://shop.example.com]\n",
    ),
    good: policy("token:\n  sources:\n    - cookie: __Host-token\n      allowed_origins: [https://shop.example.com]\n"),
    check: eachSource((source, index) =>
      source.allow_unprefixed
        ? [
            {
              path: ["token", "sources", index, "allow_unprefixed"],
              atKey: true,
              message: "Any other host of the domain can set this cookie. Use a name that begins with __Host-.",
            },
          ]
        : [],
    ),
  },
  {
    id: "payload_mapped",
    topic: "token",
    severity: "warning",
    summary: "A header contains the whole payload of the token.",
    why: "The upstream and its logs get all personal data of the token. The upstream may also rely on claims that the policy does not check. Map the claims that the upstream needs.",
    bad: policy("header_mappings:\n  x-user-claims: { payload: true }\n"),
    good: policy("header_mappings:\n  x-user-id: sub\n"),
    check: ({ header_mappings: mappings }) =>
      Object.entries(mappings).flatMap(([name, mapping]) =>
        typeof mapping === "object" && mapping.payload
          ? [
              {
                path: ["header_mappings", name, "payload"],
                atKey: true,
                message:
                  "The upstream and its logs get all claims of the token. Map only the claims that the upstream needs.",
              },
            ]
          : [],
      ),
  },
  {
    id: "subject_ambiguous",
    topic: "token",
    severity: "error",
    summary: "A policy with several issuers maps `sub` without `iss`.",
    why: "Users of two issuers may have the same `sub`, so the upstream may take one user for another user. Map `iss` as well, and let the upstream identify users by both headers.",
    bad: policy(`issuers:
  acme: { issuer: https://idp.example.com, audiences: [https://orders.example.com] }
  partner: { issuer: https://partner.example, audiences: [https://orders.example.com] }
defaults:
  accept: [acme, partner]
header_mappings:
  x-user-id: sub
`),
    good: policy(`issuers:
  acme: { issuer: https://idp.example.com, audiences: [https://orders.example.com] }
  partner: { issuer: https://partner.example, audiences: [https://orders.example.com] }
defaults:
  accept: [acme, partner]
header_mappings:
  x-user-id: sub
  x-user-issuer: iss
`),
    check: findAmbiguousSubject,
  },
  {
    id: "identity_claim_mutable",
    topic: "token",
    severity: "error",
    summary: "The name of Kong's caller comes from a claim that users can change.",
    why: "At many providers, users choose their own name and email, or get a name that a former user had. So Kong may take one user for another user's Consumer. Use `sub`, `client_id` or another claim that never changes.",
    bad: policy("identity:\n  consumer: { claim: email }\n"),
    good: policy("identity:\n  consumer: { claim: sub }\n"),
    check: ({ identity }) =>
      (
        [
          [["identity", "consumer", "claim"], identity?.consumer?.claim],
          [["identity", "credential"], identity?.credential],
        ] as const
      ).flatMap(([path, claim]) => {
        const found = [claim as unknown].flat().find((name) => MUTABLE.includes(String(name)));
        return found === undefined
          ? []
          : [
              {
                path,
                message: `At many providers, users can change "${found}" and then appear as another caller. Use a claim that never changes, such as "sub".`,
              },
            ];
      }),
  },
  {
    id: "consumer_unknown_ignored",
    topic: "token",
    severity: "warning",
    summary: "A token passes even if Kong has no Consumer for the token (`unknown: ignore`).",
    why: "If a request has no Consumer, plugins that deny or limit by Consumer let the request pass. Requests also have no Consumer while Kong cannot read its database.",
    bad: policy("identity:\n  consumer: { claim: client_id, unknown: ignore }\n"),
    good: policy("identity:\n  consumer: { claim: client_id, unknown: refuse }\n"),
    check: ({ identity }) =>
      identity?.consumer?.unknown === "ignore"
        ? [
            {
              path: ["identity", "consumer", "unknown"],
              message: "If a request has no Consumer, plugins that deny or limit by Consumer let the request pass.",
            },
          ]
        : [],
    fix: { summary: "writes `refuse`", changes: ({ path }) => [{ kind: "set", path, to: "refuse" }] },
  },
  {
    id: "consumer_cache_long",
    topic: "token",
    severity: "warning",
    summary: "`identity.consumer.cache` is more than 10m.",
    why: "The plugin accepts a Consumer for up to `cache` after the Consumer was removed or renamed in Kong.",
    bad: policy("identity:\n  consumer:\n    claim: client_id\n    cache: 1h # fewer look-ups\n"),
    good: policy("identity:\n  consumer:\n    claim: client_id\n    cache: 1m # fewer look-ups\n"),
    check: ({ identity }) => {
      const cache = identity?.consumer?.cache;
      return cache !== undefined && durationSeconds(cache) > MAX_CACHE_SECONDS
        ? [
            {
              path: ["identity", "consumer", "cache"],
              message: `${cache} is long. The plugin accepts a Consumer for up to "cache" after its removal in Kong.`,
            },
          ]
        : [];
    },
    fix: { summary: "writes 1m", changes: ({ path }) => [{ kind: "set", path, to: "1m" }] },
  },
];

type TokenSource = Exclude<PolicyDocument["token"]["sources"][number], string>;

function eachSource(
  check: (source: TokenSource, index: number) => readonly Place[],
): (document: PolicyDocument) => readonly Place[] {
  return ({ token }) =>
    token.sources.flatMap((source, index) => (typeof source === "string" ? [] : check(source, index)));
}

function findAmbiguousSubject(document: PolicyDocument): readonly Place[] {
  const accepted = new Set(
    listSettled(document)
      .filter(({ settled }) => settled.access !== "public")
      .flatMap(({ settled }) => settled.alternatives.flatMap(({ keys }) => keys.accept)),
  );
  const mappings = Object.entries(document.header_mappings);
  const ofSubject = mappings.find(([, mapping]) => claimsOf(mapping).includes("sub"));
  const hasIssuer =
    mappings.some(([, mapping]) => typeof mapping === "object" && mapping.payload) ||
    mappings.some(([, mapping]) => claimsOf(mapping).includes("iss"));
  return accepted.size < 2 || !ofSubject || hasIssuer
    ? []
    : [
        {
          path: ["header_mappings", ofSubject[0]],
          message: `Users of ${accepted.size} issuers may have the same "sub", so one user can appear as another user. Map "iss" as well.`,
        },
      ];
}

function claimsOf(mapping: HeaderMapping): readonly unknown[] {
  return [typeof mapping === "string" ? mapping : (mapping.from as unknown)].flat();
}
