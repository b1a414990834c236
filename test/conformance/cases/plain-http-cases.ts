import { type ConformanceCase, GOOD, passes, refuses } from "./case.ts";

/** Plain HTTP from a client that is not on the gateway's machine. */
const cases: readonly ConformanceCase[] = [
  refuses("insecure_transport", "refuses a good token that comes over the network in clear text", "/read", {
    token: GOOD,
    message: "HTTPS is required",
  }),
  refuses("insecure_transport", "refuses plain HTTP before it looks for a token", "/optional"),
  refuses("insecure_transport", "does not believe a client that claims to use TLS", "/read", {
    headers: ["X-Forwarded-Proto", "https", "X-Real-IP", "127.0.0.1", "X-Forwarded-For", "127.0.0.1"],
    token: GOOD,
  }),
  refuses("insecure_transport", "refuses a gRPC call that comes over the network in clear text", "/things.Things/Get", {
    only: ["grpc"],
    token: GOOD,
  }),
  passes("passes the same over TLS", "/read", { overTls: true, token: GOOD, upstream: { "x-user-id": "user-1" } }),
  passes("passes it where the rule allows HTTP", "/legacy", { token: GOOD }),
  passes("passes every client in clear text on a public rule, such as probes", "/public", {
    token: GOOD,
    upstream: { "x-user-id": null },
  }),
  passes("passes a preflight in clear text, because it has no token", "/browser/7", {
    method: "OPTIONS",
    headers: ["Origin", "https://app.example", "Access-Control-Request-Method", "PUT"],
  }),
  passes("reports a token in clear text in report mode", "/watched", {
    token: GOOD,
    reported: "insecure_transport",
    upstream: { "x-user-id": null },
  }),
];

export const PLAIN_HTTP_CASES = cases.map((each): ConformanceCase => ({ ...each, fromNetwork: true }));
