import { describe, expect, it } from "vitest";
import type { Binding, RequestFacts } from "../../../plugin/core/model/request.ts";
import { checkPath, findRule, matchRequest } from "../../../plugin/core/request/match-rule.ts";
import { denied } from "../../denials.ts";
import { outcomeOf } from "../../results.ts";
import { compilePolicy, requestOf } from "../fixtures.ts";

const policy = compilePolicy({
  routes: {
    read: { required_scopes: ["read"] },
    health: { access: "public" },
    legacy: { allow_http: true },
    browse: { access: "optional" },
    things: { cors_preflight: "pass" },
    "things-by-method": {
      cors_preflight: "pass",
      operations: [
        { methods: ["PUT"], path: "/things/{id}" },
        { methods: ["DELETE"], path: "/things/{id}", cors_preflight: "judge" },
        { methods: ["OPTIONS", "PUT"], path: "/own-options" },
      ],
    },
    refunds: {
      required_scopes: ["refunds"],
      operations: [
        { methods: ["GET"], path: "/refunds/{id}" },
        { methods: ["GET"], path: "/refunds", required_scopes: ["refunds:list"] },
        { methods: ["POST", "PUT"], path: "/refunds", required_scopes: ["refunds:write"] },
        { methods: ["GET"], path: "/refunds/{id}/notes/{note}", access: "optional" },
        { methods: ["GET"], path: "/", required_scopes: [], allow_http: true },
      ],
    },
  },
});

const match = (changes: Partial<RequestFacts>, isBare = true): unknown => {
  const facts = requestOf(undefined, changes);
  const rule = findRule(policy, facts.binding);
  if (!rule.ok) {
    return rule.failure;
  }
  const found = matchRequest(rule.value, facts, isBare);
  return found.ok ? found.value : found.failure.denial;
};
const bound = (rule: string, changes: Partial<RequestFacts> = {}): unknown =>
  match({ binding: { by: "rule", rule }, ...changes });
const refunds = (method: string, target: string): unknown => bound("refunds", { requestLine: { method, target } });

describe("binds a request to a rule", () => {
  const routeOf = (name: string | undefined, ...tags: string[]): Binding => ({ by: "route", name, tags });
  it.each<[what: string, binding: Binding, rule: string]>([
    ["that the plugin's config names", { by: "rule", rule: "read" }, "read"],
    ["called like the Kong Route", routeOf("health"), "health"],
    ["that a tag names", routeOf(undefined, "team-a", "jwt-policy-rule:health"), "health"],
    ["that a tag names, if no rule has the Route's name", routeOf("x", "jwt-policy-rule:read"), "read"],
    ["with the Route's name, and not the rule that a tag names", routeOf("read", "jwt-policy-rule:health"), "read"],
  ])("%s", (_what, binding, rule) => {
    const isOpen = rule === "health";
    expect(match({ binding })).toEqual({ requirements: policy.rules.get(rule)?.requirements, segments: [], isOpen });
  });

  it.each(["", "Read", "read ", "__proto__", "constructor", "nowhere"])(
    "is unavailable when the plugin's config names %j, which the policy does not have",
    (rule) => {
      const detail = `policy "payments" has no rule "${rule}", which the plugin's config names`;
      expect(bound(rule)).toEqual(denied("policy_unavailable", detail));
    },
  );

  it.each([
    routeOf("other"),
    routeOf(undefined),
    routeOf("READ", "read"),
    routeOf("other", "jwt-policy-rule:"),
    routeOf("other", "jwt-policy-rule:other"),
    routeOf("other", "x-jwt-policy-rule:read", "JWT-POLICY-RULE:read"),
    // The first tag counts, even if this tag names no rule.
    routeOf("other", "jwt-policy-rule:other", "jwt-policy-rule:health"),
  ])("refuses a Route if no rule has its name: %j", (binding) => {
    const route = /^policy "payments" names no rule for (?:Kong Route "\w+"|a Kong Route without a name).*; it has /;
    expect(match({ binding })).toEqual({ reason: "no_matching_rule", detail: expect.stringMatching(route) });
  });

  it.each<[binding: Binding, route: string]>([
    [routeOf("other"), 'Kong Route "other"'],
    [routeOf(undefined), "a Kong Route without a name"],
    [routeOf("other", "x", "jwt-policy-rule:a b"), 'Kong Route "other" with the tag "jwt-policy-rule:a b"'],
    [routeOf(undefined, "jwt-policy-rule:y"), "a Kong Route without a name with the tag jwt-policy-rule:y"],
  ])("says which Route has no rule, and which rules exist: %j", (binding, route) => {
    const rules = "it has read, health, legacy, browse, things and 2 more";
    const detail = `policy "payments" names no rule for ${route}; ${rules}`;
    expect(match({ binding })).toEqual({ reason: "no_matching_rule", detail });
  });
});

describe("the Connection header", () => {
  it.each([
    ...[undefined, "", "close", "Keep-Alive", "keep-alive, Upgrade", "Upgrade, HTTP2-Settings", " close\t,, "],
    ...["TE, trailer,transfer-encoding , proxy-connection", Array(64).fill("te").join(",")],
    `close${" ".repeat(1_019)}`,
  ])("may be %j", (connection) => {
    expect(match({ connection })).toHaveProperty("requirements");
  });

  it.each([
    ...["x-user-id", "close, x-user-id", "close,X-USER-ID", "x_user_id", "close\tx-user-id", "close x-user-id"],
    ...["close;x-user-id", '"close"', "authorization", "clo\u017fe", "\u212aeep-alive", "\ufeffclose", "close\u0000"],
    ...[Array(65).fill("te").join(","), ",".repeat(64), `close${" ".repeat(1_020)}`],
  ])("may not be %j", (connection) => {
    expect(match({ connection })).toMatchObject({ reason: "connection_header_refused" });
    expect(bound("health", { connection })).toMatchObject({ reason: "connection_header_refused" });
  });

  it.each<readonly [connection: string, detail: string]>([
    ["close, X-User_Id-2 ,x-b", "Connection names X-User_Id-2"],
    ["x".repeat(40), `Connection names ${"x".repeat(40)}`],
    ...["x".repeat(41), "x y", "(x", "x)", "secret=1"].map(
      (text) => [text, "Connection names a text that is not a field name"] as const,
    ),
    [`x-b${",te".repeat(63)}`, "Connection names x-b"],
    [`x-b${",te".repeat(64)}`, "Connection has more than 64 options"],
    [`x-b${" ".repeat(1_021)}`, "Connection names x-b"],
    [`x-b${" ".repeat(1_022)}`, "Connection has 1025 characters, at most 1024 are allowed"],
  ])("is described by its first wrong option, if that is a plain field name: %j", (connection, detail) => {
    expect(match({ connection })).toEqual({ reason: "connection_header_refused", detail });
  });

  it("does not matter if no rule applies to the request", () => {
    expect(bound("other", { connection: "x-user-id" })).toMatchObject({ reason: "policy_unavailable" });
  });
});

describe("decides by method and path if a rule has operations", () => {
  it.each<[method: string, target: string, scopes: string[]]>([
    ["GET", "/refunds/7", ["refunds"]],
    ["HEAD", "/refunds/7", ["refunds"]],
    ["GET", "/refunds/7?x=/../y//z", ["refunds"]],
    ["GET", "/refunds/%41", ["refunds"]],
    ["GET", "/refunds", ["refunds:list"]],
    ["GET", "/%72efunds", ["refunds:list"]],
    ["HEAD", "/refunds", ["refunds:list"]],
    ["POST", "/refunds", ["refunds:write"]],
    ["PUT", "/refunds", ["refunds:write"]],
    ["GET", "/refunds/7/notes/1", ["refunds"]],
    ["GET", "/", []],
  ])("%s %s needs %j", (method, target, scopes) => {
    expect(refunds(method, target)).toMatchObject({ requirements: { alternatives: [{ scopes: { allOf: scopes } }] } });
  });

  it.each([
    ["DELETE", "/refunds"],
    ["get", "/refunds"],
    ["OPTIONS", "/refunds"],
    ["HEAD ", "/refunds"],
    ["POST", "/refunds/7"],
    ["GET", "/refunds/"],
    ["GET", "/Refunds"],
    ["GET", "/refunds/7/"],
    ["GET", "/refunds/7/notes"],
    ["GET", "/refunds/7/notes/"],
    ["GET", "/other"],
    ["GET", `/${"a/".repeat(40)}`],
    ["__proto__", "/refunds"],
  ])("refuses %s %s, which matches no operation", (method, target) => {
    expect(refunds(method, target)).toEqual(denied("no_matching_rule", 'no operation of rule "refunds" fits '));
  });

  it.each<[requestLine: RequestFacts["requestLine"], path: string]>([
    [{ method: "GET", target: "/refunds//7?x" }, "/refunds//7"],
    [undefined, '""'],
  ])("describes a path that can be read in two ways: %j", (requestLine, path) => {
    const detail = `the path ${path} has an empty segment, an encoded separator or a wrong escape, and rule "refunds" decides by path`;
    expect(bound("refunds", { requestLine })).toEqual({ reason: "path_ambiguous", detail });
  });

  it("describes a request that no operation fits", () => {
    const detail = 'no operation of rule "refunds" fits DELETE /refunds';
    expect(refunds("DELETE", "/refunds?x")).toEqual({ reason: "no_matching_rule", detail });
  });

  const unclear = ["/refunds//7", "/refunds/./7", "/x/../refunds", "/refunds%2F7", "/refunds/{id}", "*", ""];
  it.each([...unclear, "http://gateway/refunds"])("refuses %j, which can be read in two ways", (target) => {
    expect(refunds("GET", target)).toMatchObject({ reason: "path_ambiguous" });
  });

  it("does not check the path if the rule has no operations", () => {
    expect(match({ requestLine: { method: "GET", target: "/a/../b" } })).toHaveProperty("segments", []);
    expect(match({ requestLine: undefined })).toHaveProperty("segments", []);
  });

  it("refuses to decide by path without a readable request line", () => {
    expect(bound("refunds", { requestLine: undefined })).toMatchObject({ reason: "path_ambiguous" });
  });
});

describe("a request that some server reads as a more specific operation", () => {
  const strict = { methods: ["GET", "PUT"], path: "/things/me", required_scopes: ["me"] };
  const wide = { methods: ["GET", "PUT"], path: "/things/{id}", cors_preflight: "pass" };
  const options = ["/things/me", "/things/{id}"].map((path) => ({ methods: ["OPTIONS"], path }));
  const judge = (operations: readonly object[], changes: Partial<RequestFacts>): unknown => {
    const compiled = compilePolicy({ defaults: { mode: "report" }, routes: { read: { operations } } });
    const facts = requestOf(undefined, changes);
    const rule = findRule(compiled, facts.binding);
    return rule.ok ? outcomeOf(matchRequest(rule.value, facts, true)) : rule.failure;
  };
  const get = { requestLine: { method: "GET", target: "/things/ME" } };
  const preflight: Partial<RequestFacts> = {
    requestLine: { method: "OPTIONS", target: "/things/ME" },
    headers: new Map(Object.entries({ origin: "https://a.example", "access-control-request-method": "PUT" })),
  };
  const detail = 'some servers read the path as the path of a more specific operation of rule "read"';
  const ambiguous = (mode: string): unknown => ({ denial: { reason: "path_ambiguous", detail }, mode });

  it.each<[what: string, operations: readonly object[], changes: Partial<RequestFacts>]>([
    ["a plain request", [strict, wide], get],
    ["a preflight for such a request", [strict, wide], preflight],
    ["a preflight that itself is such a request, although its method passes", [...options, wide], preflight],
  ])("is refused in the strictest mode of the rule: %s", (_what, operations, changes) => {
    expect(judge(operations, changes)).toEqual(ambiguous("report"));
    const enforcing = { methods: ["POST"], path: "/", mode: "enforce" };
    expect(judge([...operations, enforcing], changes)).toEqual(ambiguous("enforce"));
  });

  it.each<[what: string, target: string, mode: string, requirements: boolean]>([
    ["of the operation that matches", "/things/me", "report", true],
    ["of the rule if no operation matches", "/other", "report", false],
    ["of the strictest operation if the path can be read in two ways", "/things//me", "enforce", false],
  ])("is refused because of its Connection in the mode %s", (_what, target, mode, requirements) => {
    const enforcing = { methods: ["POST"], path: "/", mode: "enforce" };
    const changes = { requestLine: { method: "GET", target }, connection: "x-b" };
    const refused = judge([strict, wide, enforcing], changes);
    const denial = { reason: "connection_header_refused", detail: "Connection names x-b" };
    expect(refused).toEqual({ denial, mode, ...(requirements ? { requirements: expect.anything() } : {}) });
  });
});

describe("a request over the network without TLS", () => {
  const over = (transport: RequestFacts["transport"], rule: string, more: Partial<RequestFacts> = {}): unknown =>
    bound(rule, { transport, ...more });

  it.each<[transport: RequestFacts["transport"], rule: string]>([
    ["tls", "read"],
    ["loopback", "read"],
    ["plain", "health"],
    ["plain", "legacy"],
  ])("%s passes the rule %s", (transport, rule) => {
    expect(over(transport, rule)).toHaveProperty("requirements");
  });

  it.each(["read", "browse"])("is refused by the rule %s, with a token and without", (rule) => {
    for (const authorization of ["Bearer x", undefined]) {
      expect(over("plain", rule, { authorization })).toMatchObject({ reason: "insecure_transport" });
    }
  });

  it.each<readonly [proto: string | undefined, client: string | undefined, detail: string]>([
    [undefined, undefined, "http, and no X-Forwarded-Proto"],
    [undefined, "10.0.0.1", "http from 10.0.0.1, and no X-Forwarded-Proto"],
    ["http", undefined, "http, and X-Forwarded-Proto is http, expected https"],
    ["http, https", undefined, 'http, and X-Forwarded-Proto is "http, https", expected https'],
    ["https,http", undefined, 'http, and X-Forwarded-Proto is "https,http", expected https'],
    ["HTTPS", "::1", "http from ::1, and X-Forwarded-Proto: https came from an address that is not in trusted_ips"],
    ...["<http", "http>", "abcdefghi", "a, abcdefghi", "a,  b", "9", "a, 9", ""].map(
      (text) =>
        [text, "::1", "http from ::1, and X-Forwarded-Proto is not the name of a protocol, expected https"] as const,
    ),
  ])("is described by X-Forwarded-Proto %j and the client %j", (proto, client, detail) => {
    const headers = new Map(proto === undefined ? [] : [["x-forwarded-proto", proto]]);
    expect(over("plain", "read", { headers, ...(client !== undefined && { client }) })).toEqual({
      reason: "insecure_transport",
      detail,
    });
  });

  it.each([
    ["/refunds/7", "reason", "insecure_transport"],
    ["/", "requirements.access", "required"],
    ["/x", "reason", "no_matching_rule"],
  ])("is judged by the matching operation, and by no other: %s", (target, property, value) => {
    expect(over("plain", "refunds", { requestLine: { method: "GET", target } })).toHaveProperty(property, value);
  });
});

describe("a CORS preflight", () => {
  const ORIGIN = { origin: "https://app.example" };
  const asks = (method: string): Partial<RequestFacts> => ({
    requestLine: { method: "OPTIONS", target: "/things/7" },
    headers: new Map(Object.entries({ ...ORIGIN, "access-control-request-method": method })),
    transport: "plain",
  });

  it("passes over any transport if the rule lets preflights pass", () => {
    expect(bound("things", asks("DELETE"))).toMatchObject({ isOpen: true });
  });

  it("passes only if an operation matches the requested method", () => {
    expect(bound("things-by-method", asks("PUT"))).toMatchObject({ isOpen: true, segments: ["things", "7"] });
    for (const method of ["DELETE", "PATCH", "put"]) {
      expect(bound("things-by-method", asks(method)), method).toHaveProperty("reason", "no_matching_rule");
    }
  });

  it("is judged like any other request by an operation for OPTIONS", () => {
    const facts = { ...asks("PUT"), requestLine: { method: "OPTIONS", target: "/own-options" } };
    expect(bound("things-by-method", facts)).toMatchObject({ reason: "insecure_transport" });
    expect(bound("things-by-method", { ...facts, transport: "tls" })).toMatchObject({ isOpen: false });
  });

  it.each<[what: string, changes: Partial<RequestFacts>, isBare?: boolean]>([
    ["another method", { requestLine: { method: "GET", target: "/things/7" } }],
    ["no request line", { requestLine: undefined }],
    ["no Origin", { headers: new Map([["access-control-request-method", "PUT"]]) }],
    ["nothing that it asks for", { headers: new Map(Object.entries(ORIGIN)) }],
    ["a token", { authorization: "Bearer x" }],
    ["any content in a token source", {}, false],
  ])("with %s is not a preflight", (_what, changes, isBare) => {
    const binding: Binding = { by: "rule", rule: "things" };
    const facts: Partial<RequestFacts> = { binding, ...asks("PUT"), transport: "tls", ...changes };
    expect(match(facts, isBare)).toMatchObject({ isOpen: false });
  });

  it("needs a token if the rule does not say otherwise", () => {
    expect(bound("read", { ...asks("PUT"), transport: "tls" })).toMatchObject({ isOpen: false });
  });
});

describe("the path, on every rule", () => {
  const check = (requestLine: RequestFacts["requestLine"], compiled = policy): unknown =>
    outcomeOf(checkPath(compiled, requestOf(undefined, { requestLine })));
  const target = (text: string) => ({ method: "GET", target: text });

  it.each(["/", "/a%2fb", "/a//b", "/a?b=/../c", "*", "http://host/a"])("may be %j", (text) => {
    expect(check(target(text))).toBeUndefined();
  });

  it.each(["/a/../b", "/a/..%2fb", "/a/%2e", "/a/..;/b", "/a#b", "/a?b#c", "/a#"])("must not be %j", (text) => {
    expect(check(target(text))).toMatchObject({ denial: { reason: "path_ambiguous" }, mode: "enforce" });
  });

  it.each<[bytes: number, end: string]>([
    [512, "a dot segment, or a part that some servers read as a dot segment"],
    [513, "as a dot segment, or its 513 bytes are too many to check"],
  ])("names its length in the log if it may only be too long: %i bytes, without the query", (bytes, end) => {
    const path = "/..\u00e9\ufffd".padEnd(bytes - 4, "/a").concat("/..");
    const detail = expect.stringMatching(new RegExp(`${end}$`));
    expect(check(target(`${path}?b=c`))).toMatchObject({ denial: { detail } });
  });

  it.each<[target: string, detail: string]>([
    ["/a/../b?c", "the path /a/../b has a dot segment, or a part that some servers read as a dot segment"],
    ["/a#b", "a # in the request line, after /a"],
    ["/a/..#b", "a # in the request line, after /a/.."],
  ])("is described if it is %j", (text, detail) => {
    expect(check(target(text))).toMatchObject({ denial: { detail } });
  });

  it("ends a request in every mode when the request line is malformed", () => {
    const reporting = compileRules("report", { read: {} });
    const detail = "the request line is malformed: it is not METHOD PATH HTTP/VERSION";
    expect(check(undefined, reporting)).toEqual({ denial: { reason: "path_ambiguous", detail }, mode: "enforce" });
  });

  const operations = [{ methods: ["GET"], path: "/a", mode: "enforce" }];
  it.each<[what: string, mode: string, routes: object, expected: string]>([
    ["all rules report", "report", { read: {}, other: { access: "public" } }, "report"],
    ["one rule enforces", "report", { read: {}, other: { mode: "enforce" } }, "enforce"],
    ["one operation enforces", "report", { read: {}, other: { operations } }, "enforce"],
    ["Kong Routes without a rule are refused", "enforce", { read: { mode: "report" } }, "enforce"],
  ])("is judged in the strictest mode of the whole policy: %s", (_what, mode, routes, expected) => {
    expect(check(target("/a/..%2fb"), compileRules(mode, routes))).toMatchObject({ mode: expected });
  });

  const compileRules = (mode: string, routes: object) => compilePolicy({ defaults: { mode }, routes });
});
