import { describe, expect, it } from "vitest";
import type { RequestFacts } from "../../../plugin/core/model/request.ts";
import type { SentToken, VerifiedToken } from "../../../plugin/core/model/token.ts";
import { composeUpstream, keepCompared, reportedCredentials } from "../../../plugin/core/upstream/compose-upstream.ts";
import { forwardToken, withholdTokens } from "../../../plugin/core/upstream/forward-token.ts";
import { compilePolicy, requestOf, requirementsOf } from "../fixtures.ts";

const COOKIE = { cookie: "__Host-t", allowed_origins: ["https://app.example"] };
const SOURCES = ["authorization", { header: "x-t" }, COOKIE, { query: "t" }];
const policyOf = (token: object) => compilePolicy({ token: { sources: SOURCES, ...token } });
const REMOVED = { authorization: [], "x-t": [], x_t: [] };
const sentBy = (from: "authorization" | "query", text: string): SentToken => ({
  token: "a.b.c",
  credential: { source: from === "query" ? { from, name: "t" } : { from }, text },
});
const factsOf = (changes: Partial<RequestFacts> = {}): RequestFacts => requestOf(undefined, changes);

describe("a later change of a header wins: identity, compared headers, credentials, caller", () => {
  const policy = compilePolicy({ header_mappings: { "x-a": "sub" } });
  const cleared = { "x-a": [], x_a: [] };
  it.each([
    [{}, cleared],
    [{ mapped: { "x-a": "1" } }, { "x-a": "1" }],
    [{ mapped: { "x-a": "1" }, compared: { "x-a": "2" } }, { "x-a": "2" }],
    [
      { compared: { "x-a": "2" }, credentials: { headers: { "x-a": "3" } } },
      { ...cleared, "x-a": "3" },
    ],
  ])("%j", (parts, headers) => {
    const caller = { identity: undefined, headers: {} };
    expect(composeUpstream(policy, { ...parts, caller })).toEqual({ headers, rawQuery: undefined, caller: undefined });
    const named = { identity: undefined, headers: { "x-a": "4" } };
    expect(composeUpstream(policy, { ...parts, caller: named }).headers).toEqual({ ...headers, "x-a": "4" });
  });

  it("and the query comes from the credentials", () => {
    const caller = { identity: undefined, headers: {} };
    expect(composeUpstream(policy, { credentials: { headers: {}, rawQuery: "" }, caller }).rawQuery).toBe("");
  });
});

it("a compared header gets the value that was compared, and loses its other spellings", () => {
  const comparedHeaders = [{ name: "x-a", spellings: ["x-a", "x_a"] }];
  const keep = (headers: Record<string, string>): unknown =>
    keepCompared({ ...requirementsOf(), comparedHeaders }, factsOf({ headers: new Map(Object.entries(headers)) }));
  expect(keep({ "x-a": "1", x_a: "2" })).toEqual({ "x-a": "1", x_a: [] });
  expect(keep({ x_a: "2" })).toEqual({ "x-a": [], x_a: [] });
});

describe("a verified token", () => {
  const bearer = sentBy("authorization", "bearer a.b.c");
  it.each<[what: string, token: object, sent: SentToken, headers: object]>([
    ["stays as it came in Authorization", {}, bearer, { ...REMOVED, authorization: "bearer a.b.c" }],
    [
      "gets the scheme Bearer, if it had another",
      {},
      sentBy("authorization", "JWT a.b.c"),
      { ...REMOVED, authorization: "Bearer a.b.c" },
    ],
    [
      "gets the scheme Bearer, if its text only contains it",
      {},
      sentBy("authorization", "x bearer a.b.c"),
      { ...REMOVED, authorization: "Bearer a.b.c" },
    ],
    [
      "goes from the query into Authorization",
      {},
      sentBy("query", "bearer a.b.c"),
      { ...REMOVED, authorization: "Bearer a.b.c" },
    ],
    [
      "goes into the header that the policy names",
      { forward: { header: "x-to" } },
      bearer,
      { ...REMOVED, "x-to": "a.b.c" },
    ],
    ["goes nowhere", { forward: false }, bearer, REMOVED],
  ])("%s", (_what, token, sent, headers) => {
    expect(forwardToken(policyOf(token), factsOf(), sent)).toEqual({ headers, rawQuery: undefined });
  });
});

describe("tokens in cookies and queries", () => {
  const withhold = (target: string | undefined, cookie?: string) =>
    withholdTokens(
      policyOf({}),
      factsOf({
        requestLine: target === undefined ? undefined : { method: "GET", target },
        headers: new Map(cookie === undefined ? [] : [["cookie", cookie]]),
      }),
    );
  it.each<[target: string | undefined, cookie: string | undefined, changed: { cookie?: unknown; rawQuery?: string }]>([
    ["/", undefined, {}],
    [undefined, "a=b", {}],
    ["/?a=b", "a=b", {}],
    ["/?t=x", "__Host-t=x", { cookie: [], rawQuery: "" }],
    ["/?a&t=x", "a=b; __Host-t=x", { cookie: "a=b", rawQuery: "a" }],
  ])("are removed, and all else stays: %j, %j", (target, cookie, { rawQuery, ...changed }) => {
    expect(withhold(target, cookie)).toEqual({ headers: { ...REMOVED, ...changed }, rawQuery });
  });
});

it("in report mode, a token that was not verified stays only if the policy forwards tokens", () => {
  const sent = sentBy("authorization", "JWT a.b.c");
  const facts = factsOf({ requestLine: { method: "GET", target: "/?t=x" } });
  const verified = { sent, claims: {}, payload: new Uint8Array() } as VerifiedToken & { readonly sent: SentToken };
  expect(reportedCredentials(policyOf({}), facts, undefined)).toBeUndefined();
  expect(reportedCredentials(policyOf({ forward: false }), facts, undefined)).toEqual({
    headers: REMOVED,
    rawQuery: "",
  });
  expect(reportedCredentials(policyOf({}), facts, verified as never)).toEqual({
    headers: { ...REMOVED, authorization: "Bearer a.b.c" },
    rawQuery: "",
  });
});
