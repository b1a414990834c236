import { type ConformanceCase, GOOD } from "./case.ts";

/** How TLS, the version of HTTP and the protocols of a Kong Route interact. */
export const TRANSPORT_CASES: readonly ConformanceCase[] = [
  {
    title: "passes a good token over TLS",
    overTls: true,
    path: "/read",
    token: GOOD,
    status: 200,
    upstream: { "x-user-id": "user-1", "x-forwarded-proto": "https" },
  },
  {
    title: "refuses a changed signature over TLS",
    overTls: true,
    path: "/read",
    token: { key: "rs256", damage: "signature" },
    status: 401,
    reason: "signature_invalid",
    challenge: 'Bearer realm="api", error="invalid_token", error_description="The access token is invalid"',
  },
  {
    title: "judges over TLS what a Kong Route asks to come over TLS",
    overTls: true,
    path: "/secure",
    token: GOOD,
    status: 200,
    upstream: { "x-user-id": "user-1" },
  },
  {
    title: "leaves it to the gateway to refuse the same without TLS",
    only: ["http/1.1"], // Kong's 426 has headers that HTTP/2 forbids, so that clients break it off.
    path: "/secure",
    token: GOOD,
    status: 426,
  },
  {
    title: "leaves it to the gateway to refuse gRPC over HTTP/1.1",
    only: ["http/1.1"],
    needsGrpc: true,
    path: "/things.Things/Get",
    method: "POST",
    headers: ["Content-Type", "application/grpc"],
    token: GOOD,
    status: 426,
  },
  {
    title: "leaves it to the gateway to refuse anything but gRPC at a Route for gRPC",
    needsGrpc: true,
    path: "/things.Things/Get",
    method: "POST",
    headers: ["Content-Type", "application/json"],
    token: GOOD,
    status: 415,
  },
  {
    title: "judges what a Route for HTTP passes on to a Service for gRPC",
    needsGrpc: true,
    path: "/mixed.Things/Get",
    method: "POST",
    token: GOOD,
    status: 200,
    upstream: { "x-user-id": "user-1" },
  },
];
