import { generateSigningKey, mintToken, type SigningKey } from "../../tokens.ts";
import type { Credential } from "../modes.ts";

const ISSUER = "https://idp.example";
const AUDIENCE = "https://api.example";

/** Headers with zero to four dashes, and each kind of mapping. modes.ts has the values that the upstream must get. */
const MAPPINGS = {
  userid: "sub",
  "x-user": "sub",
  "x-user-id": "sub",
  "x-user-tenant-name": "tenant",
  "x-forwarded-user": "sub",
  "x-forwarded-preferred-username": "tenant",
  "x-user-role-of-day": { from: "/realm/roles", list: "repeat" },
  "x-groups": { from: "groups", separator: ";" },
  "x-source": { constant: "jwt-policy" },
  "x-team": { from: "team", fallback: "none" },
  "x-absent": "absent",
  "x-claims": { payload: true },
};

/** The claims behind the identity that modes.ts expects. */
const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: "user-1",
  tenant: "acme",
  realm: { roles: ["admin", "auditor"] },
  groups: ["a", "b"],
  scope: "read",
};

/** Documents by name; `inline` and `inline-public` are for the plugin's configuration. */
export function createPolicies(key: SigningKey) {
  const issuer = {
    issuer: ISSUER,
    audiences: [AUDIENCE],
    algorithms: [key.alg],
    keys: { jwks: { keys: [key.publicJwk] } },
  };
  const policy = (name: string, routes: object, more: object = {}) => ({
    jwt_policy: 1,
    name,
    issuers: { main: issuer },
    routes,
    header_mappings: MAPPINGS,
    ...more,
  });
  const read = { required_scopes: ["read"] };
  const write = { required_scopes: ["write"] };
  return {
    api: policy("api", {
      required: read,
      scoped: write,
      optional: { access: "optional" },
      public: { access: "public" },
      report: { mode: "report", ...write },
      preflight: { cors_preflight: "pass", ...read },
      compared: { required_claims: { tenant: { equals_header: "x-tenant" } } },
      operations: {
        operations: [
          { methods: ["GET", "POST"], path: "/operations/open", access: "public" },
          { methods: ["GET", "POST"], path: "/operations/closed", ...read },
        ],
      },
    }),
    withheld: policy(
      "withheld",
      { withheld: read, "withheld-report": { mode: "report", ...read } },
      { token: { forward: false } },
    ),
    moved: policy(
      "moved",
      {
        moved: read,
        "moved-optional": { access: "optional" },
        "moved-public": { access: "public" },
        "moved-report": { mode: "report", ...read },
      },
      {
        token: {
          sources: [
            "authorization",
            { header: "x-access-token" },
            { cookie: "__Host-token", allowed_origins: ["https://app.example"] },
            { query: "access_token" },
          ],
          forward: { header: "x-upstream-token" },
        },
      },
    ),
    kept: policy(
      "kept",
      { kept: read, "kept-optional": { access: "optional" }, "kept-report": { mode: "report", ...read } },
      { token: { sources: [{ header: "x-access-token" }], forward: false, client_authorization: "keep" } },
    ),
    consumer: policy(
      "consumer",
      {
        consumer: read,
        "consumer-optional": { access: "optional" },
        "consumer-public": { access: "public" },
        "consumer-report": { mode: "report", ...write },
      },
      { identity: { consumer: { claim: "sub" }, credential: "sub", groups: "groups" } },
    ),
    plain: policy("plain", { plain: read }, { header_mappings: {} }),
    "by-route": policy("by-route", { "by-name": { mode: "enforce", ...read } }, { defaults: { mode: "report" } }),
    inline: policy("inline", { inline: read }),
    "inline-public": policy("inline-public", { "inline-public": { access: "public" } }),
  };
}

/** @param now seconds. @returns the value of Authorization; undefined for a request without it. */
export function createCredentials(key: SigningKey, now: number): Readonly<Record<Credential, string | undefined>> {
  const mint = (signer: SigningKey, changes: object): string => {
    const claims = { ...CLAIMS, iat: now - 10, exp: now + 3_600, ...changes };
    return `Bearer ${mintToken({ key: signer, claims })}`;
  };
  return {
    none: undefined,
    good: mint(key, {}),
    scoped: mint(key, { scope: "read write" }),
    bad: mint(generateSigningKey("ES256", "1"), { sub: "evil" }),
    malformed: "Bearer evil",
  };
}
