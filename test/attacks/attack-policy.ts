import type { SigningKey } from "../tokens.ts";
import { PUBLISHED_SECRET } from "./forge/hmac-secrets.ts";
import type { AttackKeys } from "./forge/keys.ts";

/** The attacked policy, and the Kong Routes that use it. */

export const ISSUERS = {
  acme: "https://idp.example.com",
  partner: "https://partner.example.com",
  remote: "https://remote.example.com",
  secret: "https://secret.example.com",
  mixed: "https://mixed.example.com",
  tenants: "https://login.example.com/{tenant}/v2.0",
  anyTenant: "https://open.example.com/{tenant}",
  kinds: "https://kinds.example.com",
  rolling: "https://adfs.example.com",
  realms: "https://sso.example.com/realms/{realm}",
  fetchedRealms: "https://{realm}.sso.example.com",
  many: "https://many.example.com",
} as const;
export const AUDIENCE = "https://api.example.com";
export const POLICY_NAME = "attacked";

/** The `iss` of one tenant. */
export const tenantIssuer = (tenant: string): string => ISSUERS.tenants.replace("{tenant}", tenant);

type Members = Readonly<Record<string, unknown>>;

/** A key without a kid. It has the thumbprint that its certificate would have. */
const named = ({ publicJwk: { kid: _kid, ...jwk } }: SigningKey, x5t: string): Members => ({ ...jwk, x5t });

/** @param jwksUri where the issuer `remote` has its keys. */
export function createPolicy(keys: AttackKeys, jwksUri: string): Members {
  const ofAcme = [keys.rs256, keys.ps256, keys.es256, keys.es384, keys.es512, keys.eddsa, keys.cubic];
  const { alg: _alg, ...withoutAlg } = keys.rs256.publicJwk;
  const ofTenants = { ...keys.tenants.publicJwk, issuer: ISSUERS.tenants };
  const issuer = (name: keyof typeof ISSUERS, algorithms: readonly string[], more: Members): Members => ({
    issuer: ISSUERS[name],
    audiences: [AUDIENCE],
    algorithms,
    ...more,
  });
  return {
    jwt_policy: 1,
    name: POLICY_NAME,
    issuers: {
      acme: issuer("acme", ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"], {
        clock_skew: "30s",
        max_token_age: "1h",
        max_token_lifetime: "2h",
        required_claims: ["sub"],
        claims: {
          roles: ["/realm_access/roles", "/resource_access/shop/roles"],
          groups: { claim: "groups", separator: "," },
        },
        keys: {
          jwks: { keys: [...ofAcme.map(({ publicJwk }) => publicJwk), { ...withoutAlg, kid: "acme-without-alg" }] },
        },
      }),
      partner: issuer("partner", ["ES256"], { keys: { jwks: { keys: [keys.partner.publicJwk] } } }),
      remote: issuer("remote", ["ES256", "RS256", "EdDSA"], { keys: { jwks_uri: jwksUri } }),
      secret: issuer("secret", ["HS256"], { keys: { secret_files: [{ file: "secret.key", encoding: "base64url" }] } }),
      tenants: issuer("tenants", ["ES256"], {
        tenants: ["blue", "green"],
        // As at Entra, the key set says whose tokens each key may sign.
        keys: { jwks: { keys: [ofTenants, { ...keys.blue.publicJwk, issuer: tenantIssuer("blue") }] } },
      }),
      anyTenant: issuer("anyTenant", ["ES256"], { tenants: ["*"], keys: { jwks: { keys: [keys.tenants.publicJwk] } } }),
      // The issuer signs tokens of several kinds, and each rule requires less than the issuer's own conditions.
      kinds: issuer("kinds", ["ES256"], {
        token_type: "JWT",
        required_claims: { token_use: { equals: "access" }, client_id: {} },
        keys: { jwks: { keys: [keys.partner.publicJwk] } },
      }),
      // A change of keys as in AD FS: two keys have only the names of their certificates, and a third key has a kid.
      rolling: issuer("rolling", ["ES256"], {
        keys: {
          jwks: {
            keys: [named(keys.es256, "old"), named(keys.partner, "new"), { ...keys.tenants.publicJwk, x5t: "third" }],
          },
        },
      }),
      // Each tenant has its own keys, and their kids are equal.
      realms: issuer("realms", ["ES256"], {
        tenants: ["north", "south"],
        keys: { jwks_files: ["realm-{realm}.jwks"] },
      }),
      // Only the tenant `remote` has keys at this address. Every other requested address is the trap.
      fetchedRealms: issuer("fetchedRealms", ["ES256", "RS256", "EdDSA"], {
        tenants: ["remote"],
        keys: { jwks_uri: `${new URL(jwksUri).origin}/{realm}/jwks` },
      }),
      many: issuer("many", ["ES256"], {
        keys: {
          jwks: {
            keys: [keys.es256, keys.partner, keys.remote, keys.tenants, keys.blue].map((key, index) => ({
              ...key.publicJwk,
              kid: `many-${index}`,
            })),
          },
        },
      }),
      // A second kind of tokens from the same issuer. Only one rule accepts it.
      kindsId: issuer("kinds", ["ES256"], {
        token_type: "JWT",
        claims: { audience: "azp" },
        required_claims: { token_use: { equals: "id" } },
        keys: { jwks: { keys: [keys.partner.publicJwk] } },
      }),
      mixed: issuer("mixed", ["HS256", "RS256", "ES256"], {
        keys: {
          jwks: { keys: [keys.mixed.publicJwk, keys.mixedRsa.publicJwk] },
          secret_files: [{ file: "mixed.key", encoding: "text" }],
        },
      }),
    },
    defaults: { accept: ["acme"] },
    routes: {
      read: { required_scopes: ["read"] },
      admin: { required_scopes: ["read", "admin"] },
      optional: { access: "optional", required_scopes: ["read"] },
      "other-audience": { audiences: ["https://other.example.com"] },
      roles: { required_roles: { all_of: ["user"], none_of: ["suspended"] } },
      "not-suspended": { required_roles: { none_of: ["suspended"] } },
      "not-guest": { required_groups: { none_of: ["guests"] } },
      differs: {
        required_claims: {
          status: { not: { equals: "suspended" }, absent: "allowed" },
          tags: { not: { contains_any: ["trial"] }, absent: "allowed" },
          "/act/sub": { absent: true },
          "/orgs/1": { absent: true },
        },
      },
      conditions: {
        required_claims: { plan: { matches: "[a-z]+" }, level: { min: 3 }, "/org/id": { equals: 7 } },
      },
      serial: { required_claims: { serial: { equals: 1147953659032899600 } } },
      named: { required_claims: { serial: {} } },
      kinds: { accept: ["kinds"], required_claims: { sub: {} } },
      "kinds-any-of": { accept: ["kinds"], any_of: [{ required_scopes: ["read"] }, {}] },
      "kinds-optional": { accept: ["kinds"], access: "optional" },
      "kinds-operations": {
        accept: ["kinds"],
        operations: [{ methods: ["GET"], path: "/kinds-operations", required_claims: { token_use: {} } }],
      },
      "kinds-both": { accept: ["kinds", "kindsId"] },
      "kinds-id": { accept: ["kindsId"] },
      "strong-login": { authentication: { acr_values: ["urn:example:mfa"], max_age: "5m" } },
      own: {
        operations: [
          { methods: ["GET"], path: "/own/{user}/mail/{box}", required_claims: { sub: { equals_path: "user" } } },
        ],
      },
      partner: { accept: ["partner"] },
      rolling: { accept: ["rolling"] },
      many: { accept: ["many"] },
      realms: { accept: ["realms"] },
      "fetched-realms": { accept: ["fetchedRealms"] },
      remote: { accept: ["remote"] },
      secret: { accept: ["secret"] },
      mixed: { accept: ["mixed"] },
      tenants: { accept: ["tenants"] },
      "any-tenant": { accept: ["anyTenant"] },
      layers: {
        required_scopes: ["read"],
        operations: [
          { methods: ["GET"], path: "/layers/{id}" },
          { methods: ["GET"], path: "/layers/{rest...}" },
          { methods: ["GET"], path: "/layers/payroll", required_scopes: ["admin"] },
          { methods: ["GET"], path: "/layers/{id}:cancel", required_scopes: ["admin"] },
          { methods: ["GET"], path: "/layers/vault/{rest...}", required_scopes: ["admin"] },
          { methods: ["GET"], path: "/layers/own/{user}.json", required_claims: { sub: { equals_path: "user" } } },
        ],
      },
      orders: {
        operations: [
          { methods: ["GET"], path: "/orders/{id}", required_scopes: ["read"] },
          { methods: ["DELETE"], path: "/orders/{id}", required_scopes: ["admin"] },
          { methods: ["GET"], path: "/orders/{id}/secret", required_scopes: ["admin"] },
        ],
      },
    },
    header_mappings: {
      "x-user-id": "sub",
      "x-tenant": { from: ["tenant", "org_id"] },
      "x-roles": "/realm_access/roles",
    },
  };
}

const SOURCE_RULES = ["anywhere", "anywhere-optional", "anywhere-bound"] as const;

/** The same issuer for tokens outside of Authorization. Both policies have the same name, so the realm is the same. */
export function createSourcePolicy(keys: AttackKeys, jwksUri: string): Members {
  const { issuers, ...rest } = createPolicy(keys, jwksUri);
  return {
    ...rest,
    issuers: { acme: (issuers as Members).acme, partner: (issuers as Members).partner },
    routes: {
      anywhere: { required_scopes: ["read"] },
      "anywhere-optional": { access: "optional" },
      "anywhere-bound": { accept: ["acme", "partner"] },
    },
    token: {
      sources: [
        { authorization: ["Bearer", "JWT"], issuers: ["acme"] },
        { header: "x-access-token" },
        { header: "x-partner-token", issuers: ["partner"] },
        { cookie: "__Host-token", allowed_origins: ["https://app.example.com"] },
        { query: "access_token" },
      ],
    },
  };
}

/** @param policyFile relative to the policy root; @param sourceFile the policy file of {@link createSourcePolicy}. */
export function createKongConfig(policyFile: string, sourceFile: string, upstream: string): Members {
  const rules = [
    ...["read", "admin", "optional", "other-audience", "roles", "not-suspended", "not-guest", "differs"],
    ...["conditions", "strong-login", "own", "orders", "layers"],
    ...["partner", "remote", "secret", "mixed", "tenants", "any-tenant", "rolling", "many", "realms"],
    "fetched-realms",
    ...["serial", "named", "kinds", "kinds-any-of", "kinds-optional", "kinds-operations"],
    ...["kinds-both", "kinds-id"],
    ...SOURCE_RULES,
  ];
  const routes = rules.map((rule) => ({
    name: rule,
    paths: [`/${rule}`],
    strip_path: false,
    plugins: [
      {
        name: "jwt-policy",
        config: { policy_file: SOURCE_RULES.some((name) => name === rule) ? sourceFile : policyFile, rule },
      },
    ],
  }));
  return { _format_version: "3.0", services: [{ name: "things", url: upstream, routes }] };
}

/** Key files of the tenants of `realms`, by name. */
export function createRealmFiles({ tenants, blue }: AttackKeys): Readonly<Record<string, string>> {
  const keySet = ({ publicJwk }: SigningKey): string => JSON.stringify({ keys: [{ ...publicJwk, kid: "realm" }] });
  return { "realm-north.jwks": keySet(tenants), "realm-south.jwks": keySet(blue) };
}

/** The neutral element of edwards25519 (RFC 8032 section 5.1). */
const NEUTRAL = Buffer.from([1, ...Buffer.alloc(31)]).toString("base64url");
/** The product of two primes as the chips of CVE-2017-15361 made them. */
const FAULTY_MODULUS =
  "kAAAAAADZ-377dvSkxx9CnULLWZzynIwgpeXhVM7nByuL1LaRuXannJsvgj8IzfW3UfkEdW1GSkCmjQFaN-D5X8OvZ9Kq3dbVsvnupZJRrI01-S2EbzF" +
  "Z4Y729hECMQPUEqtR3HsDY49Vo7F6yymK03iWCQJjYohwKOKx6PHJ-oTKKwsQyLBJFq7T2WXG0A_3r0VHDHuy6-ZtpN9ZDzU-1gnOg9gfBUqJAEe8HU0" +
  "4crKqYVp1cvhbI91EAmK2gWO0z-BxvVYI135UjZL2clb1c30eunekFVGiBrgjMgrH92wuSpPSsXKxiC04XLeq-ypMudKY4e8JuX3C8qvsgMfMQ";

/** The keys of the issuer `remote`: one good key, and keys that the plugin must not use. */
export function createRemoteKeySet({ remote, rs256, short, leaked, forEncryption, standIn }: AttackKeys): Members {
  return {
    keys: [
      remote.publicJwk,
      short.publicJwk,
      { ...leaked.publicJwk, d: leaked.privateKey.export({ format: "jwk" }).d },
      { ...leaked.publicJwk, kid: "leaked-again" },
      { ...forEncryption.publicJwk, use: "enc" },
      standIn.publicJwk,
      { ...standIn.publicJwk, kid: standIn.kid.toUpperCase() },
      { kty: "RSA", kid: "exponent-one", alg: "RS256", e: "AQ", n: rs256.publicJwk.n },
      { kty: "RSA", kid: "faulty-chip", alg: "RS256", e: "AQAB", n: FAULTY_MODULUS },
      { kty: "OKP", crv: "Ed25519", kid: "small-order", alg: "EdDSA", x: NEUTRAL },
      { kty: "oct", kid: "symmetric", alg: "HS256", k: Buffer.from(PUBLISHED_SECRET).toString("base64url") },
    ],
  };
}
