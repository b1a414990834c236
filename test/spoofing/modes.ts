import type { Expected, Line } from "./oracle.ts";

/** Credentials of a request; `scoped` has a scope more than `good`. */
export type Credential = "none" | "good" | "scoped" | "bad" | "malformed";

/** One way to the upstream: a route with its rule, and the client's credential. */
export interface AccessMode {
  readonly title: string;
  /** First segment of the path, and name of the Kong Route. */
  readonly route: string;
  /** Behind the route's name. */
  readonly path?: string;
  readonly method?: string;
  readonly credential: Credential;
  readonly headers?: readonly Line[];
  /** The identity that the upstream gets; `refused` if no request may reach it. */
  readonly identity: "user" | "nobody" | "refused";
  /** Where the credential stands; Authorization unless given. */
  readonly place?: typeof SOURCE | "cookie" | "query";
  /** Whether the upstream gets the credential as it was sent, or the token alone in another header. */
  readonly forwards?: boolean | typeof FORWARD;
  /** Whether the rule refuses nothing. */
  readonly isReport?: boolean;
  /** Whether its policy maps no headers, so that there is no header to fake. */
  readonly isPlain?: boolean;
  /** Whether it also gets requests over gRPC. */
  readonly grpc?: boolean;
}

/** Header fields of the client that a rule compares with a claim. */
export const COMPARED = "x-tenant";

/** A header that is a token source, and the one in which a policy forwards the token. */
export const SOURCE = "x-access-token";
const FORWARD = "x-upstream-token";

const CORS: readonly Line[] = [
  ["origin", "https://app.example"],
  ["access-control-request-method", "GET"],
];
const TENANT: readonly Line[] = [[COMPARED, "acme"]];
/** Asked for with cookies, where the connection is upgraded. */
const SAME_SITE: readonly Line[] = [["origin", "https://app.example"]];
const MOVED = { credential: "good", identity: "user", forwards: FORWARD } as const;

export const ACCESS_MODES: readonly AccessMode[] = [
  {
    title: "required, good token",
    route: "required",
    credential: "good",
    identity: "user",
    forwards: true,
    grpc: true,
  },
  { title: "required, bad token", route: "required", credential: "bad", identity: "refused", grpc: true },
  { title: "required, no token", route: "required", credential: "none", identity: "refused", grpc: true },
  { title: "required, scope lacking", route: "scoped", credential: "good", identity: "refused" },
  {
    title: "optional, good token",
    route: "optional",
    credential: "good",
    identity: "user",
    forwards: true,
    grpc: true,
  },
  { title: "optional, no token", route: "optional", credential: "none", identity: "nobody", grpc: true },
  { title: "optional, bad token", route: "optional", credential: "bad", identity: "refused", grpc: true },
  { title: "optional, no token at all", route: "optional", credential: "malformed", identity: "refused" },
  { title: "public, good token", route: "public", credential: "good", identity: "nobody", forwards: true },
  { title: "public, bad token", route: "public", credential: "bad", identity: "nobody", forwards: true },
  { title: "public, no token", route: "public", credential: "none", identity: "nobody", grpc: true },
  ...["/..%2fscoped", "/..;/scoped", "/%252e%252e/scoped", "/a#b"].flatMap((path): AccessMode[] => [
    {
      title: `public, out of the Kong Route by ${path}`,
      route: "public",
      path,
      credential: "none",
      identity: "refused",
    },
    {
      title: `report, out of the Kong Route by ${path}`,
      route: "report",
      path,
      credential: "bad",
      identity: "refused",
    },
  ]),
  { title: "report, no token", route: "report", credential: "none", identity: "nobody", isReport: true, grpc: true },
  {
    title: "report, bad token",
    route: "report",
    credential: "bad",
    identity: "nobody",
    forwards: true,
    isReport: true,
    grpc: true,
  },
  {
    title: "report, scope lacking",
    route: "report",
    credential: "good",
    identity: "user",
    forwards: true,
    isReport: true,
    grpc: true,
  },
  {
    title: "report, good token",
    route: "report",
    credential: "scoped",
    identity: "user",
    forwards: true,
    isReport: true,
  },
  {
    title: "CORS preflight",
    route: "preflight",
    method: "OPTIONS",
    headers: CORS,
    credential: "none",
    identity: "nobody",
  },
  {
    title: "CORS preflight to a rule that judges it",
    route: "required",
    method: "OPTIONS",
    headers: CORS,
    credential: "none",
    identity: "refused",
  },
  { title: "public operation", route: "operations", path: "/open", credential: "none", identity: "nobody" },
  {
    title: "public operation, good token",
    route: "operations",
    path: "/open",
    credential: "good",
    identity: "nobody",
    forwards: true,
  },
  {
    title: "operation beside a public one, good token",
    route: "operations",
    path: "/closed",
    credential: "good",
    identity: "user",
    forwards: true,
  },
  {
    title: "operation beside a public one, no token",
    route: "operations",
    path: "/closed",
    credential: "none",
    identity: "refused",
  },
  {
    title: "bound by the Route's name, good token",
    route: "by-name",
    credential: "good",
    identity: "user",
    forwards: true,
  },
  { title: "bound by the Route's name, no token", route: "by-name", credential: "none", identity: "refused" },
  {
    title: "no rule of the Route's name, in report mode",
    route: "unmatched",
    credential: "good",
    identity: "nobody",
    forwards: true,
    isReport: true,
  },
  { title: "inline policy, good token", route: "inline", credential: "good", identity: "user", forwards: true },
  { title: "inline policy, no token, public", route: "inline-public", credential: "none", identity: "nobody" },
  { title: "no forwarding, good token", route: "withheld", credential: "good", identity: "user", grpc: true },
  {
    title: "no forwarding, report, bad token",
    route: "withheld-report",
    credential: "bad",
    identity: "nobody",
    isReport: true,
  },
  {
    title: "no mappings, good token",
    route: "plain",
    credential: "good",
    identity: "user",
    forwards: true,
    isPlain: true,
  },
  { title: "no mappings, bad token", route: "plain", credential: "bad", identity: "refused", isPlain: true },
  {
    title: "a header compared with a claim",
    route: "compared",
    headers: TENANT,
    credential: "good",
    identity: "user",
    forwards: true,
    grpc: true,
  },
  {
    title: "a header compared with a claim, which is not there",
    route: "compared",
    credential: "good",
    identity: "refused",
  },
  { title: "token moved from Authorization", route: "moved", ...MOVED, grpc: true },
  { title: "token moved from a header", route: "moved", place: SOURCE, ...MOVED },
  { title: "token moved from a cookie", route: "moved", place: "cookie", headers: SAME_SITE, ...MOVED },
  { title: "token moved from the query", route: "moved", place: "query", ...MOVED },
  ...["access.token", "access_token[]", "ACCESS_TOKEN"].map(
    (name): AccessMode => ({
      title: `token moved from a header, and another as ${name}`,
      route: "moved",
      path: `/?${name}=evil`,
      place: SOURCE,
      credential: "good",
      identity: "refused",
    }),
  ),
  { title: "token elsewhere, bad", route: "moved", place: SOURCE, credential: "bad", identity: "refused" },
  { title: "token elsewhere, optional, none", route: "moved-optional", credential: "none", identity: "nobody" },
  { title: "token elsewhere, public", route: "moved-public", place: SOURCE, credential: "good", identity: "nobody" },
  {
    title: "token elsewhere, report, bad",
    route: "moved-report",
    place: SOURCE,
    credential: "bad",
    identity: "nobody",
    isReport: true,
  },
  {
    title: "kept Authorization, good token elsewhere",
    route: "kept",
    place: SOURCE,
    credential: "good",
    identity: "user",
  },
  { title: "kept Authorization with the only token", route: "kept", credential: "good", identity: "refused" },
  {
    title: "kept Authorization with the only token, optional",
    route: "kept-optional",
    credential: "good",
    identity: "nobody",
    forwards: true,
  },
  {
    title: "kept Authorization with the only token, report",
    route: "kept-report",
    credential: "good",
    identity: "nobody",
    forwards: true,
    isReport: true,
  },
  {
    title: "Kong Consumer, good token",
    route: "consumer",
    credential: "good",
    identity: "user",
    forwards: true,
    grpc: true,
  },
  { title: "Kong Consumer, bad token", route: "consumer", credential: "bad", identity: "refused" },
  { title: "Kong Consumer, optional, no token", route: "consumer-optional", credential: "none", identity: "nobody" },
  {
    title: "Kong Consumer, public, good token",
    route: "consumer-public",
    credential: "good",
    identity: "nobody",
    forwards: true,
  },
  {
    title: "Kong Consumer, report, bad token",
    route: "consumer-report",
    credential: "bad",
    identity: "nobody",
    forwards: true,
    isReport: true,
  },
  {
    title: "Kong Consumer, report, scope lacking",
    route: "consumer-report",
    credential: "good",
    identity: "user",
    forwards: true,
    isReport: true,
  },
];

/** Under each mapped name what the token's user comes to; world.ts has mappings and claims. */
const USER: Expected = {
  userid: ["user-1"],
  "x-user": ["user-1"],
  "x-user-id": ["user-1"],
  "x-user-tenant-name": ["acme"],
  // Beside those of this kind that Kong writes.
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

/** The same for headers by which Kong tells upstreams of Consumers. */
const KONG_USER: Expected = {
  "x-consumer-id": [CONSUMER.id],
  "x-consumer-username": [CONSUMER.username],
  "x-consumer-custom-id": [CONSUMER.customId],
  "x-credential-identifier": ["user-1"],
  "x-anonymous-consumer": [],
  "x-consumer-groups": [],
  "x-authenticated-groups": [],
};

/** @param token that the mode's user has. @returns what must stand under every name that the mode's policy sets. */
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
