import { readdirSync, readFileSync } from "node:fs";

/**
 * The example policies, one policy in JSON with every key, and one policy with many mistakes. The keys are public and
 * belong to no one.
 */

const JWKS = {
  keys: [
    { kty: "OKP", crv: "Ed25519", kid: "1", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
    {
      kty: "EC",
      crv: "P-256",
      alg: "ES256",
      use: "sig",
      key_ops: ["verify"],
      x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
      y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    },
    { kty: "RSA", kid: "3", n: Buffer.alloc(256, 0xfd).toString("base64url"), e: "AQAB" },
    { kty: "RSA", kid: "4", n: Buffer.alloc(128, 0xfd).toString("base64url"), e: "Aw" },
  ],
};

const EVERYTHING = {
  jwt_policy: 1,
  name: "everything",
  description: "All keys of the format.",
  issuers: {
    acme: {
      issuer: "https://idp.example.com",
      audiences: ["https://api.example.com"],
      algorithms: ["EdDSA", "ES256", "RS256"],
      clock_skew: "30s",
      token_type: "JWT",
      max_token_age: "1h",
      max_token_lifetime: "1d",
      required_claims: ["sub", "/realm/id"],
      claims: { audience: "client_id", scopes: "scp" },
      keys: { jwks: JWKS },
    },
    partner: {
      issuer: "https://partner.example",
      audiences: ["a"],
      keys: {
        jwks_uri: "https://partner.example/jwks",
        jwks_files: ["keys.json"],
        pem_files: [{ file: "a.pem", kid: "a" }],
      },
    },
    tenants: {
      issuer: "https://tenants.example/{tenant}/v2",
      audiences: ["a"],
      tenants: ["t1", "t2"],
      claims: { tenant: "tid" },
      keys: { jwks_uri: "https://tenants.example/jwks" },
    },
    shared: {
      issuer: "shared",
      audiences: ["a"],
      algorithms: ["HS256"],
      keys: { secret_files: [{ file: "secret", kid: "s", encoding: "hex" }] },
    },
  },
  defaults: { accept: ["acme"], audiences: ["b"], required_scopes: ["c"] },
  routes: {
    read: { accept: ["acme", "partner"], audiences: ["x"], required_scopes: ["read"] },
    open: { access: "public" },
    maybe: { access: "optional" },
    paths: {
      operations: [
        { methods: ["GET"], path: "/", access: "optional" },
        { methods: ["POST", "PUT"], path: "/a/{id}", required_scopes: [] },
      ],
    },
  },
  token: { max_bytes: 4096 },
  header_mappings: { "x-user-id": "sub", "x-roles": "/realm_access/roles" },
};

const MISTAKES = `jwt_policy: 1
name: mistakes
extends: other.yaml
issuers:
  a: {issuer: "http://a.example", audiences: [a], clock_skew: 301s, algorithms: [HS256, RS256]}
  b: {issuer: "https://b.example/{x}", audiences: [a], keys: {jwks: {keys: [{kty: RSA, d: AQ}]}}}
  c: {issuer: "https://b.example/{y}/{z}", tenants: ["*", a], audiences: [a], keys: {secret_files: [{file: f}]}}
  d: {issuer: "http://a.example", audiences: [a], tenants: [a], keys: {discovery: true}}
routes:
  r: {accept: [nobody], operations: [{methods: [GET], path: "/a/{"}, {methods: [GET], path: "/{a}/x"}, {methods: [HEAD], path: "/x/{b}"}]}
  p: {access: public, required_scopes: [x]}
  q: {operations: [{methods: [GET], path: "//"}, {methods: [GET], path: "/%2f", access: public}]}
header_mappings: {x-user-id: sub}
`;

export const POLICY_SEEDS: readonly string[] = [
  JSON.stringify(EVERYTHING),
  MISTAKES,
  ...readdirSync("policies")
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => readFileSync(`policies/${name}`, "utf8")),
];
