import { ISSUERS, tenantIssuer } from "../../attack-policy.ts";
import { type AttackClass, attacks, INVALID, type Members, row } from "../../forge/attack.ts";

const UNTRUSTED = { reason: "issuer_untrusted", told: INVALID } as const;
const WRONG_TENANT = { reason: "claim_invalid", told: INVALID } as const;
const REFERENCE = "RFC 8725 3.8; RFC 9700 2.3";

/** A token of the issuer whose tenants blue and green pass. */
const named = (iss: string, tid: unknown = "blue") =>
  ({ key: "tenants", claims: { iss, tid }, rule: "tenants" }) as const;
/** A token of the issuer all of whose tenants pass. */
const open = (tenant: string, tid: unknown = tenant) =>
  ({ key: "tenants", claims: { iss: `https://open.example.com/${tenant}`, tid }, rule: "any-tenant" }) as const;

/**
 * A token of an issuer whose tenants have keys of their own under one kid: `tenants` is the key of north, and `blue` is
 * the key of south.
 */
const realm = (iss: string, key: "tenants" | "blue" | "stranger", header: Members = { kid: "realm" }) =>
  ({ key, header, claims: { iss }, rule: "realms" }) as const;
const realmIssuer = (tenant: string): string => ISSUERS.realms.replace("{realm}", tenant);
/** A token of an issuer with a host for each tenant. Its only tenant is `remote`. */
const fetched = (iss: string, key: "remote" | "stranger" = "remote") =>
  ({ key, claims: { iss }, rule: "fetched-realms" }) as const;
const fetchedIssuer = (tenant: string): string => ISSUERS.fetchedRealms.replace("{realm}", tenant);

/**
 * Attacks on issuers with many tenants, where anyone can register a tenant. The attacks test two things: which issuers
 * the placeholder accepts, and what binds a token to its tenant.
 */
export const tenant: AttackClass = {
  name: "tenant",
  honest: [
    { what: "a tenant that the policy names", ...named(tenantIssuer("blue")) },
    { what: "another one", ...named(tenantIssuer("green"), "green") },
    {
      what: "a tenant's token, signed with the tenant's own key",
      key: "blue",
      claims: { iss: tenantIssuer("blue"), tid: "blue" },
      rule: "tenants",
    },
    { what: "any tenant, where the policy says so", ...open("Some-Tenant_1") },
    {
      what: "a tenant's token, signed with a key that only this tenant has",
      ...realm(realmIssuer("north"), "tenants"),
    },
    { what: "another one, without kid", ...realm(realmIssuer("south"), "blue", { kid: undefined }) },
    { what: "a tenant with its own host and its own fetched keys", ...fetched(fetchedIssuer("remote")) },
  ],
  attacks: attacks([
    { reason: "signature_invalid", told: INVALID },
    REFERENCE,
    row("realm-key-of-other", "one tenant's key for the tokens of another, under the same kid", {
      ...realm(realmIssuer("south"), "tenants"),
    }),
    row("realm-key-of-other-nameless", "the same without kid, for verifiers that try the keys of all tenants", {
      ...realm(realmIssuer("north"), "blue", { kid: undefined }),
    }),
    { reason: "key_not_found", told: INVALID },
    row("realm-kid-unknown", "an unknown kid", realm(realmIssuer("north"), "blue", { kid: "blue" })),
    UNTRUSTED,
    row("realm-unknown", "a tenant without a file of keys", realm(realmIssuer("red"), "stranger")),
    row("realm-steps-back", "a tenant that leads to another file", realm(realmIssuer("../north"), "tenants")),
    row("realm-placeholder", "the placeholder as tenant", realm(realmIssuer("{realm}"), "tenants")),
    row("host-unknown", "a host that the attacker chooses, and that gets no request for keys", {
      ...fetched(fetchedIssuer("evil"), "stranger"),
    }),
    row("host-deeper", "a host below the tenant's", fetched(fetchedIssuer("evil.remote"), "stranger")),
    row("host-of-attacker", "a host that ends in another domain", {
      ...fetched("https://remote.sso.example.com.evil.example"),
    }),
    row("host-user", "the tenant's host as user of another", fetched("https://remote.sso.example.com@evil.example")),
    row("host-capitals", "the host in capitals", fetched(fetchedIssuer("REMOTE"))),
    row("host-port", "the host with its usual port", fetched(`${fetchedIssuer("remote")}:443`)),
    row("host-empty", "no tenant", fetched("https://.sso.example.com")),
    row("tenant-unknown", "a tenant of the attacker's own", named(tenantIssuer("red"), "red")),
    row("tenant-claim-only", "the victim's tenant in tid only", named(tenantIssuer("red"), "blue")),
    row("tenant-capitals", "the tenant in capitals", named(tenantIssuer("BLUE"), "BLUE")),
    row("tenant-part", "the beginning of a tenant", named(tenantIssuer("blu"), "blu")),
    row("tenant-empty", "no tenant", named(tenantIssuer(""), "")),
    row("tenant-placeholder", "the placeholder itself, as in an issuer's metadata for all tenants", {
      ...named(tenantIssuer("{tenant}"), "{tenant}"),
    }),
    row("tenant-nameless", "a placeholder without a name", named(tenantIssuer("{}"), "{}")),
    row("tenant-star", "a star", named(tenantIssuer("*"), "*")),
    row("tenant-two-segments", "a slash in the tenant", named(tenantIssuer("red/blue"), "blue")),
    row("tenant-segment-behind", "a segment behind the end", named(`${tenantIssuer("blue")}/red`)),
    row("tenant-slash-behind", "a slash behind the end", named(`${tenantIssuer("blue")}/`)),
    row("tenant-cut", "an iss that ends with the tenant", named("https://login.example.com/blue")),
    row("tenant-other-version", "another last segment", named("https://login.example.com/blue/v1.0")),
    row("tenant-steps-back", "a path that leads back to the tenant", {
      ...named("https://login.example.com/red/../blue/v2.0"),
    }),
    row("tenant-is-step-back", "a step back as tenant", named(tenantIssuer(".."), "..")),
    row("tenant-encoded", "a tenant in percent encoding", named(tenantIssuer("%62lue"))),
    row("tenant-query", "a query where the tenant ends", named(tenantIssuer("blue?x="))),
    row("tenant-fragment", "a fragment where the tenant ends", named(tenantIssuer("blue#"))),
    row("tenant-nul", "a NUL behind the tenant", named(tenantIssuer("blue\u0000"))),
    row("tenant-newline", "a line break behind the tenant", named(tenantIssuer("blue\n"))),
    row("tenant-other-host", "another host", named("https://evil.example/blue/v2.0")),
    row("tenant-as-host", "the tenant where the host stands", named("https://blue/login.example.com/v2.0")),
    row("tenant-http", "http", named("http://login.example.com/blue/v2.0")),
    row("tenant-open-empty", "no tenant, where all tenants pass", open("")),
    row("tenant-open-deeper", "two segments, where all tenants pass", open("red/blue", "blue")),
    row("tenant-open-step-back", "a step back, where all tenants pass", open("..")),
    row("tenant-open-encoded", "an encoded slash, where all tenants pass", open("red%2fblue")),
    row("tenant-open-user", "a user and a host, where all tenants pass", open("@evil.example")),
    WRONG_TENANT,
    row("tenant-claim-of-other", "the attacker's tenant in iss, the victim's in tid", {
      ...named(tenantIssuer("green"), "blue"),
    }),
    row("tenant-claim-absent", "no tid", {
      ...named(tenantIssuer("blue"), undefined),
      key: "tenants",
      claims: { iss: tenantIssuer("blue") },
    }),
    row("tenant-claim-null", "tid null", named(tenantIssuer("blue"), null)),
    row("tenant-claim-list", "a list of tenants", named(tenantIssuer("blue"), ["blue"])),
    row("tenant-claim-capitals", "the tenant's claim in capitals", named(tenantIssuer("blue"), "BLUE")),
    row("tenant-open-claim-of-other", "the attacker's tenant in iss, the victim's in tid, where all tenants pass", {
      ...open("red", "blue"),
    }),
    UNTRUSTED,
    `${REFERENCE}; UTS 39`,
    row("tenant-lookalike", "a Cyrillic letter that looks the same", named(tenantIssuer("blu\u0435"), "blu\u0435")),
    "CWE-400",
    row("tenant-many-slashes", "4,000 slashes", named(`https://login.example.com${"/".repeat(4_000)}`)),
    row("tenant-open-long", "a tenant of 129 characters", open("a".repeat(129))),
    { reason: "key_not_found", told: INVALID },
    REFERENCE,
    row("tenant-key-of-other", "the key of one tenant, for tokens of another tenant", {
      key: "blue",
      claims: { iss: tenantIssuer("green"), tid: "green" },
      rule: "tenants",
    }),
    UNTRUSTED,
    "RFC 8725 2.7 and 3.8",
    row("tenant-of-other-issuer", "a tenant's token at the rule of another issuer with many tenants", {
      ...open("blue"),
      rule: "tenants",
    }),
  ]),
};
