import { ISSUERS, tenantIssuer } from "../../attack-policy.ts";
import { type AttackClass, attacks, INVALID, type Members } from "../../forge/attack.ts";

const UNTRUSTED = { reason: "issuer_untrusted", told: INVALID } as const;
const WRONG_TENANT = { reason: "claim_invalid", told: INVALID } as const;
const REFERENCE = "RFC 8725 3.8; RFC 9700 2.3";

/** A token of the issuer whose tenants blue and green pass. */
const named = (iss: string, tid: unknown = "blue") =>
  ({ token: { key: "tenants", claims: { iss, tid } }, request: { rule: "tenants" } }) as const;
/** A token of the issuer all of whose tenants pass. */
const open = (tenant: string, tid: unknown = tenant) =>
  ({
    token: { key: "tenants", claims: { iss: `https://open.example.com/${tenant}`, tid } },
    request: { rule: "any-tenant" },
  }) as const;

/** A token of an issuer whose tenants have their own keys under one kid: `tenants` is the key of north, `blue` of south. */
const realm = (iss: string, key: "tenants" | "blue" | "stranger", header: Members = { kid: "realm" }) =>
  ({ token: { key, header, claims: { iss } }, request: { rule: "realms" } }) as const;
const realmIssuer = (tenant: string): string => ISSUERS.realms.replace("{realm}", tenant);
/** A token of an issuer that has a host for each tenant, and only the tenant `remote`. */
const fetched = (iss: string, key: "remote" | "stranger" = "remote") =>
  ({ token: { key, claims: { iss } }, request: { rule: "fetched-realms" } }) as const;
const fetchedIssuer = (tenant: string): string => ISSUERS.fetchedRealms.replace("{realm}", tenant);

/** Issuers with many tenants, where anyone can register a tenant: which issuers the placeholder accepts, and what binds a token to its tenant. */
export const tenant: AttackClass = {
  name: "tenant",
  honest: [
    { what: "a tenant that the policy names", ...named(tenantIssuer("blue")) },
    { what: "another one", ...named(tenantIssuer("green"), "green") },
    {
      what: "a tenant under the key that is its own",
      token: { key: "blue", claims: { iss: tenantIssuer("blue"), tid: "blue" } },
      request: { rule: "tenants" },
    },
    { what: "any tenant, where the policy says so", ...open("Some-Tenant_1") },
    { what: "a tenant under the keys that are its own alone", ...realm(realmIssuer("north"), "tenants") },
    { what: "another one, without kid", ...realm(realmIssuer("south"), "blue", { kid: undefined }) },
    { what: "a tenant with a host and keys of its own, which are fetched", ...fetched(fetchedIssuer("remote")) },
  ],
  attacks: [
    ...attacks({ reason: "signature_invalid", told: INVALID }, REFERENCE, [
      [
        "realm-key-of-other",
        "one tenant's key for the tokens of another, under the same kid",
        realm(realmIssuer("south"), "tenants"),
      ],
      [
        "realm-key-of-other-nameless",
        "the same without kid, for verifiers that try the keys of all tenants",
        realm(realmIssuer("north"), "blue", { kid: undefined }),
      ],
    ]),
    ...attacks({ reason: "key_not_found", told: INVALID }, REFERENCE, [
      ["realm-kid-unknown", "an unknown kid", realm(realmIssuer("north"), "blue", { kid: "blue" })],
    ]),
    ...attacks(UNTRUSTED, REFERENCE, [
      ["realm-unknown", "a tenant whose keys are in no file", realm(realmIssuer("red"), "stranger")],
      ["realm-steps-back", "a tenant that leads to another file", realm(realmIssuer("../north"), "tenants")],
      ["realm-placeholder", "the placeholder as tenant", realm(realmIssuer("{realm}"), "tenants")],
      [
        "host-unknown",
        "a host of the attacker's choice, which nobody asks for keys",
        fetched(fetchedIssuer("evil"), "stranger"),
      ],
      ["host-deeper", "a host below the tenant's", fetched(fetchedIssuer("evil.remote"), "stranger")],
      [
        "host-of-attacker",
        "a host that ends in another domain",
        fetched("https://remote.sso.example.com.evil.example"),
      ],
      ["host-user", "the tenant's host as user of another", fetched("https://remote.sso.example.com@evil.example")],
      ["host-capitals", "the host in capitals", fetched(fetchedIssuer("REMOTE"))],
      ["host-port", "the host with its usual port", fetched(`${fetchedIssuer("remote")}:443`)],
      ["host-empty", "no tenant", fetched("https://.sso.example.com")],
      ["tenant-unknown", "a tenant of the attacker's own", named(tenantIssuer("red"), "red")],
      ["tenant-claim-only", "the victim's tenant in tid only", named(tenantIssuer("red"), "blue")],
      ["tenant-capitals", "the tenant in capitals", named(tenantIssuer("BLUE"), "BLUE")],
      ["tenant-part", "the beginning of a tenant", named(tenantIssuer("blu"), "blu")],
      ["tenant-empty", "no tenant", named(tenantIssuer(""), "")],
      [
        "tenant-placeholder",
        "the placeholder itself, as an issuer's metadata for all tenants has it",
        named(tenantIssuer("{tenant}"), "{tenant}"),
      ],
      ["tenant-nameless", "a placeholder without a name", named(tenantIssuer("{}"), "{}")],
      ["tenant-star", "a star", named(tenantIssuer("*"), "*")],
      ["tenant-two-segments", "a slash in the tenant", named(tenantIssuer("red/blue"), "blue")],
      ["tenant-segment-behind", "a segment behind the end", named(`${tenantIssuer("blue")}/red`)],
      ["tenant-slash-behind", "a slash behind the end", named(`${tenantIssuer("blue")}/`)],
      ["tenant-cut", "an iss that ends with the tenant", named("https://login.example.com/blue")],
      ["tenant-other-version", "another last segment", named("https://login.example.com/blue/v1.0")],
      [
        "tenant-steps-back",
        "a path that leads back to the tenant",
        named("https://login.example.com/red/../blue/v2.0"),
      ],
      ["tenant-is-step-back", "a step back as tenant", named(tenantIssuer(".."), "..")],
      ["tenant-encoded", "a tenant in percent encoding", named(tenantIssuer("%62lue"))],
      ["tenant-query", "a query where the tenant ends", named(tenantIssuer("blue?x="))],
      ["tenant-fragment", "a fragment where the tenant ends", named(tenantIssuer("blue#"))],
      ["tenant-nul", "a NUL behind the tenant", named(tenantIssuer("blue\u0000"))],
      ["tenant-newline", "a line break behind the tenant", named(tenantIssuer("blue\n"))],
      ["tenant-other-host", "another host", named("https://evil.example/blue/v2.0")],
      ["tenant-as-host", "the tenant where the host stands", named("https://blue/login.example.com/v2.0")],
      ["tenant-http", "http", named("http://login.example.com/blue/v2.0")],
      ["tenant-open-empty", "no tenant, where all tenants pass", open("")],
      ["tenant-open-deeper", "two segments, where all tenants pass", open("red/blue", "blue")],
      ["tenant-open-step-back", "a step back, where all tenants pass", open("..")],
      ["tenant-open-encoded", "an encoded slash, where all tenants pass", open("red%2fblue")],
      ["tenant-open-user", "a user and a host, where all tenants pass", open("@evil.example")],
    ]),
    ...attacks(WRONG_TENANT, REFERENCE, [
      [
        "tenant-claim-of-other",
        "the attacker's tenant in iss, the victim's in tid",
        named(tenantIssuer("green"), "blue"),
      ],
      [
        "tenant-claim-absent",
        "no tid",
        { ...named(tenantIssuer("blue"), undefined), token: { key: "tenants", claims: { iss: tenantIssuer("blue") } } },
      ],
      ["tenant-claim-null", "tid null", named(tenantIssuer("blue"), null)],
      ["tenant-claim-list", "a list of tenants", named(tenantIssuer("blue"), ["blue"])],
      ["tenant-claim-capitals", "the tenant's claim in capitals", named(tenantIssuer("blue"), "BLUE")],
      [
        "tenant-open-claim-of-other",
        "the attacker's tenant in iss, the victim's in tid, where all tenants pass",
        open("red", "blue"),
      ],
    ]),
    ...attacks(UNTRUSTED, `${REFERENCE}; UTS 39`, [
      ["tenant-lookalike", "a Cyrillic letter that looks the same", named(tenantIssuer("blu\u0435"), "blu\u0435")],
    ]),
    ...attacks(UNTRUSTED, "CWE-400", [
      ["tenant-many-slashes", "4,000 slashes", named(`https://login.example.com${"/".repeat(4_000)}`)],
      ["tenant-open-long", "a tenant of 129 characters", open("a".repeat(129))],
    ]),
    ...attacks({ reason: "key_not_found", told: INVALID }, REFERENCE, [
      [
        "tenant-key-of-other",
        "the key that the issuer keeps for one tenant, for tokens of another",
        { token: { key: "blue", claims: { iss: tenantIssuer("green"), tid: "green" } }, request: { rule: "tenants" } },
      ],
    ]),
    ...attacks(UNTRUSTED, "RFC 8725 2.7 and 3.8", [
      [
        "tenant-of-other-issuer",
        "a tenant's token at the rule of another issuer with many tenants",
        { ...open("blue"), request: { rule: "tenants" } },
      ],
    ]),
  ],
};
