import { createPrivateKey, createPublicKey } from "node:crypto";
import { mintToken, type SigningKey } from "../tokens.ts";

/** The plugin servers' clock, in seconds since the epoch: 2026-01-01. */
export const RECORDED_AT = 1_767_225_600;

const ISSUER = "https://idp.example";
const AUDIENCE = "https://api.example";

/** The public key pair of RFC 8037 appendix A.1. Its signatures are the same every time. */
const key: SigningKey = (() => {
  const jwk = {
    kty: "OKP",
    crv: "Ed25519",
    d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
  };
  const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
  const publicKey = createPublicKey(privateKey).export({ format: "jwk" });
  const kid = "rfc8037-a1";
  return { kid, alg: "EdDSA", privateKey, publicJwk: { ...publicKey, kid, alg: "EdDSA", use: "sig" } };
})();

function mint(claims: Record<string, unknown> = {}): string {
  const times = { iat: RECORDED_AT - 60, exp: RECORDED_AT + 600 };
  return mintToken({
    key,
    claims: { iss: ISSUER, aud: AUDIENCE, sub: "user-1", scope: "orders:read", ...times, ...claims },
  });
}

export const TOKEN = mint();
/** The length is close to the default limit of a policy, which is 7,168 bytes. */
export const LARGE_TOKEN = mint({ filler: "0123456789".repeat(500) });

const issuers = {
  main: { issuer: ISSUER, audiences: [AUDIENCE], algorithms: ["EdDSA"], keys: { jwks: { keys: [key.publicJwk] } } },
};

/** Policy documents, by file name. */
export const POLICIES: Readonly<Record<string, object>> = {
  "orders.yaml": {
    jwt_policy: 1,
    name: "orders",
    issuers,
    routes: {
      read: { required_scopes: ["orders:read"] },
      write: { operations: [{ methods: ["POST"], path: "/orders", required_scopes: ["orders:write"] }] },
    },
    header_mappings: { "x-user-id": "sub", "x-tenant": "tenant", "x-scope": "scope" },
  },
  "by-route.yaml": { jwt_policy: 1, name: "by-route", issuers, routes: { catalogue: {} } },
};

/** @param paths the paths of the route with its own plugin. */
export function createKongConfig(upstream: string, paths: readonly string[] = ["/orders"]) {
  const withPlugin = (config: object) => ({ plugins: [{ name: "jwt-policy", config }] });
  return {
    _format_version: "3.0",
    services: [
      {
        name: "shop",
        url: upstream,
        routes: [
          { name: "orders", paths, ...withPlugin({ policy_file: "orders.yaml", rule: "read" }) },
          {
            name: "catalogue",
            paths: ["/catalogue", "/items"],
            methods: ["GET", "POST"],
            hosts: ["api.example"],
            strip_path: false,
            tags: ["team-a", "public"],
          },
          // Kong invents an id for a route without a name. The id differs at each start.
          { id: "5f9c1a52-3c1e-4d57-9a53-1d2f3b4c5d6e", paths: ["/nameless"] },
        ],
      },
      {
        name: "billing",
        url: upstream,
        routes: [{ name: "invoices", paths: ["/invoices"] }],
        ...withPlugin({ policy_file: "orders.yaml", rule: "ghost" }),
      },
    ],
    plugins: [{ name: "jwt-policy", instance_name: "everywhere", config: { policy_file: "by-route.yaml" } }],
  };
}

/** One request and the purpose of the request. */
export interface Scenario {
  readonly name: string;
  /**
   * Which plugin server is running. The second server took the place of the first server. It knows none of the first
   * server's instances, and does not use the facts variable.
   */
  readonly server: "first" | "second";
  /** Whether Kong's configuration is loaded again before the request. If so, the instances must be replaced. */
  readonly afterReload: boolean;
  /** The bytes of the request as sent, with one character per byte. */
  readonly request: string;
  readonly status: number;
}

function get(target: string, ...headers: string[]): string {
  return [`GET ${target} HTTP/1.1`, "Host: api.example", "Connection: close", ...headers, "", ""].join("\r\n");
}

const authorization = `Authorization: Bearer ${TOKEN}`;

const scenario = (status: number, request: string, name: string, afterReload = false) => ({
  ...{ status, name, request, afterReload },
});
const onFirst = [
  scenario(
    200,
    get("/orders?page=2", authorization, "X-User-Id: admin", "x_tenant: other"),
    "route plugin: start instance, event, facts variable, allow that sets and removes headers",
  ),
  scenario(401, get("/orders"), "route plugin: event, no token, deny with a warning and exit"),
  scenario(
    400,
    get("/orders?q=caf%E9", authorization, "Connection: caf\xe9 \xff\xfe"),
    "route plugin: event, facts variable that is not UTF-8, deny",
  ),
  scenario(
    503,
    get("/invoices", authorization),
    "service plugin: start instance, event, rule that does not exist, deny with an error and exit",
  ),
  scenario(
    200,
    get("/items/1", authorization),
    "global plugin: start instance, event, route with all its fields, allow without headers",
  ),
  scenario(403, get("/nameless", authorization), "global plugin: event, route without a name, deny"),
];
const MANY_HEADERS = [
  "X-Tag: one",
  "x-tag: two, three",
  "X-TAG:",
  "X-User-Id: admin",
  "X_User_Id: root",
  "x-MiXeD-cAsE: Kept As Sent",
  "X-Empty:",
  "X-Bytes: caf\xe9 \xff\xfe",
  "X-Utf8: caf\xc3\xa9 \xf0\x9f\x94\x91",
  "X-Cookie: a=1; b=2",
];
const onSecond = [
  scenario(
    200,
    get("/orders?page=2", authorization),
    "route plugin: event for an instance that the new plugin server does not know, started anew, event again",
  ),
  scenario(
    200,
    get("/orders", `AUTHORIZATION: Bearer ${LARGE_TOKEN}`, ...MANY_HEADERS),
    "route plugin: event, headers that repeat, differ by underscore or case, are long, empty or not UTF-8, allow",
  ),
  scenario(
    401,
    get("/catalogue", "Authorization: Bearer no-token"),
    "global plugin: start instance, event, route and headers, deny with a challenge",
  ),
  scenario(200, get("/reloaded", authorization), "route plugin: start instance, close the old one, event, allow", true),
];

/** The scenarios have this order, because instances stay from one scenario to the next. */
export const SCENARIOS: readonly Scenario[] = [
  ...onFirst.map((each) => ({ ...each, server: "first" as const })),
  ...onSecond.map((each) => ({ ...each, server: "second" as const })),
];
