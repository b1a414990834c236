import { describe, expect, it } from "vitest";
import type { TokenSource } from "../../../plugin/core/model/policy.ts";
import type { RequestFacts } from "../../../plugin/core/model/request.ts";
import { checkOrigin } from "../../../plugin/core/request/origin.ts";
import { outcomeOf } from "../../results.ts";
import { requestOf } from "../fixtures.ts";

const APP = "https://app.example";
const COOKIE: TokenSource = { from: "cookie", name: "__Host-token", allowedOrigins: new Set([APP]) };
const OTHERS: readonly TokenSource[] = [
  { from: "authorization" },
  { from: "header", name: "x-token", scheme: undefined },
  { from: "query", name: "token" },
];

function check(source: TokenSource, method: string, origin?: string, changes: Partial<RequestFacts> = {}): unknown {
  const headers = new Map(origin === undefined ? [] : [["origin", origin]]);
  const facts = requestOf(undefined, { requestLine: { method, target: "/" }, headers, ...changes });
  return outcomeOf(checkOrigin({ source, text: "x" }, facts))?.reason;
}

describe("a token from a cookie", () => {
  it.each(["GET", "HEAD", "OPTIONS", "TRACE"])("needs no origin if the method is %s", (method) => {
    expect(check(COOKIE, method)).toBeUndefined();
    expect(check(COOKIE, method, "https://evil.example")).toBeUndefined();
  });

  it.each(["POST", "PUT", "PATCH", "DELETE", "CONNECT", "QUERY", "get", "GETX", ""])(
    "needs an allowed origin if the method is %j",
    (method) => {
      expect(check(COOKIE, method)).toBe("origin_not_allowed");
      expect(check(COOKIE, method, "https://evil.example")).toBe("origin_not_allowed");
      expect(check(COOKIE, method, APP)).toBeUndefined();
    },
  );

  it.each(["null", `${APP}/`, `${APP}:443`, "HTTPS://app.example", `${APP},${APP}`, ` ${APP}`, "https://app.example."])(
    "does not accept %j as an allowed origin",
    (origin) => {
      expect(check(COOKIE, "POST", origin)).toBe("origin_not_allowed");
    },
  );

  it("needs an origin if the method is unknown", () => {
    expect(check(COOKIE, "GET", undefined, { requestLine: undefined })).toBe("origin_not_allowed");
    expect(check(COOKIE, "GET", APP, { requestLine: undefined })).toBeUndefined();
  });

  it.each(["upgrade", "Upgrade", "keep-alive, UPGRADE"])(
    "needs an origin if the request has Connection %j",
    (connection) => {
      expect(check(COOKIE, "GET", undefined, { connection })).toBe("origin_not_allowed");
      expect(check(COOKIE, "GET", APP, { connection })).toBeUndefined();
    },
  );

  it.each(["close", "keep-alive, TE", ""])("needs no origin if the request has Connection %j", (connection) => {
    expect(check(COOKIE, "GET", undefined, { connection })).toBeUndefined();
  });

  it("needs an origin if the request has Upgrade, because Kong upgrades also without Connection", () => {
    const upgrade: [string, string] = ["upgrade", "websocket"];
    expect(check(COOKIE, "GET", undefined, { headers: new Map([upgrade]) })).toBe("origin_not_allowed");
    expect(check(COOKIE, "GET", undefined, { headers: new Map([upgrade, ["origin", APP]]) })).toBeUndefined();
  });

  it("never counts for unsafe methods if no origin is allowed", () => {
    const source: TokenSource = { ...COOKIE, allowedOrigins: new Set() };
    expect(check(source, "POST", APP)).toBe("origin_not_allowed");
    expect(check(source, "GET")).toBeUndefined();
  });
});

it.each(OTHERS)("a token from $from needs no origin: no other site can send it", (source) => {
  expect(check(source, "POST", "https://evil.example", { connection: "upgrade" })).toBeUndefined();
});

it.each<readonly [origin: string | undefined, found: string]>([
  [undefined, "there is no Origin; allowed_origins: https://app.example"],
  ["null", "Origin is null, and not one of its allowed_origins: https://app.example"],
  ["https://evil.example", "Origin is https://evil.example, and not one of its allowed_origins: https://app.example"],
  [
    `${APP}/`,
    "Origin is https://app.example/, and not one of its allowed_origins: https://app.example; it differs only by the trailing slash",
  ],
  ...["<https://evil.example", "https://evil.example/path", "https://user@evil.example", "hunter2", ""].map(
    (origin) => [origin, "Origin is not an origin, and not one of its allowed_origins: https://app.example"] as const,
  ),
])("reports the sent and the allowed origins to the operator: %j", (origin, found) => {
  const headers = new Map(origin === undefined ? [] : [["origin", origin]]);
  const facts = requestOf(undefined, { requestLine: { method: "POST", target: "/" }, headers });
  const detail = `token in cookie __Host-token: ${found}`;
  expect(outcomeOf(checkOrigin({ source: COOKIE, text: "x" }, facts))).toEqual({
    reason: "origin_not_allowed",
    detail,
  });
});
