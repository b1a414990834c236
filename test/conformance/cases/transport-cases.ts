import { type ConformanceCase, GOOD, passes, refuses } from "./case.ts";

/** How TLS, the version of HTTP and the protocols of a Kong Route interact. */
export const TRANSPORT_CASES: readonly ConformanceCase[] = [
  passes("passes a good token over TLS", "/read", {
    overTls: true,
    token: GOOD,
    upstream: { "x-user-id": "user-1", "x-forwarded-proto": "https" },
  }),
  refuses("signature_invalid", "refuses a changed signature over TLS", "/read", {
    overTls: true,
    token: { damage: "signature" },
  }),
  passes("judges a request over TLS on a Kong Route that requires TLS", "/secure", {
    overTls: true,
    token: GOOD,
    upstream: { "x-user-id": "user-1" },
  }),
  {
    title: "lets the gateway refuse the same call without TLS",
    only: ["http/1.1"], // Kong's 426 has headers that HTTP/2 forbids, so clients end the stream early.
    path: "/secure",
    token: GOOD,
    status: 426,
  },
  {
    title: "lets the gateway refuse gRPC over HTTP/1.1",
    only: ["http/1.1"],
    needsGrpc: true,
    path: "/things.Things/Get",
    method: "POST",
    headers: ["Content-Type", "application/grpc"],
    token: GOOD,
    status: 426,
  },
  {
    title: "lets the gateway refuse all requests except gRPC on a Route for gRPC",
    needsGrpc: true,
    path: "/things.Things/Get",
    method: "POST",
    headers: ["Content-Type", "application/json"],
    token: GOOD,
    status: 415,
  },
  passes("judges requests on a Route for HTTP with a Service for gRPC", "/mixed.Things/Get", {
    needsGrpc: true,
    method: "POST",
    token: GOOD,
    upstream: { "x-user-id": "user-1" },
  }),
];
