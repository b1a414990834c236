import { describe, expect, it } from "vitest";
import { renderFacts } from "../../../plugin/kong/facts/facts-variable.ts";
import { narrowFacts } from "../../../plugin/kong/facts/narrow-facts.ts";
import { compileDocument, policyDocument } from "../../core/fixtures.ts";

const ISSUER = { issuer: "https://idp.example.com", audiences: ["api"] };
const decidingFactsOf = (changes: Record<string, unknown>) =>
  compileDocument(policyDocument(ISSUER, changes)).decidingFacts;
const plain = decidingFactsOf({ routes: { read: { allow_http: true } } });
const overTls = decidingFactsOf({});
const operations = decidingFactsOf({ routes: { read: { operations: [{ methods: ["GET"], path: "/a" }] } } });
const query = decidingFactsOf({ token: { sources: [{ query: "t" }] } });
const cookie = decidingFactsOf({
  token: { sources: [{ cookie: "__Host-t", allowed_origins: ["https://a.example"] }] },
});
const compared = decidingFactsOf({ routes: { read: { required_claims: { a: { equals_header: "x-tenant" } } } } });

const TEMPLATE = renderFacts(["cookie", "upgrade", "x-tenant", "x-unused"]).replaceAll("\\n", "\n").split("\n");
const ID = "0123456789abcdef0123456789abcdef";

/** The facts of `GET /a`, with other values for some variables. */
function factsOf(changes: Readonly<Record<string, string>> = {}): string {
  const values: Readonly<Record<string, string>> = {
    $request: "GET /a HTTP/1.1",
    "$scheme $realip_remote_addr $remote_addr": "http 10.0.0.1 10.0.0.2",
    $http_authorization: "Bearer x",
    $kong_request_id: ID,
    ...changes,
  };
  return TEMPLATE.map((line) => values[line] ?? (line.startsWith("$") ? "" : line)).join("\n");
}

const narrow = (facts: string, deciding: typeof plain) => narrowFacts(facts, deciding, "read");

const ADDRESSES = "$scheme $realip_remote_addr $remote_addr";

describe("requests share a verdict", () => {
  it.each<[what: string, deciding: typeof plain, one: Record<string, string>, other: Record<string, string>]>([
    ["with another id", plain, { $kong_request_id: ID }, { $kong_request_id: ID.replace("0", "1") }],
    ["with another plain path, if no rule reads it", plain, {}, { $request: "GET /b/c-d/e.f?x=%2e%2e/ HTTP/2.0" }],
    ["from other addresses, if clear text is allowed", plain, {}, { [ADDRESSES]: "http 1.1.1.1 2.2.2.2" }],
    [
      "from other addresses over TLS",
      overTls,
      { [ADDRESSES]: "https 10.0.0.1 10.0.0.1" },
      { [ADDRESSES]: "https 1.1.1.1 2.2.2.2", $http_x_forwarded_proto: "http" },
    ],
    ["with other facts that only refusals use", plain, {}, { $http_accept: "text/html", $http_content_type: "a/b" }],
    ["with another Origin, without a cookie source", plain, {}, { $http_origin: "https://a.example" }],
    ["with another header that other policies read", plain, {}, { $http_x_unused: "1", $http_x_tenant: "1" }],
    ["whatever a guard offers", overTls, {}, { [ADDRESSES]: "http 10.0.0.1 10.0.0.2 reuses a:1=2" }],
  ])("%s", (_what, deciding, one, other) => {
    expect(narrow(factsOf(one), deciding)).toBeDefined();
    expect(narrow(factsOf(one), deciding)).toEqual(narrow(factsOf(other), deciding));
  });
});

describe("requests do not share a verdict", () => {
  it.each<[what: string, deciding: typeof plain, other: Record<string, string>]>([
    ["with another token", plain, { $http_authorization: "Bearer y" }],
    ["without a token", plain, { $http_authorization: "" }],
    ["with another method", plain, { $request: "POST /a HTTP/1.1" }],
    ["with another Connection", plain, { $http_connection: "close" }],
    ["with another path, if a rule reads it", operations, { $request: "GET /b HTTP/1.1" }],
    ["with another query, if a rule reads the target", operations, { $request: "GET /a?x HTTP/1.1" }],
    ["with another query, if it may carry the token", query, { $request: "GET /a?t=x HTTP/1.1" }],
    ["with dots between slashes", plain, { $request: "GET /a/../b HTTP/1.1" }],
    ["with dots at the end", plain, { $request: "GET /a/.. HTTP/1.1" }],
    ["with an escape", plain, { $request: "GET /%2e%2e/b HTTP/1.1" }],
    ["with a parameter of a segment", plain, { $request: "GET /..;/b HTTP/1.1" }],
    ["with a plus between dots", plain, { $request: "GET /.+./b HTTP/1.1" }],
    ["with a fragment", plain, { $request: "GET /a?b#c HTTP/1.1" }],
    ["with the path of an API's description", plain, { $request: "GET /.well-known/x HTTP/1.1" }],
    ["with a path that is too long to check", plain, { $request: `GET /${"a".repeat(9_000)} HTTP/1.1` }],
    ["with a scheme and host in the target", plain, { $request: "GET http://a/b HTTP/1.1" }],
    ["from another address, if clear text counts", overTls, { [ADDRESSES]: "http 127.0.0.1 127.0.0.1" }],
    ["over TLS, if clear text counts", overTls, { [ADDRESSES]: "https 10.0.0.1 10.0.0.2" }],
    ["with what a proxy says about TLS", overTls, { $http_x_forwarded_proto: "https" }],
    ["with another cookie", cookie, { $http_cookie: "__Host-t=x" }],
    ["with another Origin, if a cookie carries the token", cookie, { $http_origin: "https://evil.example" }],
    ["with an upgrade, if a cookie carries the token", cookie, { $http_upgrade: "websocket" }],
    ["with another value of a compared header", compared, { $http_x_tenant: "b" }],
  ])("%s", (_what, deciding, other) => {
    expect(narrow(factsOf(), deciding)).toBeDefined();
    expect(narrow(factsOf(other), deciding)).not.toEqual(narrow(factsOf(), deciding));
  });
});

describe("a request is always judged", () => {
  it.each<[what: string, facts: string]>([
    ["if it may be a preflight", factsOf({ $request: "OPTIONS /a HTTP/1.1" })],
    ["if its line has no version", factsOf({ $request: "GET /a" })],
    ["if its line has more spaces", factsOf({ $request: "GET /a b HTTP/1.1" })],
    ["if its line has bytes beyond ASCII", factsOf({ $request: "GET /\ufffd HTTP/1.1" })],
    ["if its method is not in capitals", factsOf({ $request: "get /a HTTP/1.1" })],
    ["if the variable is empty", ""],
    ["if a line is missing", factsOf().slice(0, factsOf().lastIndexOf("\n"))],
    ["if there is one more line", `${factsOf()}\n${ID}`],
    ["if the variable has another version", factsOf().replace("3 ", "2 ")],
    ["if the variable lacks a header that the policy reads", factsOf().replaceAll("x-tenant", "x-other")],
  ])("%s", (_what, facts) => {
    expect(narrow(facts, compared)).toBeUndefined();
  });
});
