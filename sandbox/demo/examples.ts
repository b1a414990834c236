/**
 * The example requests. `npm start` prints these requests, and `npm start -- --check` sends them. The title of each example says
 * what the example shows.
 */
import type { TokenRequest } from "./identity-provider.ts";

/** The tokens of the examples. The keys are the names of the shell variables that contain the tokens. */
export const TOKENS = {
  READER: { client: "checkout-web", resource: "payments", scope: "payments:read" },
  WRITER: { client: "back-office", resource: "payments", scope: "payments:read payments:write" },
  REFUNDS: { client: "back-office", resource: "payments", scope: "refunds:read" },
  SHOPPER: { client: "checkout-web", resource: "platform", scope: "orders:read" },
  LEDGER: { client: "checkout-web", resource: "ledger", scope: "payments:read" },
} as const satisfies Record<string, TokenRequest>;

export type TokenName = keyof typeof TOKENS | "TAMPERED";

export interface Example {
  title: string;
  method: "GET" | "POST";
  path: string;
  token?: TokenName;
  headers?: Readonly<Record<string, string>>;
  status: number;
  /** The identity headers that the upstream must get. Null means that the upstream must not get the header. */
  upstream?: Readonly<Record<string, string | null>>;
}

export const EXAMPLES: readonly Example[] = [
  {
    title: "reads payments",
    method: "GET",
    path: "/payments",
    token: "READER",
    status: 200,
    upstream: { "x-user-id": "checkout-web", "x-client-id": "checkout-web", "x-scope": "payments:read" },
  },
  {
    title: "makes a payment",
    method: "POST",
    path: "/payments",
    token: "WRITER",
    status: 200,
    upstream: { "x-user-id": "back-office", "x-scope": "payments:read payments:write" },
  },
  {
    title: "a client's own x-user-id is replaced",
    method: "GET",
    path: "/payments",
    token: "READER",
    headers: { "X-User-Id": "admin" },
    status: 200,
    upstream: { "x-user-id": "checkout-web" },
  },
  {
    title: "reads a refund, the operation GET /refunds/{id}",
    method: "GET",
    path: "/refunds/42",
    token: "REFUNDS",
    status: 200,
    upstream: { "x-user-id": "back-office", "x-scope": "refunds:read" },
  },
  {
    title: "an ES256 token, the global policy",
    method: "GET",
    path: "/shop/orders",
    token: "SHOPPER",
    status: 200,
    upstream: { "x-user-id": "checkout-web", "x-scope": "orders:read" },
  },
  {
    title: "optional access: no token is needed",
    method: "GET",
    path: "/shop/catalogue",
    status: 200,
    upstream: { "x-user-id": null },
  },
  {
    title: "public access: the client's own x-user-id is removed",
    method: "GET",
    path: "/health",
    headers: { "X-User-Id": "admin" },
    status: 200,
    upstream: { "x-user-id": null, "x-client-id": null, "x-scope": null },
  },
  { title: "no token", method: "GET", path: "/payments", status: 401 },
  { title: "a changed signature", method: "GET", path: "/payments", token: "TAMPERED", status: 401 },
  { title: "a token for another audience", method: "GET", path: "/payments", token: "LEDGER", status: 401 },
  { title: "lacks the scope payments:write", method: "POST", path: "/payments", token: "READER", status: 403 },
  {
    title: "lacks the scope refunds:write of the operation POST /refunds",
    method: "POST",
    path: "/refunds",
    token: "REFUNDS",
    status: 403,
  },
  { title: "a route that no rule names", method: "GET", path: "/reports", token: "SHOPPER", status: 403 },
];

/** Changes one character of the signature. The changed token stays well-formed. */
export function tamper(token: string): string {
  const start = token.lastIndexOf(".") + 1;
  return token.slice(0, start) + (token[start] === "A" ? "B" : "A") + token.slice(start + 1);
}
