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
    // The first tag counts, also when it is the one that names no rule.
    routeOf("other", "jwt-policy-rule:other", "jwt-policy-rule:health"),
  ])("refuses a Route if no rule has its name: %j", (binding) => {
    const route = /^policy "payments" names no rule for (?:Kong Route "\w+"|a Kong Route without a name).*; it has /;
    expect(match({ binding })).toEqual({ reason: "no_matching_rule", detail: expect.stringMatching(route) });
  });
});

describe("the Connection header", () => {
  it.each([
    ...[undefined, "", "close", "Keep-Alive", "keep-alive, Upgrade", "Upgrade, HTTP2-Settings", " close\t,, "],
    ...["TE, trailer,transfer-encoding , proxy-connection", Array(64).fill("te").join(",")],
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

  it.each<[length: number, end: string]>([
    [512, "a dot segment, or a part that some servers read as a dot segment"],
    [513, "as a dot segment, or its 513 characters are too many to check"],
  ])("names its length in the log if it may only be too long: %i characters, without the query", (length, end) => {
    const path = "/..".padEnd(length - 3, "/a").concat("/..");
    const detail = expect.stringMatching(new RegExp(`${end}$`));
    expect(check(target(`${path}?b=c`))).toMatchObject({ denial: { detail } });
  });

  it("ends a request in every mode when the request line is malformed", () => {
    const reporting = compileRules("report", { read: {} });
    expect(check(undefined, reporting)).toMatchObject({ denial: { reason: "path_ambiguous" }, mode: "enforce" });
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
