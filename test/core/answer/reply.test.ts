import { describe, expect, it } from "vitest";
import { createReply } from "../../../plugin/core/answer/reply.ts";
import { decide } from "../../../plugin/core/decide.ts";
import { PLAIN_REPLY } from "../../../plugin/core/model/answers.ts";
import type { Deny } from "../../../plugin/core/model/decision.ts";
import type { KeySource } from "../../../plugin/core/model/key.ts";
import {
  alternativeOf,
  compileDocument,
  membershipOf,
  NOW,
  policyDocument,
  requestOf,
  requirementsOf,
} from "../fixtures.ts";

const ISSUER = { issuer: "https://idp.example.com", audiences: ["api"] };
const RESOURCE = { protected_resource: { resource: "https://api.example.com/pay" } };
const URL = "https://api.example.com/.well-known/oauth-protected-resource/pay";
const policy = compileDocument(policyDocument(ISSUER));
const described = compileDocument(policyDocument(ISSUER, RESOURCE));
const naming = compileDocument(policyDocument(ISSUER, { answers: { name_scopes: true } }));
const noKeys: KeySource = { find: async () => ({ found: "unknown" }) as never };

describe("the form of the answer to a refused client", () => {
  it("follows from the parts of the request that matter", () => {
    const relevant = { accept: "text/html", "content-type": "application/grpc" };
    const headers = new Map(Object.entries({ ...relevant, cookie: "a=b" }));
    const expected = { ...PLAIN_REPLY, accept: "text/html", contentType: "application/grpc", requestId: "7" };
    expect(createReply(policy, requestOf("token", { headers, requestId: "7" }))).toEqual(expected);
  });

  it("is the policy's default if the request could not be read", () => {
    expect(createReply(described, undefined)).toEqual({ ...PLAIN_REPLY, resourceMetadata: URL });
  });

  const oneWay = requirementsOf({ scopes: membershipOf({ allOf: ["a"], anyOf: ["b"], noneOf: ["c"] }) });
  const twoWays = [alternativeOf({ requiredScopes: ["a"] }), alternativeOf()];
  it.each<[what: string, requirements: ReturnType<typeof requirementsOf>, scopes: readonly string[]]>([
    ["all and any of them", oneWay, ["a", "b"]],
    ["none where none is asked for", requirementsOf(), []],
    ["none where there are two ways", { ...requirementsOf(), alternatives: twoWays }, []],
  ])("names the scopes if there is only one way to pass: %s", (_what, requirements, scopes) => {
    expect(createReply(described, undefined, requirements).scopes).toEqual(scopes);
    expect(createReply(policy, undefined, requirements).scopes, "without a description").toEqual([]);
    expect(createReply(naming, undefined, requirements).scopes, "with name_scopes").toEqual(scopes);
  });
});

describe("a Deny takes the form from the policy and the request", () => {
  const facts = requestOf(undefined, { headers: new Map([["accept", "a/b"]]), requestId: "7" });
  const judge = async (changes: object): Promise<Deny> =>
    (await decide({ ...facts, ...changes }, described, noKeys, () => NOW)) as Deny;
  const own = { accept: "a/b", requestId: "7", resourceMetadata: URL };

  it.each<[what: string, changes: object, reason: string, scopes: readonly string[]]>([
    ["without a token", {}, "token_missing", ["read"]],
    ["with a bad token", { authorization: "Bearer x" }, "token_malformed", ["read"]],
    ["before a rule is met", { connection: "x" }, "connection_header_refused", []],
    ["without a rule", { binding: { by: "route", name: "x", tags: [] } }, "no_matching_rule", []],
  ])("%s", async (_what, changes, reason, scopes) => {
    expect(await judge(changes)).toMatchObject({ verdict: "deny", denial: { reason }, reply: { ...own, scopes } });
  });
});
