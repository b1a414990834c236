import { describe, expect, it } from "vitest";
import type { TokenSource } from "../../../plugin/core/model/policy.ts";
import type { RequestFacts } from "../../../plugin/core/model/request.ts";
import { checkOrigin } from "../../../plugin/core/request/origin.ts";
import { denied } from "../../denials.ts";
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

it("reports the sent and the allowed origins to the operator", () => {
  const refused = (headers: RequestFacts["headers"]): unknown =>
    outcomeOf(
      checkOrigin(
        { source: COOKIE, text: "x" },
        requestOf(undefined, { requestLine: { method: "POST", target: "/" }, headers }),
      ),
    );
  const other =
    "token in cookie __Host-token: Origin is https://evil.example, and not one of its allowed_origins: https://";
  expect(refused(new Map([["origin", "https://evil.example"]]))).toEqual(denied("origin_not_allowed", other));
  expect(refused(new Map())).toEqual(denied("origin_not_allowed", "token in cookie __Host-token: there is no Origin"));
});
