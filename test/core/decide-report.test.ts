import { describe, expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import { type Allow, isAllow } from "../../plugin/core/model/decision.ts";
import type { RequestFacts } from "../../plugin/core/model/request.ts";
import { PASSED, succeed } from "../../plugin/core/model/result.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";
import { claimsOf, compileDocument, inlineIssuer, NOW, policyDocument, requestOf } from "./fixtures.ts";
import { createInlineKeys } from "./inline-keys.ts";

const key = generateSigningKey("ES256", "acme-1");
const document = {
  routes: {
    read: { required_scopes: ["read"] },
    strict: { mode: "enforce", required_scopes: ["read"] },
    mixed: {
      operations: [
        { methods: ["GET"], path: "/a", required_scopes: ["read"] },
        { methods: ["GET"], path: "/b", required_scopes: ["read"], mode: "enforce" },
      ],
    },
    watched: { operations: [{ methods: ["GET"], path: "/a", required_scopes: ["read"] }] },
    "watched-strict": { mode: "enforce", operations: [{ methods: ["GET"], path: "/a", mode: "report" }] },
    browse: { access: "optional" },
    health: { access: "public" },
  },
  defaults: { mode: "report" },
};
const CLEARED = { "x-user-id": [], "x-user_id": [], x_user_id: [], "x_user-id": [] };
const ALICE = { ...CLEARED, "x-user-id": "alice" };

const keys = createInlineKeys();
const token = (claims: Record<string, unknown> = {}): string => mintToken({ key, claims: claimsOf(claims) });

async function judge(facts: RequestFacts, changes: Record<string, unknown> = {}): Promise<Allow | undefined> {
  const policy = compileDocument(policyDocument(inlineIssuer([key]), { ...document, ...changes }));
  const decision = await decide(facts, policy, keys, () => NOW);
  return isAllow(decision) ? decision : undefined;
}
const bound = (rule: string, credentials?: string, changes: Partial<RequestFacts> = {}): RequestFacts =>
  requestOf(credentials, { binding: { by: "rule", rule }, ...changes });
const get = (target: string) => ({ requestLine: { method: "GET", target } });

describe("in report mode", () => {
  it("a good request passes without a report", async () => {
    const allow = await judge(bound("read", token()));
    expect(allow?.headers).toMatchObject(ALICE);
    expect(allow?.reported).toBeUndefined();
  });

  it.each<[what: string, facts: RequestFacts, reason: string]>([
    ["no token", bound("read"), "token_missing"],
    ["nonsense for a token", bound("read", "nonsense"), "token_malformed"],
    ["a token of a stranger", bound("read", token({ iss: "https://evil.example" })), "issuer_untrusted"],
    ["a bad signature", bound("read", `${token().slice(0, -8)}AAAAAAAA`), "signature_invalid"],
    ["an expired token", bound("read", token({ exp: NOW - 1000 })), "token_expired"],
    ["a bad token where none is needed", bound("browse", "nonsense"), "token_malformed"],
    ["another Kong Route", requestOf(token(), { binding: { by: "route", name: "x", tags: [] } }), "no_matching_rule"],
    ["a rule that is not there", bound("ghost", token()), "policy_unavailable"],
    [
      "a Connection that would strip headers",
      bound("read", token(), { connection: "x-user-id" }),
      "connection_header_refused",
    ],
    ["plain HTTP", bound("read", token(), { transport: "plain" }), "insecure_transport"],
    ["a path that can be read in two ways", bound("watched", token(), get("/a//b")), "path_ambiguous"],
    ["a path that no operation fits", bound("mixed", token(), get("/c")), "no_matching_rule"],
  ])("%s is reported, and the request goes on unchanged and without any identity", async (_what, facts, reason) => {
    const allow = await judge(facts);
    expect(allow?.reported?.denial).toHaveProperty("reason", reason);
    expect(allow?.headers).toEqual(CLEARED);
  });

  it("a valid token without the right still sets the identity", async () => {
    const credentials = token({ scope: "write" });
    const allow = await judge(bound("read", credentials));
    expect(allow?.reported?.denial).toHaveProperty("reason", "scope_insufficient");
    expect(allow?.headers).toEqual({ ...ALICE, authorization: `Bearer ${credentials}` });
  });

  it.each([
    ["read", "claim_not_header_safe"],
    ["write", "scope_insufficient"],
  ])("if a claim cannot be a header, the request has no identity at all, with scope %s", async (scope, reason) => {
    const allow = await judge(bound("read", token({ sub: "al\r\nice", scope })));
    expect(allow).toMatchObject({ reported: { denial: { reason } }, headers: CLEARED });
  });

  it("the token is removed also if a claim cannot be a header", async () => {
    const allow = await judge(bound("read", token({ sub: "al\r\nice" })), { token: { forward: false } });
    expect(allow?.headers).toEqual({ ...CLEARED, authorization: [] });
  });

  it.each(["alice", "al\r\nice"])(
    "a header that a claim is compared with has one spelling, for sub %j",
    async (sub) => {
      const required_claims = { tenant: { equals_header: "x-tenant" } };
      const facts = bound("tenant", token({ tenant: "acme", sub, scope: "" }), {
        headers: new Map([["x-tenant", "acme"]]),
      });
      const allow = await judge(facts, { routes: { tenant: { required_claims, required_scopes: ["read"] } } });
      expect(allow?.reported?.denial).toHaveProperty("reason", "scope_insufficient");
      expect(allow?.headers).toMatchObject({ "x-tenant": "acme", x_tenant: [] });
    },
  );

  it("no token, good or bad, goes on if the upstream must not get the token", async () => {
    for (const credentials of [token(), token({ scope: "write" }), "nonsense"]) {
      const allow = await judge(bound("read", credentials), { token: { forward: false } });
      expect(allow?.headers.authorization).toEqual([]);
    }
  });

  it.each<[what: string, requestLine: RequestFacts["requestLine"]]>([
    ["a dot segment", { method: "GET", target: "/..%2fstrict" }],
    ["a fragment", { method: "GET", target: "/a#?b" }],
    ["no request line that can be read", undefined],
  ])("a Kong Route without a rule does not use a rule that enforces: %s", async (_what, requestLine) => {
    const facts = requestOf(undefined, { binding: { by: "route", name: "x", tags: [] } });
    const policy = compileDocument(policyDocument(inlineIssuer([key]), document));
    const decision = await decide({ ...facts, requestLine }, policy, keys, () => NOW);
    expect(decision).toHaveProperty("denial.reason", "path_ambiguous");
  });

  it("a rule or an operation that enforces still refuses", async () => {
    expect(await judge(bound("strict"))).toBeUndefined();
    expect(await judge(bound("mixed", undefined, get("/a")))).toHaveProperty("reported");
    expect(await judge(bound("mixed", undefined, get("/b")))).toBeUndefined();
  });

  // No spelling may bypass an operation that enforces. None of these requests has a token.
  it.each<[what: string, rule: string, target: string, changes: Partial<RequestFacts>, passes: boolean]>([
    ["a Connection that would strip headers, at an operation that enforces", "mixed", "/b", { connection: "x" }, false],
    ["a Connection that would strip headers, at an operation that reports", "mixed", "/a", { connection: "x" }, true],
    ["plain HTTP, where the operation enforces", "mixed", "/b", { transport: "plain" }, false],
    ["plain HTTP, where it reports", "mixed", "/a", { transport: "plain" }, true],
    ["a path that may lead to an operation that enforces", "mixed", "/./b", {}, false],
    ["a path that can be read in two ways, at a rule without enforced operations", "watched", "//a", {}, true],
    ["a dot segment, which may lead to another rule that enforces", "watched", "/./a", {}, false],
    ["an encoded dot segment on a rule without operations", "browse", "/..%2fb", {}, false],
    ["an encoded dot segment on a public rule", "health", "/..%2fb", {}, false],
    ["a fragment", "browse", "/a#b", {}, false],
    ["a Connection beside a dot segment", "read", "/..%2fb", { connection: "x" }, false],
    ["a path that can be read in two ways, at a rule that enforces", "watched-strict", "/./a", {}, false],
    ["a Connection beside such a path", "mixed", "/./b", { connection: "x" }, false],
  ])("%s", async (_what, rule, target, changes, passes) => {
    const allow = await judge(bound(rule, undefined, { ...get(target), ...changes }));
    expect(allow !== undefined).toBe(passes);
  });

  it("a dot segment is only reported if every rule of the policy reports", async () => {
    const changes = { routes: { read: {}, health: { access: "public" } } };
    const allow = await judge(bound("health", undefined, get("/..%2fb")), changes);
    expect(allow).toMatchObject({ headers: CLEARED, reported: { denial: { reason: "path_ambiguous" } } });
  });

  it.each(["read", "health", "watched"])("a malformed request line ends the request on %s", async (rule) => {
    const operations = [{ methods: ["GET"], path: "/" }];
    const routes = { read: {}, health: { access: "public" }, watched: { operations } };
    const facts = bound(rule, token(), { requestLine: undefined });
    expect(await judge(facts, { routes, token: { forward: false, sources: [{ query: "t" }] } })).toBeUndefined();
  });

  it("a single rule can report, and a request without a rule is still refused", async () => {
    const changes = { defaults: {}, routes: { read: { mode: "report" }, other: {} } };
    expect(await judge(bound("read"), changes)).toHaveProperty("reported.denial.reason", "token_missing");
    expect(await judge(bound("other"), changes)).toBeUndefined();
    expect(await judge(bound("ghost"), changes)).toBeUndefined();
  });

  it("a defect of the plugin still ends the request", async () => {
    const policy = compileDocument(policyDocument(inlineIssuer([key]), document));
    const stranger = { issuer: "https://evil.example", kid: "acme-1", algorithm: "ES256", verify: () => PASSED };
    const failing = { find: async () => succeed(stranger) };
    const decision = await decide(bound("read", token()), policy, failing, () => NOW);
    expect(decision).toMatchObject({ verdict: "deny", denial: { reason: "internal_error" } });
  });
});
