import type { Expected, Line } from "./oracle.ts";

/** Credentials of a request; `scoped` has a scope more than `good`. */
export type Credential = "none" | "good" | "scoped" | "bad" | "malformed";

/** One way to the upstream: a route with its rule, and the credential of the client. */
export interface AccessMode {
  readonly title: string;
  /** First segment of the path, and name of the Kong Route. */
  readonly route: string;
  /** The part of the path after the route's name. */
  readonly path?: string;
  readonly method?: string;
  readonly credential: Credential;
  readonly headers?: readonly Line[];
  /** The identity that the upstream gets. `refused` means that no request may reach the upstream. */
  readonly identity: "user" | "nobody" | "refused";
  /** Where the request has its credential; by default in Authorization. */
  readonly place?: typeof SOURCE | "cookie" | "query";
  /** Whether the upstream gets the unchanged credential. If not, it gets only the token, in another header. */
  readonly forwards?: boolean | typeof FORWARD;
  /** Whether the rule refuses nothing. */
  readonly isReport?: boolean;
  /** Whether the policy of the mode maps no headers, so that a client cannot fake one. */
  readonly isPlain?: boolean;
  /** Whether the mode also gets requests over gRPC. */
  readonly grpc?: boolean;
}

/** Header fields of the client that a rule compares with a claim. */
export const COMPARED = "x-tenant";

/** Two headers: a token source, and the header in which a policy forwards the token. */
export const SOURCE = "x-access-token";
const FORWARD = "x-upstream-token";

const CORS: readonly Line[] = [
  ["origin", "https://app.example"],
  ["access-control-request-method", "GET"],
];
const TENANT: readonly Line[] = [[COMPARED, "acme"]];
/** Asked for with cookies, where the connection is upgraded. */
const SAME_SITE: readonly Line[] = [["origin", "https://app.example"]];
type Flag = "forwards" | "isReport" | "isPlain" | "grpc";

/** @param more additional flags, and fields with other values. */
function mode(
  title: string,
  route: string,
  credential: Credential,
  identity: AccessMode["identity"],
  ...more: readonly (Flag | Partial<AccessMode>)[]
): AccessMode {
  const set = more.map((field) => (typeof field === "string" ? { [field]: true } : field));
  return Object.assign({ title, route, credential, identity }, ...set);
}

const inSource = { place: SOURCE } as const;
const moved = { forwards: FORWARD } as const;
const preflight = { method: "OPTIONS", headers: CORS };

export const ACCESS_MODES: readonly AccessMode[] = [
  mode("required, good token", "required", "good", "user", "forwards", "grpc"),
  mode("required, bad token", "required", "bad", "refused", "grpc"),
  mode("required, no token", "required", "none", "refused", "grpc"),
  mode("required, scope lacking", "scoped", "good", "refused"),
  mode("optional, good token", "optional", "good", "user", "forwards", "grpc"),
  mode("optional, no token", "optional", "none", "nobody", "grpc"),
  mode("optional, bad token", "optional", "bad", "refused", "grpc"),
  mode("optional, no token at all", "optional", "malformed", "refused"),
  mode("public, good token", "public", "good", "nobody", "forwards"),
  mode("public, bad token", "public", "bad", "nobody", "forwards"),
  mode("public, no token", "public", "none", "nobody", "grpc"),
  ...["/..%2fscoped", "/..;/scoped", "/%252e%252e/scoped", "/a#b"].flatMap((path) => [
    mode(`public, out of the Kong Route by ${path}`, "public", "none", "refused", { path }),
    mode(`report, out of the Kong Route by ${path}`, "report", "bad", "refused", { path }),
  ]),
  mode("report, no token", "report", "none", "nobody", "isReport", "grpc"),
  mode("report, bad token", "report", "bad", "nobody", "forwards", "isReport", "grpc"),
  mode("report, scope lacking", "report", "good", "user", "forwards", "isReport", "grpc"),
  mode("report, good token", "report", "scoped", "user", "forwards", "isReport"),
  mode("CORS preflight", "preflight", "none", "nobody", preflight),
  mode("CORS preflight to a rule that judges it", "required", "none", "refused", preflight),
  mode("public operation", "operations", "none", "nobody", { path: "/open" }),
  mode("public operation, good token", "operations", "good", "nobody", "forwards", { path: "/open" }),
  mode("operation beside a public one, good token", "operations", "good", "user", "forwards", { path: "/closed" }),
  mode("operation beside a public one, no token", "operations", "none", "refused", { path: "/closed" }),
  mode("bound by the Route's name, good token", "by-name", "good", "user", "forwards"),
  mode("bound by the Route's name, no token", "by-name", "none", "refused"),
  mode("no rule of the Route's name, in report mode", "unmatched", "good", "nobody", "forwards", "isReport"),
  mode("inline policy, good token", "inline", "good", "user", "forwards"),
  mode("inline policy, no token, public", "inline-public", "none", "nobody"),
  mode("no forwarding, good token", "withheld", "good", "user", "grpc"),
  mode("no forwarding, report, bad token", "withheld-report", "bad", "nobody", "isReport"),
  mode("no mappings, good token", "plain", "good", "user", "forwards", "isPlain"),
  mode("no mappings, bad token", "plain", "bad", "refused", "isPlain"),
  mode("a header compared with a claim", "compared", "good", "user", "forwards", "grpc", { headers: TENANT }),
  mode("a header that is compared with a claim, but is missing", "compared", "good", "refused"),
  mode("token moved from Authorization", "moved", "good", "user", moved, "grpc"),
  mode("token moved from a header", "moved", "good", "user", moved, inSource),
  mode("token moved from a cookie", "moved", "good", "user", moved, { place: "cookie", headers: SAME_SITE }),
  mode("token moved from the query", "moved", "good", "user", moved, { place: "query" }),
  ...["access.token", "access_token[]", "ACCESS_TOKEN"].map((name) =>
    mode(`token moved from a header, and another as ${name}`, "moved", "good", "refused", inSource, {
      path: `/?${name}=evil`,
    }),
  ),
  mode("token elsewhere, bad", "moved", "bad", "refused", inSource),
  mode("token elsewhere, optional, none", "moved-optional", "none", "nobody"),
  mode("token elsewhere, public", "moved-public", "good", "nobody", inSource),
  mode("token elsewhere, report, bad", "moved-report", "bad", "nobody", inSource, "isReport"),
  mode("kept Authorization, good token elsewhere", "kept", "good", "user", inSource),
  mode("kept Authorization with the only token", "kept", "good", "refused"),
  mode("kept Authorization with the only token, optional", "kept-optional", "good", "nobody", "forwards"),
  mode("kept Authorization with the only token, report", "kept-report", "good", "nobody", "forwards", "isReport"),
  mode("Kong Consumer, good token", "consumer", "good", "user", "forwards", "grpc"),
  mode("Kong Consumer, bad token", "consumer", "bad", "refused"),
  mode("Kong Consumer, optional, no token", "consumer-optional", "none", "nobody"),
  mode("Kong Consumer, public, good token", "consumer-public", "good", "nobody", "forwards"),
  mode("Kong Consumer, report, bad token", "consumer-report", "bad", "nobody", "forwards", "isReport"),
  mode("Kong Consumer, report, scope lacking", "consumer-report", "good", "user", "forwards", "isReport"),
];

/** The expected value of each mapped header for the token's user. world.ts has the mappings and the claims. */
const USER: Expected = {
  userid: ["user-1"],
  "x-user": ["user-1"],
  "x-user-id": ["user-1"],
  "x-user-tenant-name": ["acme"],
  // Headers of this kind that Kong itself writes are not in the list.
  "x-forwarded-user": ["user-1"],
  "x-forwarded-preferred-username": ["acme"],
  "x-user-role-of-day": ["admin", "auditor"],
  "x-groups": ["a;b"],
  "x-source": ["jwt-policy"],
  "x-team": ["none"],
  "x-absent": [],
};

/** The Consumer that the token names. */
export const CONSUMER = {
  id: "0b8f6a1e-5a5a-4c7e-9a53-1d2c3b4a5f60",
  username: "user-1",
  customId: "custom-1",
} as const;

/** The same for the headers in which Kong sends Consumers to upstreams. */
const KONG_USER: Expected = {
  "x-consumer-id": [CONSUMER.id],
  "x-consumer-username": [CONSUMER.username],
  "x-consumer-custom-id": [CONSUMER.customId],
  "x-credential-identifier": ["user-1"],
  "x-anonymous-consumer": [],
  "x-consumer-groups": [],
  "x-authenticated-groups": [],
};

/**
 * @param token the token of the mode's user. @returns the values that must be under every name that the mode's policy
 * sets.
 */
export function expectIdentity(
  { route, isPlain }: AccessMode,
  identity: AccessMode["identity"],
  token: string,
): Expected {
  const all: Expected = {
    ...(isPlain ? {} : { ...USER, "x-claims": [token.split(".")[1] ?? ""] }),
    ...(route.startsWith("consumer") ? KONG_USER : {}),
    ...(route.startsWith("moved") ? { [FORWARD]: [token] } : {}),
  };
  return identity === "user" ? all : Object.fromEntries(Object.keys(all).map((name) => [name, []]));
}
