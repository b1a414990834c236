import { durationSeconds } from "../../../plugin/policy/language/duration.ts";
import type { DocumentPath } from "../../../plugin/policy/language/finding.ts";
import { suggestIssuer } from "../../../plugin/policy/lint/lint-issuers.ts";
import { listSettled } from "../../../plugin/policy/requirements/list-settled.ts";
import type { Issuer, PolicyDocument } from "../../../schema/generated/policy-document.ts";
import { replaceText } from "../model/change.ts";
import type { LintRule, Place } from "../model/rule.ts";
import { issuer, policy } from "./examples.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/**
 * Claims that distinguish access tokens of common providers. Claims that ID tokens do not have, or that have other
 * values in ID tokens.
 */
export const OF_ACCESS_TOKENS: readonly string[] = [
  ...["client_id", "scope", "token_use", "typ"],
  ...["appidacr", "azpacr"], // Entra v1.0 and v2.0
  ...["cid", "scp"], // Okta, and scp also at Entra
];

/** Rules about issuers whose settings do not work. The findings come from `plugin/policy/lint`. */
const UNUSABLE: readonly LintRule[] = [
  {
    id: "issuer_not_iss",
    topic: "issuer",
    severity: "warning",
    summary: "`issuer` is the address of metadata or keys.",
    why: "No token has such an address in its claim `iss`, so the plugin refuses every token. Write the value of `iss` in a token, without `/.well-known/…`.",
    bad: issuer("clock_skew: 30s", "https://idp.example.com/.well-known/openid-configuration"),
    good: issuer("clock_skew: 30s"),
    fix: {
      summary: "removes `/.well-known/…`",
      changes: (place) => replaceText(place, typeof place.value === "string" ? suggestIssuer(place.value) : undefined),
    },
  },
  {
    id: "issuer_http",
    topic: "issuer",
    severity: "warning",
    summary: "`issuer` is an http URL of a host other than loopback.",
    why: "Providers use https in `iss`, so every token is refused. Write the https URL from the provider's metadata.",
    bad: issuer("keys: { jwks_uri: https://idp.example.com/jwks }", "http://idp.example.com"),
    good: issuer("keys: { jwks_uri: https://idp.example.com/jwks }"),
    fix: {
      summary: "writes https",
      changes: (place) =>
        replaceText(place, typeof place.value === "string" ? place.value.replace(/^http:/, "https:") : undefined),
    },
  },
  {
    id: "key_address_mixed_up",
    topic: "issuer",
    severity: "warning",
    summary: "`jwks_uri` is a metadata URL, or `metadata_uri` is a key URL.",
    why: "The answer from the wrong address has an unexpected form. So the issuer has no keys, and every request gets 503.",
    bad: issuer("keys:\n  jwks_uri: https://idp.example.com/.well-known/openid-configuration # copied"),
    good: issuer("keys:\n  metadata_uri: https://idp.example.com/.well-known/openid-configuration # copied"),
    fix: {
      summary: "renames the key to `metadata_uri` or `jwks_uri`",
      changes: ({ path }) => [{ kind: "rename", path, to: path.at(-1) === "jwks_uri" ? "metadata_uri" : "jwks_uri" }],
    },
  },
  {
    id: "issuer_unused",
    topic: "issuer",
    severity: "warning",
    summary: "No rule accepts the tokens of an issuer.",
    why: "Every token of the issuer is refused. Add the issuer to the list `accept` of a rule, or remove the issuer.",
    bad: policy(`issuers:
  acme: { issuer: https://idp.example.com, audiences: [https://orders.example.com] }
  partner: { issuer: https://partner.example, audiences: [https://orders.example.com] }
defaults:
  accept: [acme]
`),
    good: policy(`issuers:
  acme: { issuer: https://idp.example.com, audiences: [https://orders.example.com] }
  partner: { issuer: https://partner.example, audiences: [https://orders.example.com] }
defaults:
  accept: [acme, partner]
`),
  },
  {
    id: "audience_is_issuer",
    topic: "issuer",
    severity: "warning",
    summary: "An audience equals the issuer.",
    why: "`aud` names the API for which a token was issued, not the issuer. Tokens for the provider's own API must not pass at your API. Write the identifier of your API.",
    bad: issuer("audiences: [https://idp.example.com]"),
    good: issuer("audiences: [https://orders.example.com]"),
  },
  {
    id: "token_type_unusual",
    topic: "issuer",
    severity: "warning",
    summary: "No known provider writes the value of `token_type` into `typ` of its tokens.",
    why: "The plugin compares `token_type` with `typ` of the token's header. `Bearer` and `access` are values of other fields, not of `typ`. Write `at+jwt`, `JWT` or `any`.",
    bad: issuer("token_type: Bearer"),
    good: issuer("token_type: at+jwt"),
  },
  {
    id: "duration_never",
    topic: "issuer",
    severity: "warning",
    summary: "A duration is so short that the plugin accepts no token, or almost no token.",
    why: "A duration of 0 does not switch a limit off. Write a longer duration, or remove the key.",
    bad: issuer("max_token_age: 0s"),
    good: issuer("max_token_age: 1h"),
  },
  {
    id: "key_file_missing",
    topic: "issuer",
    severity: "warning",
    summary: "A key file does not exist, or cannot be used.",
    why: "Without keys, every request gets 503. File names are relative to the policy root. If the file is only on the gateway, suppress the finding.",
    bad: issuer("keys: { jwks_files: [acme.jwks] }\nmax_token_lifetime: 1h"),
    good: {
      ...issuer("keys: { jwks_files: [acme.jwks] }\nmax_token_lifetime: 1h"),
      files: {
        "acme.jwks":
          '{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}\n',
      },
    },
  },
];

/** Rules about settings of issuers that work, but that accept more tokens than most authors intend. */
const RISKY: readonly LintRule[] = [
  {
    id: "clock_skew_long",
    topic: "issuer",
    severity: "warning",
    summary: "`clock_skew` is more than 1m.",
    why: "The plugin accepts a token, even a stolen token, until `clock_skew` after its expiry. Clocks that are set by NTP differ by less than a second.",
    bad: issuer("clock_skew: 5m # to be sure"),
    good: issuer("clock_skew: 30s # to be sure"),
    check: eachDuration(
      ({ clock_skew: skew }) => skew,
      ["clock_skew"],
      MINUTE,
      `The plugin accepts a token for up to "clock_skew" after the token's expiry. 30s is enough for clocks that are set by NTP.`,
    ),
    fix: { summary: "writes 30s", changes: ({ path }) => [{ kind: "set", path, to: "30s" }] },
  },
  {
    id: "eddsa_alone",
    topic: "issuer",
    severity: "warning",
    summary: "`algorithms` has `EdDSA` without `Ed25519`.",
    why: "RFC 9864 deprecates the name `EdDSA`, and new providers write `Ed25519`. The plugin compares names exactly, so tokens with the new name are refused.",
    bad: issuer("algorithms: [EdDSA] # our own provider"),
    good: issuer("algorithms: [EdDSA, Ed25519] # our own provider"),
    check: eachIssuer(({ algorithms }, path) => {
      const index = algorithms.indexOf("EdDSA");
      return index < 0 || algorithms.includes("Ed25519")
        ? []
        : [
            {
              path: [...path, "algorithms", index],
              message: `New providers write "Ed25519" instead of "EdDSA" (RFC 9864). Tokens with the name "Ed25519" are refused. Add "Ed25519".`,
            },
          ];
    }),
    fix: { summary: "adds `Ed25519`", changes: ({ path }) => [{ kind: "append", path, to: "Ed25519" }] },
  },
  {
    id: "shared_secret",
    topic: "issuer",
    severity: "warning",
    summary: "The issuer signs tokens with a secret that it shares with the gateway (HS256, HS384, HS512).",
    why: "Every party that can check such a token has the secret, and the party can also make tokens. If one party leaks the secret, attackers can appear as any user. Use public keys.",
    bad: {
      ...issuer("algorithms: [HS256]\nkeys: { secret_files: [{ file: acme.secret }] }\nmax_token_lifetime: 1h"),
      files: { "acme.secret": "only-an-example-of-32-characters\n" },
    },
    good: issuer("algorithms: [ES256]\nmax_token_lifetime: 1h"),
    check: eachIssuer(({ algorithms }, path) => {
      const index = algorithms.findIndex((name) => name.startsWith("HS"));
      return index < 0
        ? []
        : [
            {
              path: [...path, "algorithms", index],
              message:
                "Every party that can check tokens of this issuer can also make tokens. Use an algorithm with public keys, such as ES256.",
            },
          ];
    }),
  },
  {
    id: "token_type_unchecked",
    topic: "issuer",
    severity: "warning",
    summary: "ID tokens of an issuer may pass as access tokens.",
    why: "With `token_type: any`, or with `JWT` at an OpenID provider, only the audience distinguishes ID tokens from access tokens. Clients also send ID tokens to other parties, and such a party could send the ID token to your API. Require a claim that only access tokens have, such as `client_id`, `scope`, `scp`, `typ` or `token_use`. For Okta, require `cid`. For Entra, require `azpacr` (v2.0) or `appidacr` (v1.0).",
    bad: issuer("token_type: JWT"),
    good: issuer("token_type: JWT\nrequired_claims: [client_id]"),
    check: eachIssuer(({ token_type: type, keys, required_claims: claims, claims: { scopes } }, path) => {
      const { discovery, metadata_uri: metadata } = keys;
      const isOpenId = discovery === true || discovery === "openid" || metadata?.includes("openid-configuration");
      const hasOwnKeys = Object.keys(keys).some((key) => /^(?:jwks|pem|secret|metadata|discovery)/.test(key));
      const mayBeIdToken = [type as unknown]
        .flat()
        .some((name) => name === "any" || (/^(?:application\/)?jwt$/i.test(String(name)) && (isOpenId || !hasOwnKeys)));
      const required = Array.isArray(claims) ? claims : Object.keys(claims);
      const telling: readonly unknown[] = [...OF_ACCESS_TOKENS, ...[scopes as unknown].flat()];
      return !mayBeIdToken || required.some((name) => telling.includes(name))
        ? []
        : [
            {
              path: [...path, "token_type"],
              message: `ID tokens may pass as access tokens. Require a claim of access tokens in "required_claims" of the issuer, such as "client_id".`,
            },
          ];
    }),
  },
  {
    id: "tenants_wildcard",
    topic: "issuer",
    severity: "error",
    summary: 'Every tenant of a provider is accepted (`tenants: ["*"]`).',
    why: "Anyone can register a tenant and issue tokens there, with any roles and names. Name the tenants of your customers.",
    bad: issuer(
      'tenants: ["*"]\nkeys: { jwks_uri: https://login.example.com/keys }',
      '"https://login.example.com/{tenant}/v2.0"',
    ),
    good: issuer(
      "tenants: [72f988bf-86f1-41af-91ab-2d7cd011db47]\nkeys: { jwks_uri: https://login.example.com/keys }",
      '"https://login.example.com/{tenant}/v2.0"',
    ),
    check: eachIssuer(({ tenants }, path) =>
      tenants?.includes("*")
        ? [
            {
              path: [...path, "tenants"],
              message: "Anyone can register a tenant and issue tokens there. Name the tenants that you trust.",
            },
          ]
        : [],
    ),
  },
  {
    id: "token_lifetime_unlimited",
    topic: "issuer",
    severity: "warning",
    summary: "The keys of an issuer change only by hand, but tokens of the issuer may be valid for any length of time.",
    why: "Issuers with keys in files or in the policy often issue tokens for years. A token that is valid for years cannot be revoked. Set `max_token_lifetime` or `max_token_age`.",
    bad: {
      ...issuer("keys: { jwks_files: [acme.jwks] }"),
      files: {
        "acme.jwks":
          '{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}\n',
      },
    },
    good: {
      ...issuer("keys: { jwks_files: [acme.jwks] }\nmax_token_lifetime: 1h"),
      files: {
        "acme.jwks":
          '{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}\n',
      },
    },
    check: eachIssuer(({ keys, max_token_age: age, max_token_lifetime: lifetime }, path) => {
      const fixed = (["jwks", "jwks_files", "pem_files", "secret_files"] as const).find(
        (key) => keys[key] !== undefined,
      );
      return fixed === undefined || age !== undefined || lifetime !== undefined
        ? []
        : [
            {
              path: [...path, "keys", fixed],
              atKey: true,
              message: `A token of this issuer may be valid for years. Set "max_token_lifetime" or "max_token_age" of the issuer.`,
            },
          ];
    }),
  },
  {
    id: "token_lifetime_long",
    topic: "issuer",
    severity: "warning",
    summary: "`max_token_lifetime` or `max_token_age` is more than a day.",
    why: "A token works until it expires, even if its user has been locked out in the meantime. Issue tokens with a short lifetime, and let clients refresh the tokens.",
    bad: issuer("max_token_lifetime: 30d"),
    good: issuer("max_token_lifetime: 12h"),
    check: (document) =>
      (["max_token_lifetime", "max_token_age"] as const).flatMap((key) =>
        eachDuration(
          (source) => source[key],
          [key],
          DAY,
          "A stolen token works until it expires, even after its user has been locked out.",
        )(document),
      ),
  },
  {
    id: "keys_over_http",
    topic: "issuer",
    severity: "error",
    summary: "Keys of an issuer are fetched without TLS.",
    why: "Anyone on the network path can replace the keys, and then make any token. Fetch keys over https. If the provider has a private certificate authority, name the authority in the fetch settings.",
    bad: issuer("keys:\n  jwks_uri: http://idp.internal/jwks # inside the cluster\n  allow_http: true"),
    good: issuer("keys:\n  jwks_uri: https://idp.internal/jwks # inside the cluster\n  allow_http: false"),
    check: eachIssuer(({ keys: { allow_http: isAllowed } }, path) =>
      isAllowed
        ? [
            {
              path: [...path, "keys", "allow_http"],
              message: "Anyone on the network path can replace the keys and then make any token. Use https.",
            },
          ]
        : [],
    ),
    fix: {
      summary: "writes https and `false`, if the URL is in the policy",
      changes: ({ path, parent }) => {
        const addresses = Object.entries(parent as object).filter(
          (entry): entry is [string, string] => typeof entry[1] === "string" && entry[1].startsWith("http:"),
        );
        const keys = path.slice(0, -1);
        return addresses.length === 0
          ? undefined
          : [
              { kind: "set", path, to: false },
              ...addresses.map(([key, url]) => ({
                kind: "set" as const,
                path: [...keys, key],
                to: url.replace("http:", "https:"),
              })),
            ];
      },
    },
  },
  {
    id: "key_max_long",
    topic: "issuer",
    severity: "warning",
    summary: "`key_refresh.max` is more than 1h.",
    why: "If the provider withdraws a key, for example because of a theft, the plugin still uses the key for up to `max`.",
    bad: issuer("key_refresh: { max: 1d } # fewer fetches"),
    good: issuer("key_refresh: { max: 15m } # fewer fetches"),
    check: eachDuration(
      ({ key_refresh: { max } }) => max,
      ["key_refresh", "max"],
      HOUR,
      'The plugin may use a withdrawn key for up to "max".',
    ),
    fix: { summary: "writes 15m", changes: ({ path }) => [{ kind: "set", path, to: "15m" }] },
  },
  {
    id: "key_stale_long",
    topic: "issuer",
    severity: "warning",
    summary: "`key_refresh.max_stale` is more than 7d.",
    why: "If an attacker can cut the gateway off from the provider, the attacker can keep a withdrawn key in use for up to `max_stale`.",
    bad: issuer("key_refresh:\n  max_stale: 365d # never fail"),
    good: issuer("key_refresh:\n  max_stale: 3d # never fail"),
    check: eachDuration(
      ({ key_refresh: { max_stale: stale } }) => stale,
      ["key_refresh", "max_stale"],
      7 * DAY,
      'While the provider cannot be reached, the plugin may use a withdrawn key for up to "max_stale".',
    ),
    fix: { summary: "writes 3d", changes: ({ path }) => [{ kind: "set", path, to: "3d" }] },
  },
  {
    id: "key_cooldown_long",
    topic: "issuer",
    severity: "warning",
    summary: "`key_refresh.cooldown` is more than 5m.",
    why: "After a rotation of keys, tokens with the new key may be refused for up to `cooldown`.",
    bad: issuer("key_refresh: { cooldown: 10m }"),
    good: issuer("key_refresh: { cooldown: 30s }"),
    check: eachDuration(
      ({ key_refresh: { cooldown } }) => cooldown,
      ["key_refresh", "cooldown"],
      5 * MINUTE,
      'After a rotation of keys, tokens with the new key may be refused for up to "cooldown".',
    ),
    fix: { summary: "writes 30s", changes: ({ path }) => [{ kind: "set", path, to: "30s" }] },
  },
  {
    id: "bound_tokens_accepted",
    topic: "issuer",
    severity: "warning",
    summary: "Tokens that are bound to a key (`cnf`) are accepted as bearer tokens.",
    why: "The plugin does not check that the sender has the key of the token, so a stolen token passes. Accept bound tokens only if a component in front of Kong checks the key. If a component checks the key, suppress the finding.",
    bad: issuer("bound_tokens: accept"),
    good: issuer("bound_tokens: refuse"),
    check: eachIssuer(({ bound_tokens: bound }, path) =>
      bound === "accept"
        ? [
            {
              path: [...path, "bound_tokens"],
              message: "The plugin does not check that the sender has the key of the token, so a stolen token passes.",
            },
          ]
        : [],
    ),
    fix: { summary: "writes `refuse`", changes: ({ path }) => [{ kind: "set", path, to: "refuse" }] },
  },
  {
    id: "audiences_not_narrowed",
    topic: "issuer",
    severity: "warning",
    summary: "An issuer has several audiences, and a rule accepts all of them.",
    why: "A client with a token for one API can also use the token at the other APIs. In each rule, set `audiences` to the audience of the rule's API. If all rules belong to one API, set `audiences` in `defaults`. If all audiences are names of one API, suppress the finding.",
    bad: issuer("audiences: [https://orders.example.com, https://billing.example.com]"),
    good: policy(`issuers:
  acme:
    issuer: https://idp.example.com
    audiences: [https://orders.example.com, https://billing.example.com]
routes:
  read:
    audiences: [https://orders.example.com]
    required_scopes: [orders:read]
`),
    check: findWideAudiences,
  },
];

export const ISSUER_RULES: readonly LintRule[] = [...UNUSABLE, ...RISKY];

function eachIssuer(
  check: (issuer: Issuer, path: DocumentPath) => readonly Place[],
): (document: PolicyDocument) => readonly Place[] {
  return ({ issuers }) => Object.entries(issuers).flatMap(([id, source]) => check(source, ["issuers", id]));
}

/** Creates a check of a duration of an issuer. The check reports a duration over the limit. */
function eachDuration(
  read: (issuer: Issuer) => string | undefined,
  at: DocumentPath,
  limitSeconds: number,
  message: string,
): (document: PolicyDocument) => readonly Place[] {
  return eachIssuer((source, path) => {
    const text = read(source);
    return text !== undefined && durationSeconds(text) > limitSeconds
      ? [{ path: [...path, ...at], message: `${text} is long. ${message}` }]
      : [];
  });
}

function findWideAudiences(document: PolicyDocument): readonly Place[] {
  const judging = listSettled(document).filter(({ settled }) => settled.access !== "public");
  return Object.entries(document.issuers).flatMap(([id, { audiences }]) => {
    const wide = judging.filter(({ settled }) =>
      settled.alternatives.some(({ keys }) => keys.accept.includes(id) && keys.audiences === undefined),
    );
    const [first] = wide;
    return audiences.length < 2 || !first
      ? []
      : [
          {
            path: ["issuers", id, "audiences"],
            message: `Rule "${first.rule}" accepts tokens for each of these ${audiences.length} audiences. In the rule, set "audiences" to the audience of the rule's API.`,
          },
        ];
  });
}
