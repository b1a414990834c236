import { describe, expect, it } from "vitest";
import type { Binding, RequestFacts } from "../../../plugin/core/model/request.ts";
import { checkPath, findRule, matchRequest } from "../../../plugin/core/request/match-rule.ts";
import { outcomeOf } from "../../results.ts";
import { AUDIENCE, compileDocument, ISSUER, policyDocument, requestOf } from "../fixtures.ts";

const policy = compileDocument(
  policyDocument(
    { issuer: ISSUER, audiences: [AUDIENCE] },
    {
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
    },
  ),
);

const match = (changes: Partial<RequestFacts>, isBare = true): unknown => {
  const facts = requestOf(undefined, changes);
  const rule = findRule(policy, facts.binding);
  if (!rule.ok) {
    return rule.failure;
  }
  const found = matchRequest(rule.value, facts, isBare);
  return found.ok ? found.value : found.failure.denial;
};
const bound = (binding: Binding): unknown => match({ binding });
const refunds = (method: string, target: string): unknown =>
  match({ binding: { by: "rule", rule: "refunds" }, requestLine: { method, target } });

describe("binds a request to a rule", () => {
  it.each<[what: string, binding: Binding, rule: string]>([
    ["that the plugin's config names", { by: "rule", rule: "read" }, "read"],
    ["called like the Kong Route", { by: "route", name: "health", tags: [] }, "health"],
    ["that a tag names", { by: "route", name: undefined, tags: ["team-a", "jwt-policy-rule:health"] }, "health"],
    [
      "that a tag names, when no rule is called like the Route",
      { by: "route", name: "x", tags: ["jwt-policy-rule:read"] },
      "read",
    ],
    [
      "called like the Route rather than one that a tag names",
      { by: "route", name: "read", tags: ["jwt-policy-rule:health"] },
      "read",
    ],
  ])("%s", (_what, binding, rule) => {
    const isOpen = rule === "health";
    expect(bound(binding)).toEqual({ requirements: policy.rules.get(rule)?.requirements, segments: [], isOpen });
  });

  it.each(["", "Read", "read ", "__proto__", "constructor", "nowhere"])(
    "is unavailable when the plugin's config names %j, which the policy does not have",
    (rule) => {
      expect(bound({ by: "rule", rule })).toEqual({
        reason: "policy_unavailable",
        detail: expect.stringContaining(`policy "payments" has no rule "${rule}", which the plugin's config names`),
      });
    },
  );

  it.each<[binding: Binding & { by: "route" }]>([
    [{ by: "route", name: "other", tags: [] }],
    [{ by: "route", name: undefined, tags: [] }],
    [{ by: "route", name: "READ", tags: ["read"] }],
    [{ by: "route", name: "other", tags: ["jwt-policy-rule:"] }],
    [{ by: "route", name: "other", tags: ["jwt-policy-rule:other"] }],
    [{ by: "route", name: "other", tags: ["x-jwt-policy-rule:read", "JWT-POLICY-RULE:read"] }],
    // The first tag counts, also when it is the one that names no rule.
    [{ by: "route", name: "other", tags: ["jwt-policy-rule:other", "jwt-policy-rule:health"] }],
  ])("refuses a Route if no rule has its name: %j", (binding) => {
    expect(bound(binding)).toEqual({
      reason: "no_matching_rule",
      detail: expect.stringMatching(
        /^policy "payments" names no rule for (?:Kong Route "\w+"|a Kong Route without a name).*; it has /,
      ),
    });
  });
});

describe("the Connection header", () => {
  it.each([
    undefined,
    "",
    "close",
    "Keep-Alive",
    "keep-alive, Upgrade",
    "Upgrade, HTTP2-Settings",
    "TE, trailer,transfer-encoding , proxy-connection",
    Array(64).fill("te").join(","),
    " close\t,, ",
  ])("may be %j", (connection) => {
    expect(match({ connection })).toHaveProperty("requirements");
  });

  it.each([
    "x-user-id",
    "close, x-user-id",
    "close,X-USER-ID",
    "x_user_id",
    "close\tx-user-id",
    "close x-user-id",
    "close;x-user-id",
    '"close"',
    "authorization",
    "clo\u017fe",
    "\u212aeep-alive",
    "\ufeffclose",
    "close\u0000",
    Array(65).fill("te").join(","),
    ",".repeat(64),
    `close${" ".repeat(1_020)}`,
  ])("may not be %j", (connection) => {
    expect(match({ connection })).toMatchObject({ reason: "connection_header_refused" });
    expect(match({ connection, binding: { by: "rule", rule: "health" } })).toHaveProperty(
      "reason",
      "connection_header_refused",
    );
  });

  it("does not matter if no rule applies to the request", () => {
    expect(match({ connection: "x-user-id", binding: { by: "rule", rule: "other" } })).toHaveProperty(
      "reason",
      "policy_unavailable",
    );
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
    expect(refunds(method, target)).toMatchObject({
      requirements: { alternatives: [{ scopes: { allOf: scopes } }] },
    });
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
    expect(refunds(method, target)).toEqual({
      reason: "no_matching_rule",
      detail: expect.stringContaining('no operation of rule "refunds" fits '),
    });
  });

  it.each([
    "/refunds//7",
    "/refunds/./7",
    "/x/../refunds",
    "/refunds%2F7",
    "/refunds/{id}",
    "*",
    "http://gateway/refunds",
    "",
  ])("refuses %j, which can be read in two ways", (target) => {
    expect(refunds("GET", target)).toMatchObject({ reason: "path_ambiguous" });
  });

  it("does not check the path if the rule has no operations", () => {
    expect(match({ requestLine: { method: "GET", target: "/a/../b" } })).toHaveProperty("segments", []);
    expect(match({ requestLine: undefined })).toHaveProperty("segments", []);
  });

  it("refuses to decide by path without a readable request line", () => {
    expect(match({ binding: { by: "rule", rule: "refunds" }, requestLine: undefined })).toMatchObject({
      reason: "path_ambiguous",
    });
  });
});

describe("a request over the network without TLS", () => {
  const over = (transport: RequestFacts["transport"], rule: string, more: Partial<RequestFacts> = {}): unknown =>
    match({ transport, binding: { by: "rule", rule }, ...more });

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

  it("is refused by the operation that matches, and not by its neighbours", () => {
    const requestLine = { method: "GET", target: "/refunds/7" };
    expect(over("plain", "refunds", { requestLine })).toMatchObject({ reason: "insecure_transport" });
    expect(over("plain", "refunds", { requestLine: { method: "GET", target: "/" } })).toHaveProperty("requirements");
    expect(over("plain", "refunds", { requestLine: { method: "GET", target: "/x" } })).toHaveProperty(
      "reason",
      "no_matching_rule",
    );
  });
});

describe("a CORS preflight", () => {
  const asks = (method: string): Partial<RequestFacts> => ({
    requestLine: { method: "OPTIONS", target: "/things/7" },
    headers: new Map([
      ["origin", "https://app.example"],
      ["access-control-request-method", method],
    ]),
    transport: "plain",
  });
  const open = (rule: string, facts: Partial<RequestFacts>): unknown =>
    match({ binding: { by: "rule", rule }, ...facts });

  it("passes if the rule says so, over any transport", () => {
    expect(open("things", asks("DELETE"))).toMatchObject({ isOpen: true });
  });

  it("passes only if an operation matches the requested method", () => {
    expect(open("things-by-method", asks("PUT"))).toMatchObject({ isOpen: true, segments: ["things", "7"] });
    expect(open("things-by-method", asks("DELETE"))).toHaveProperty("reason", "no_matching_rule");
    expect(open("things-by-method", asks("PATCH"))).toHaveProperty("reason", "no_matching_rule");
    expect(open("things-by-method", asks("put"))).toHaveProperty("reason", "no_matching_rule");
  });

  it("is judged like any request by an operation for OPTIONS", () => {
    const facts = { ...asks("PUT"), requestLine: { method: "OPTIONS", target: "/own-options" } };
    expect(open("things-by-method", facts)).toMatchObject({ reason: "insecure_transport" });
    expect(open("things-by-method", { ...facts, transport: "tls" })).toMatchObject({ isOpen: false });
  });

  it.each<[what: string, changes: Partial<RequestFacts>]>([
    ["another method", { requestLine: { method: "GET", target: "/things/7" } }],
    ["no request line", { requestLine: undefined }],
    ["no Origin", { headers: new Map([["access-control-request-method", "PUT"]]) }],
    ["nothing that it asks for", { headers: new Map([["origin", "https://app.example"]]) }],
    ["a token", { authorization: "Bearer x" }],
  ])("with %s is not a preflight", (_what, changes) => {
    expect(open("things", { ...asks("PUT"), transport: "tls", ...changes })).toMatchObject({ isOpen: false });
  });

  it("with any content in a token source is not a preflight", () => {
    expect(match({ binding: { by: "rule", rule: "things" }, ...asks("PUT"), transport: "tls" }, false)).toMatchObject({
      isOpen: false,
    });
  });

  it("needs a token if the rule does not say otherwise", () => {
    expect(open("read", { ...asks("PUT"), transport: "tls" })).toMatchObject({ isOpen: false });
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

  it("ends a request in every mode when the request line is malformed", () => {
    const reporting = compileRules("report", { read: {} });
    expect(check(undefined, reporting)).toMatchObject({ denial: { reason: "path_ambiguous" }, mode: "enforce" });
  });

  it.each<[what: string, mode: string, routes: object, expected: string]>([
    ["all rules report", "report", { read: {}, other: { access: "public" } }, "report"],
    ["one rule enforces", "report", { read: {}, other: { mode: "enforce" } }, "enforce"],
    [
      "one operation enforces",
      "report",
      { read: {}, other: { operations: [{ methods: ["GET"], path: "/a", mode: "enforce" }] } },
      "enforce",
    ],
    ["Kong Routes without a rule are refused", "enforce", { read: { mode: "report" } }, "enforce"],
  ])("is judged in the strictest mode of the whole policy: %s", (_what, mode, routes, expected) => {
    expect(check(target("/a/..%2fb"), compileRules(mode, routes))).toMatchObject({ mode: expected });
  });

  const compileRules = (mode: string, routes: object): typeof policy =>
    compileDocument(policyDocument({ issuer: ISSUER, audiences: [AUDIENCE] }, { defaults: { mode }, routes }));
});
