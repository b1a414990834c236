import { describe, expect, it } from "vitest";
import { matchRule } from "../../plugin/core/match.ts";
import type { Binding, RequestFacts } from "../../plugin/core/request.ts";
import { AUDIENCE, compileDocument, ISSUER, policyDocument, requestOf } from "./fixtures.ts";

const policy = compileDocument(
  policyDocument(
    { issuer: ISSUER, audiences: [AUDIENCE] },
    {
      routes: {
        read: { required_scopes: ["read"] },
        health: { access: "public" },
        refunds: {
          required_scopes: ["refunds"],
          operations: [
            { methods: ["GET"], path: "/refunds/{id}" },
            { methods: ["GET"], path: "/refunds", required_scopes: ["refunds:list"] },
            { methods: ["POST", "PUT"], path: "/refunds", required_scopes: ["refunds:write"] },
            { methods: ["GET"], path: "/refunds/{id}/notes/{note}", access: "optional" },
            { methods: ["GET"], path: "/", required_scopes: [] },
          ],
        },
      },
    },
  ),
);

const match = (changes: Partial<RequestFacts>): unknown => matchRule(policy, requestOf(undefined, changes));
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
    expect(bound(binding)).toEqual({ rule, requirements: policy.rules.get(rule)?.requirements, segments: [] });
  });

  it.each(["", "Read", "read ", "__proto__", "constructor", "nowhere"])(
    "is unavailable when the plugin's config names %j, which the policy does not have",
    (rule) => {
      expect(bound({ by: "rule", rule })).toEqual({
        reason: "policy_unavailable",
        detail: `policy "payments" has no rule "${rule}", which the plugin's config names`,
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
  ])("refuses a Route that no rule is called like: %j", (binding) => {
    expect(bound(binding)).toEqual({
      reason: "no_matching_rule",
      detail: `policy "payments" names no rule for Kong Route "${binding.name ?? ""}"`,
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
    " close\t,, ",
  ])("may be %j", (connection) => {
    expect(match({ connection })).toHaveProperty("rule", "read");
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
  ])("may not be %j", (connection) => {
    expect(match({ connection })).toEqual({ reason: "connection_header_refused" });
    expect(match({ connection, binding: { by: "rule", rule: "health" } })).toHaveProperty(
      "reason",
      "connection_header_refused",
    );
  });

  it("does not matter when no rule governs the request", () => {
    expect(match({ connection: "x-user-id", binding: { by: "rule", rule: "other" } })).toHaveProperty(
      "reason",
      "policy_unavailable",
    );
  });
});

describe("decides by method and path where a rule has operations", () => {
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
      rule: "refunds",
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
  ])("refuses %s %s, which no operation fits", (method, target) => {
    expect(refunds(method, target)).toEqual({
      reason: "no_matching_rule",
      detail: 'no operation of rule "refunds" fits method and path',
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
    expect(refunds("GET", target)).toEqual({ reason: "path_ambiguous" });
  });

  it("looks at no path where the rule has no operations", () => {
    expect(match({ requestLine: { method: "GET", target: "/a/../b" } })).toHaveProperty("rule", "read");
    expect(match({ requestLine: undefined })).toHaveProperty("rule", "read");
  });

  it("refuses to decide by path without a readable request line", () => {
    expect(match({ binding: { by: "rule", rule: "refunds" }, requestLine: undefined })).toEqual({
      reason: "path_ambiguous",
    });
  });
});
