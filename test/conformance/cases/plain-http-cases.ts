import { type ConformanceCase, GOOD } from "./case.ts";

const NETWORK = { fromNetwork: true } as const;

/** Plain HTTP from a client that is not on the gateway's machine. */
export const PLAIN_HTTP_CASES: readonly ConformanceCase[] = [
  {
    ...NETWORK,
    title: "refuses a good token that comes over the network in plain",
    path: "/read",
    token: GOOD,
    status: 403,
    reason: "insecure_transport",
    message: "HTTPS is required",
  },
  {
    ...NETWORK,
    title: "refuses it before it looks for a token",
    path: "/optional",
    status: 403,
    reason: "insecure_transport",
  },
  {
    ...NETWORK,
    title: "does not believe a client that says of itself that it came over TLS",
    path: "/read",
    headers: ["X-Forwarded-Proto", "https", "X-Real-IP", "127.0.0.1", "X-Forwarded-For", "127.0.0.1"],
    token: GOOD,
    status: 403,
    reason: "insecure_transport",
  },
  {
    ...NETWORK,
    title: "refuses a call over gRPC that comes over the network in plain",
    only: ["grpc"],
    path: "/things.Things/Get",
    token: GOOD,
    status: 403,
    reason: "insecure_transport",
  },
  {
    ...NETWORK,
    title: "passes the same over TLS",
    overTls: true,
    path: "/read",
    token: GOOD,
    status: 200,
    upstream: { "x-user-id": "user-1" },
  },
  {
    ...NETWORK,
    title: "passes it where the rule allows HTTP",
    path: "/legacy",
    token: GOOD,
    status: 200,
  },
  {
    ...NETWORK,
    title: "passes everybody in plain where the rule is public, as probes come",
    path: "/public",
    token: GOOD,
    status: 200,
    upstream: { "x-user-id": null },
  },
  {
    ...NETWORK,
    title: "passes a preflight in plain, which carries no token",
    method: "OPTIONS",
    path: "/browser/7",
    headers: ["Origin", "https://app.example", "Access-Control-Request-Method", "PUT"],
    status: 200,
  },
  {
    ...NETWORK,
    title: "reports a token in plain in report mode",
    path: "/watched",
    token: GOOD,
    status: 200,
    reported: "insecure_transport",
    upstream: { "x-user-id": null },
  },
];
