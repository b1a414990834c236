import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Neighbours, neighboursHere } from "../gateways/neighbours.ts";
import { generateSigningKey, mintToken, type SigningKey } from "../tokens.ts";
import { type ConformanceCase, GOOD, type KeyName, type TokenRecipe } from "./cases/case.ts";
import { CLAIM_ROUTES, createClaimPolicies } from "./policies/claim-policies.ts";
import { createSourcePolicies, SOURCE_ROUTES } from "./policies/source-policies.ts";

/** Everything around a gateway: policies, kong.yml, keys, provider and upstream. */
export interface World {
  readonly configText: string;
  readonly policyRoot: string;
  /** The value of the Authorization header for a case; undefined if the case has no such header. */
  authorizationOf(testCase: ConformanceCase): Promise<string | undefined>;
  /** A case whose texts contain its token. */
  fillIn(testCase: ConformanceCase): ConformanceCase;
  /** The provider's token for the API with this identifier. */
  tokenFor(resource: string, scope: string): Promise<string>;
  /**
   * The headers of a request at the upstream, by the request's `x-case`; undefined if the request did not reach the
   * upstream.
   */
  upstreamHeaders(caseId: string): Promise<IncomingHttpHeaders | undefined>;
  /** Path and query of the request at the upstream. */
  upstreamUrl(caseId: string): Promise<string | undefined>;
  stop(): Promise<void>;
}

const MAIN = "https://idp.example";
const PARTNER = "https://partner.example";
const AUDIENCE = "https://api.example";
/** The API with its own description, and the address of the description. */
const RESOURCE = "https://api.example.com/payments";
const METADATA_PATH = "/.well-known/oauth-protected-resource/payments";
/** Port 9, discard: nothing listens there. */
const NOBODY_THERE = "http://127.0.0.1:9";

/** @param hasGrpc whether the gateway serves gRPC. The sandbox refuses a configuration with gRPC. */
export async function createWorld(neighbours: Neighbours = neighboursHere(), hasGrpc = true): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), "jwt-policy-world-"));
  const policyRoot = join(directory, "policies");
  await mkdir(policyRoot);
  const keys = createKeys();
  const provider = await neighbours.start("provider");
  const upstream = await neighbours.start("upstream");
  const grpcUpstream = await neighbours.start("grpcUpstream");
  const policies = createPolicies(keys, provider.issuer);
  for (const [name, policy] of Object.entries(policies)) {
    await writeFile(join(policyRoot, `${name}.yaml`), typeof policy === "string" ? policy : stringify(policy));
  }
  for (const [realm, { publicJwk }] of Object.entries({ main: keys.es256, partner: keys.partner })) {
    const keySet = { keys: [{ ...publicJwk, kid: "realm" }] };
    await writeFile(join(policyRoot, `keys-of-${realm}.jwks`), JSON.stringify(keySet));
  }
  await writeFile(join(directory, "outside.yaml"), stringify(policies.api));
  return {
    configText: stringify(
      createKongConfig(upstream.port, hasGrpc ? grpcUpstream.port : undefined, JSON.stringify(policies.inline)),
    ),
    policyRoot,
    async authorizationOf({ token }) {
      if (token === undefined || typeof token === "string") {
        return token;
      }
      return `Bearer ${"provider" in token ? await provider.mintToken(token.provider) : makeToken(keys, token)}`;
    },
    fillIn: (testCase) => fillIn(testCase, makeToken(keys, testCase.carried ?? GOOD)),
    tokenFor: async (resource, scope) =>
      provider.mintToken({ client: "checkout-web", resource: resource === RESOURCE ? "payments" : "ledger", scope }),
    upstreamHeaders: async (caseId) => (await upstream.headersOf(caseId)) ?? grpcUpstream.headersOf(caseId),
    upstreamUrl: async (caseId) => upstream.urlOf(caseId),
    async stop() {
      await neighbours.stop();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function fillIn(testCase: ConformanceCase, token: string): ConformanceCase {
  const fill = (text: string): string => text.replaceAll("{token}", token);
  const { path, headers = [], upstream = {} } = testCase;
  return {
    ...testCase,
    path: fill(path),
    headers: headers.map(fill),
    upstream: Object.fromEntries(
      Object.entries(upstream).map(([name, value]) => [name, value === null ? null : fill(value)]),
    ),
  };
}

function createKeys(): Readonly<Record<KeyName, SigningKey>> {
  return {
    rs256: generateSigningKey("RS256", "main-rs256"),
    ps256: generateSigningKey("PS256", "main-ps256"),
    es256: generateSigningKey("ES256", "main-es256"),
    eddsa: generateSigningKey("EdDSA", "main-eddsa"),
    ed25519: generateSigningKey("Ed25519", "main-ed25519"),
    partner: generateSigningKey("ES256", "partner-es256"),
    stranger: generateSigningKey("RS256", "main-rs256"),
  };
}

function createPolicies(keys: Readonly<Record<KeyName, SigningKey>>, provider: string) {
  const { alg: _, ...withoutAlg } = keys.rs256.publicJwk;
  const main = {
    issuer: MAIN,
    audiences: [AUDIENCE],
    algorithms: ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"],
    clock_skew: "60s",
    required_claims: ["sub"],
    keys: {
      jwks: {
        keys: [
          ...[keys.rs256, keys.ps256, keys.eddsa, keys.ed25519].map(({ publicJwk }) => publicJwk),
          { ...keys.es256.publicJwk, key_ops: ["sign", "verify"] },
          { ...withoutAlg, kid: "main-without-alg" },
        ],
      },
    },
  };
  const partner = {
    issuer: PARTNER,
    audiences: [AUDIENCE],
    max_token_age: "1d",
    algorithms: ["ES256"],
    claims: { scopes: "/permissions/granted" },
    keys: { jwks: { keys: [keys.partner.publicJwk] } },
  };
  const { kid: _old, ...oldKey } = keys.es256.publicJwk;
  const { kid: _new, ...newKey } = keys.partner.publicJwk;
  const rolling = {
    issuer: MAIN,
    audiences: [AUDIENCE],
    algorithms: ["ES256"],
    keys: {
      jwks: {
        keys: [
          { ...oldKey, x5t: "old" },
          { ...newKey, x5t: "new" },
        ],
      },
    },
  };
  const simple = (name: string, issuer: object, routes: object) => ({
    jwt_policy: 1,
    name,
    issuers: { main: issuer },
    routes,
    header_mappings: { "x-user-id": "sub" },
  });
  const fromProvider = (name: string, issuer: object) =>
    simple(name, { issuer: provider, ...issuer }, { all: { required_scopes: [] } });
  const payments = { audiences: ["https://api.example.com/payments"], algorithms: ["RS256"] };
  return {
    api: {
      jwt_policy: 1,
      name: "api",
      issuers: { main, partner },
      defaults: { accept: ["main"] },
      routes: {
        read: { required_scopes: ["things:read"] },
        write: { required_scopes: ["things:read", "things:write"] },
        "other-audience": { audiences: ["https://other.example"] },
        partner: { accept: ["partner"], required_scopes: ["partner:read"] },
        optional: { access: "optional" },
        public: { access: "public" },
        calls: {
          operations: [
            { methods: ["POST"], path: "/things.Things/Get", required_scopes: ["things:read"] },
            { methods: ["POST"], path: "/things.Things/Put", required_scopes: ["things:write"] },
          ],
        },
        refunds: {
          operations: [
            { methods: ["GET"], path: "/refunds/{id}", required_scopes: ["refunds:read"] },
            { methods: ["POST"], path: "/refunds", required_scopes: ["refunds:write"] },
          ],
        },
      },
      token: { max_bytes: 4096 },
      header_mappings: {
        "x-user-id": "sub",
        "x-tenant": "tenant",
        "x-roles": "/realm_access/roles",
        "x-scope": "scope",
      },
    },
    requirements: {
      jwt_policy: 1,
      name: "requirements",
      issuers: { main: { ...main, claims: { roles: "/realm_access/roles" } }, partner },
      defaults: { accept: ["main"] },
      routes: {
        roles: { required_roles: { any_of: ["admin", "owner"], none_of: ["suspended"] } },
        ways: {
          any_of: [
            { required_scopes: ["things:write"] },
            { accept: ["partner"], required_claims: { tenant: { equals: "acme" } } },
          ],
        },
        own: {
          operations: [{ methods: ["GET"], path: "/own/{user}", required_claims: { sub: { equals_path: "user" } } }],
        },
        legacy: { allow_http: true },
        tenant: { required_claims: { tenant: { equals_header: "x-tenant" } } },
        browser: { cors_preflight: "pass", operations: [{ methods: ["PUT"], path: "/browser/{id}" }] },
        stepup: { authentication: { acr_values: ["gold"], max_age: "15m" } },
      },
      token: { forward: false },
      header_mappings: {
        "x-name": { from: "name", encoding: "percent", fallback: "nobody" },
        "x-role": { from: "/realm_access/roles", list: "repeat" },
        "x-claims": { from: "realm_access", encoding: "json" },
        "x-source": { constant: "jwt-policy" },
      },
    },
    report: {
      ...simple("report", main, {
        watched: { required_scopes: ["things:read"] },
        "watched-paths": { operations: [{ methods: ["GET"], path: "/watched-paths/{id}" }] },
        "watched-some": {
          operations: [
            { methods: ["GET"], path: "/watched-some/other" },
            { methods: ["GET"], path: "/watched-some/secret", mode: "enforce" },
          ],
        },
        enforced: { mode: "enforce" },
      }),
      defaults: { mode: "report" },
    },
    ...createSourcePolicies(main, partner),
    ...createClaimPolicies(main),
    consumers: {
      ...simple("consumers", main, {
        "consumer-required": {},
        "consumer-optional": { access: "optional" },
        "consumer-public": { access: "public" },
        "consumer-partner": { accept: ["partner"] },
        "other-skip": { other_authentication: "skip" },
        "other-require": { other_authentication: "require" },
      }),
      issuers: { main, partner },
      defaults: { accept: ["main"] },
      identity: {
        issuers: ["main"],
        consumer: { claim: "azp" },
        credential: "sub",
        groups: "/realm_access/roles",
      },
    },
    "consumers-by-id": {
      ...simple("consumers-by-id", main, { all: {} }),
      identity: { consumer: { claim: "azp", by: "id", unknown: "ignore" } },
    },
    credentials: { ...simple("credentials", main, { all: {} }), identity: { credential: "sub" } },
    kinds: {
      ...simple(
        "kinds",
        { ...main, required_claims: { sub: {}, token_use: { equals: "access" } } },
        {
          kind: { required_claims: { tenant: {} } },
          "kind-ways": { any_of: [{ required_scopes: ["things:read"] }, { required_roles: ["admin"] }] },
          "kind-optional": { access: "optional" },
          "kind-operations": {
            operations: [{ methods: ["GET"], path: "/kind-operations", required_claims: { tenant: {} } }],
          },
          "kind-report": { mode: "report" },
        },
      ),
      header_mappings: { "x-forwarded-user": "sub" },
    },
    rolling: simple("rolling", rolling, { all: {} }),
    "rolling-strict": simple("rolling-strict", { ...rolling, tokens_without_kid: "only_key" }, { all: {} }),
    realms: simple(
      "realms",
      {
        issuer: "https://{realm}.idp.example",
        tenants: ["main", "partner"],
        audiences: [AUDIENCE],
        algorithms: ["ES256"],
        keys: { jwks_files: ["keys-of-{realm}.jwks"] },
      },
      { all: {} },
    ),
    "by-name": simple("by-name", main, { named: {}, tagged: { required_scopes: ["tagged:read"] } }),
    inline: simple("inline", main, { inline: { required_scopes: ["things:read"] } }),
    discovery: fromProvider("discovery", payments),
    "discovery-es256": fromProvider("discovery-es256", {
      audiences: ["https://api.example.com/platform"],
      algorithms: ["ES256"],
    }),
    "jwks-uri": fromProvider("jwks-uri", { ...payments, keys: { jwks_uri: `${provider}/jwks` } }),
    "keys-down": simple("keys-down", { ...main, keys: { jwks_uri: NOBODY_THERE } }, { all: {} }),
    answers: {
      ...simple("answers", main, {
        answers: { operations: [{ methods: ["GET"], path: "/answers", required_scopes: ["things:write"] }] },
      }),
      answers: {
        problem_types: "https://docs.example.com/errors/",
        reasons: {
          no_matching_rule: { status: 404, text: "Not found" },
          token_missing: { text: "Bitte zuerst \u201eanmelden\u201c" },
          invalid_token: { status: 400, text: 'Not "good"' },
          token_expired: { text: "Sign in again" },
          scope_insufficient: { status: 404, text: "Not found" },
        },
      },
    },
    problem: { ...simple("problem", main, { problem: {} }), answers: { format: "problem" } },
    paths: simple("paths", main, {
      paths: {
        required_scopes: ["things:read"],
        operations: [
          { methods: ["GET"], path: "/paths/users/{id}" },
          { methods: ["GET"], path: "/paths/users/me", required_scopes: ["things:write"] },
          { methods: ["GET"], path: "/paths/users/{id}:cancel", required_scopes: ["things:write"] },
          { methods: ["GET"], path: "/paths/files/{rest...}" },
          { methods: ["GET"], path: "/paths/files/private/{rest...}", required_scopes: ["things:write"] },
          { methods: ["GET"], path: "/paths/own/{user}.json", required_claims: { sub: { equals_path: "user" } } },
        ],
      },
    }),
    "named-scopes": {
      ...simple("named-scopes", main, { "named-scopes": { required_scopes: ["things:read", "things:write"] } }),
      answers: { name_scopes: true },
    },
    mcp: {
      ...fromProvider("mcp", payments),
      routes: { mcp: { required_scopes: ["payments:read"] }, "mcp-ways": { any_of: [{}, {}] } },
      protected_resource: { resource: RESOURCE, resource_name: "Payments" },
    },
    broken: "jwt_policy: 1\nname: broken\nissuers: {}\nrouts: {}\n",
  };
}

/** The second Consumer's name is the first Consumer's id. A look-up by this name must not find the first Consumer. */
export const CONSUMERS = [
  { id: "8a1f33c2-9f6e-4c55-9d0a-2f0f3a7e6b11", username: "billing-app", custom_id: "c-17" },
  { id: "5e0d7f9a-47a3-4a52-8a3f-6a0c9c0f2d22", username: "8a1f33c2-9f6e-4c55-9d0a-2f0f3a7e6b11" },
] as const;

function createKongConfig(upstream: number, grpcUpstream: number | undefined, inlinePolicy: string): object {
  const route = (name: string, config: object, more: object = {}) => ({
    name,
    paths: [`/${name}`],
    plugins: [{ name: "jwt-policy", config }],
    ...more,
  });
  const api = (name: string, rule = name) => route(name, { policy_file: "api.yaml", rule });
  return {
    _format_version: "3.0",
    consumers: CONSUMERS,
    services: [
      {
        name: "things",
        url: `http://127.0.0.1:${upstream}`,
        routes: [
          ...["read", "write", "other-audience", "partner", "optional", "public"].map((name) => api(name)),
          route("refunds", { policy_file: "api.yaml", rule: "refunds" }, { strip_path: false }),
          api("ghost", "does-not-exist"),
          ...["roles", "ways", "own", "stepup", "tenant", "browser", "legacy"].map((name) =>
            route(name, { policy_file: "requirements.yaml", rule: name }, { strip_path: false }),
          ),
          ...["watched", "unwatched", "enforced", "watched-paths", "watched-some"].map((name) =>
            route(name, { policy_file: "report.yaml" }, { strip_path: false }),
          ),
          ...SOURCE_ROUTES.map(([name, policy]) =>
            route(name, { policy_file: `${policy}.yaml`, rule: name }, { protocols: ["http", "https"] }),
          ),
          ...CLAIM_ROUTES.map(([name, policy]) => route(name, { policy_file: `${policy}.yaml`, rule: name })),
          ...["answers", "problem", "named-scopes", "paths"].map((name) =>
            route(name, { policy_file: `${name}.yaml`, rule: name }, { strip_path: false }),
          ),
          route("mcp", { policy_file: "mcp.yaml", rule: "mcp" }, { paths: ["/mcp", METADATA_PATH], strip_path: false }),
          route("mcp-ways", { policy_file: "mcp.yaml", rule: "mcp-ways" }),
          ...["kind", "kind-ways", "kind-optional", "kind-operations", "kind-report"].map((name) =>
            // Kong treats a field with an explicit null like a missing field.
            route(
              name,
              { policy_file: "kinds.yaml", policy: null, rule: name },
              { strip_path: false, tags: null, methods: null },
            ),
          ),
          ...["broken", "missing"].map((name) => route(name, { policy_file: `${name}.yaml`, rule: "all" })),
          route("outside", { policy_file: "../outside.yaml", rule: "read" }),
          route("inline", { policy: inlinePolicy }),
          ...["discovery", "discovery-es256", "jwks-uri", "keys-down", "rolling", "rolling-strict", "realms"].map(
            (name) => route(name, { policy_file: `${name}.yaml`, rule: "all" }),
          ),
          ...[
            ...["consumer-required", "consumer-optional", "consumer-public", "consumer-partner", "other-skip"],
            "other-require",
          ].map((name) => route(name, { policy_file: "consumers.yaml", rule: name })),
          ...["consumers-by-id", "credentials"].map((name) =>
            route(name, { policy_file: `${name}.yaml`, rule: "all" }),
          ),
          { name: "named", paths: ["/named"] },
          { name: "generated-7f3a", paths: ["/tagged"], tags: ["team-a", "jwt-policy-rule:tagged"] },
          { name: "unnamed", paths: ["/unnamed"] },
          { ...api("secure", "read"), protocols: ["https"] },
        ],
      },
      ...(grpcUpstream === undefined ? [] : [grpcService(grpcUpstream)]),
    ],
    plugins: [{ name: "jwt-policy", config: { policy_file: "by-name.yaml" } }],
  };
}

/** The Service for gRPC and its Routes. */
function grpcService(upstream: number): object {
  const call = (name: string, policyFile: string, rule: string) => ({
    name: `grpc-${name}`,
    paths: [`/${name}.Things`],
    protocols: ["grpc", "grpcs"],
    plugins: [{ name: "jwt-policy", config: { policy_file: policyFile, rule } }],
  });
  return {
    name: "calls",
    url: `grpc://127.0.0.1:${upstream}`,
    routes: [
      call("things", "api.yaml", "calls"),
      call("public", "api.yaml", "public"),
      call("watched", "report.yaml", "watched"),
      call("optional", "api.yaml", "optional"),
      call("any", "sources.yaml", "any"),
      call("ghost", "api.yaml", "does-not-exist"),
      call("keys-down", "keys-down.yaml", "all"),
      { ...call("secure", "api.yaml", "read"), protocols: ["grpcs"] },
      // A Route for HTTP leads to a Service for gRPC as well.
      { ...call("mixed", "api.yaml", "read"), protocols: ["http", "https"], strip_path: false },
    ],
  };
}

function makeToken(keys: Readonly<Record<KeyName, SigningKey>>, recipe: TokenRecipe): string {
  const { key = "rs256", header = {}, claims = {}, expiresIn = 3600, notBeforeIn, damage } = recipe;
  const now = Math.floor(Date.now() / 1000);
  const partner = { iss: PARTNER, permissions: { granted: ["partner:read"] }, scope: undefined };
  const token = mintToken({
    key: keys[key],
    header,
    claims: {
      iss: MAIN,
      aud: AUDIENCE,
      sub: "user-1",
      tenant: "acme",
      scope: "things:read",
      realm_access: { roles: ["admin", "auditor"] },
      iat: now - 600,
      exp: now + expiresIn,
      ...(notBeforeIn === undefined ? {} : { nbf: now + notBeforeIn }),
      ...(key === "partner" ? partner : {}),
      ...claims,
    },
  });
  return damage === undefined ? token : DAMAGES[damage](token);
}

const flipCharacter = (text: string, index: number): string =>
  text.slice(0, index) + (text[index] === "A" ? "B" : "A") + text.slice(index + 1);

const DAMAGES: Readonly<Record<NonNullable<TokenRecipe["damage"]>, (token: string) => string>> = {
  signature: (token) => flipCharacter(token, token.lastIndexOf(".") + 5),
  payload(token) {
    const [header, payload = "", signature] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: "admin" })).toString("base64url");
    return [header, changed, signature].join(".");
  },
  no_signature: (token) => token.slice(0, token.lastIndexOf(".") + 1),
  padding: (token) => `${token}=`,
  encrypted_shape: (token) => `${token}.AAAA.AAAA`,
};
