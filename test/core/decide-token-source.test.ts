import { describe, expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import { isAllow } from "../../plugin/core/model/decision.ts";
import type { KeySource } from "../../plugin/core/model/key.ts";
import type { RequestFacts } from "../../plugin/core/model/request.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";
import { claimsOf, compileDocument, inlineIssuer, NOW, policyDocument, requestOf } from "./fixtures.ts";
import { createInlineKeys } from "./inline-keys.ts";

/** The parts of a token that the upstream gets, by source and `forward`. */

const key = generateSigningKey("ES256", "1");
const keys = createInlineKeys();
const token = mintToken({ key, claims: claimsOf() });
const cookie = { cookie: "__Host-t", allowed_origins: ["https://app.example"] };
const SOURCES = ["authorization", { header: "x-t" }, cookie, { query: "t" }];

interface Sent {
  readonly rule?: string;
  readonly method?: string;
  readonly authorization?: string;
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The changes of an Allow without identity headers, with the denial that was not enforced. Or the reason of a Deny. */
async function judge(settings: object, { rule = "read", method = "GET", target = "/", headers = {}, ...sent }: Sent) {
  const policy = compileDocument(
    policyDocument(inlineIssuer([key]), {
      token: settings,
      routes: {
        read: { required_scopes: ["read"] },
        maybe: { access: "optional" },
        open: { access: "public" },
        reported: { mode: "report", required_scopes: ["read"] },
        admin: { mode: "report", required_scopes: ["admin"] },
      },
    }),
  );
  const facts: RequestFacts = requestOf(undefined, {
    binding: { by: "rule", rule },
    requestLine: { method, target },
    headers: new Map(Object.entries(headers)),
    authorization: sent.authorization,
  });
  const decision = await decide(facts, policy, keys, () => NOW);
  if (!isAllow(decision)) {
    return decision.verdict === "deny" && decision.denial.reason;
  }
  const { "x-user-id": user, "x-user_id": _a, "x_user-id": _b, x_user_id: _c, ...changed } = decision.headers;
  const { rawQuery, reported } = decision;
  const query = rawQuery === undefined ? {} : { rawQuery };
  return { user, ...changed, ...query, ...(reported ? { reported: reported.denial.reason } : {}) };
}

const ALICE = { user: "alice", authorization: `Bearer ${token}`, "x-t": [], x_t: [] };
const NOBODY = { user: [], authorization: [], "x-t": [], x_t: [] };

describe("the upstream gets the token as Authorization and nowhere else", () => {
  it.each<[sent: Sent, expected: object]>([
    [{ authorization: `bearer   ${token}` }, { ...ALICE, authorization: `bearer   ${token}` }],
    [{ headers: { "x-t": token } }, ALICE],
    [{ headers: { cookie: `a=b; __Host-t=${token}` } }, { ...ALICE, cookie: "a=b" }],
    [{ headers: { cookie: `__Host-t=${token}` } }, { ...ALICE, cookie: [] }],
    [{ headers: { cookie: "a=b", "x-t": token } }, ALICE],
    [{ target: `/?a=b&t=${token}` }, { ...ALICE, rawQuery: "a=b" }],
    [{ target: `/?t=${token}` }, { ...ALICE, rawQuery: "" }],
  ])("%j", async (sent, expected) => {
    expect(await judge({ sources: SOURCES }, sent)).toEqual(expected);
  });
});

const byCookie: Sent = { headers: { cookie: `__Host-t=${token}` } };
const basic = { authorization: "Basic YTpi" };
const bearer = { authorization: `Bearer ${token}` };

describe("the client's own Authorization", () => {
  const settings = { sources: [{ header: "x-t" }], forward: false, client_authorization: "keep" };
  const kept = { user: "alice", "x-t": [], x_t: [] };
  const malformed = { headers: { "x-t": "a.b.c" } };
  it.each<[settings: object, sent: Sent, expected: unknown]>([
    [settings, { headers: { "x-t": token }, ...basic }, kept],
    [settings, { headers: { "x-t": token }, ...bearer }, kept],
    [settings, { headers: { "x-t": token } }, kept],
    [{ ...settings, forward: { header: "x-t" } }, { headers: { "x-t": token } }, { ...kept, "x-t": token }],
    [settings, { rule: "maybe", ...bearer }, { ...kept, user: [] }],
    [settings, { rule: "open", ...bearer }, { user: [] }],
    [settings, bearer, "token_missing"],
    [settings, { ...malformed, ...bearer }, "token_malformed"],
    [settings, { rule: "reported", ...malformed, ...basic }, { ...kept, user: [], reported: "token_malformed" }],
  ])("stays as it is if the policy keeps it, and never counts as a token: %j, %j", async (given, sent, expected) => {
    expect(await judge(given, sent)).toEqual(expected);
  });
});

describe("the upstream gets the scheme Bearer, from whichever scheme the client used", () => {
  it.each([`JWT ${token}`, `jwt   ${token}`, token])("%s", async (authorization) => {
    const settings = { sources: [{ authorization: ["JWT", "Bearer"], bare: true }] };
    expect(await judge(settings, { authorization })).toEqual({ user: "alice", authorization: `Bearer ${token}` });
    const bearer = `bearer  ${token}`;
    expect(await judge(settings, { authorization: bearer })).toEqual({ user: "alice", authorization: bearer });
  });
});

describe("forward names another header for the token", () => {
  it.each<[settings: object, sent: Sent, expected: object]>([
    [{ forward: false }, bearer, { user: "alice", authorization: [] }],
    [{ forward: false, sources: SOURCES }, byCookie, { ...ALICE, authorization: [], cookie: [] }],
    [{ forward: { header: "x-to" } }, bearer, { user: "alice", authorization: [], "x-to": token, x_to: [] }],
    [
      { forward: { header: "x-t" }, sources: SOURCES },
      byCookie,
      { ...ALICE, authorization: [], "x-t": token, cookie: [] },
    ],
    // Authorization is not a source, so the plugin does not check the client's Authorization.
    [{ sources: [cookie] }, { ...byCookie, ...basic }, { user: "alice", ...bearer, cookie: [] }],
    [
      { sources: [cookie], forward: false },
      { ...byCookie, ...basic },
      { user: "alice", authorization: [], cookie: [] },
    ],
  ])("%j, %j", async (settings, sent, expected) => {
    expect(await judge(settings, sent)).toEqual(expected);
  });
});

describe("without a token", () => {
  it.each<[settings: object, sent: Sent, expected: unknown]>([
    [{ sources: SOURCES }, { rule: "maybe" }, NOBODY],
    [{ sources: SOURCES }, { rule: "maybe", target: "/?a", headers: { cookie: "a=b" } }, NOBODY],
    [{ sources: [cookie] }, { rule: "maybe", authorization: "Bearer x" }, { user: [], authorization: [] }],
    [{ sources: SOURCES }, { rule: "maybe", authorization: "Basic x" }, "token_missing"],
    [{ sources: SOURCES }, { rule: "maybe", headers: { "x-t": "x" } }, "token_malformed"],
    [{ sources: SOURCES }, { rule: "maybe", headers: { cookie: "__Host-t=" } }, "token_missing"],
    [{ sources: SOURCES }, { rule: "maybe", headers: { cookie: "__Host-t" } }, "credentials_malformed"],
    [{ sources: SOURCES }, { rule: "maybe", target: "/?t" }, "credentials_malformed"],
    [{ sources: SOURCES }, { rule: "maybe", target: "/?%" }, "credentials_malformed"],
    // A public rule reads no source, and removes the headers that only the policy may set.
    [
      { sources: SOURCES },
      { rule: "open", target: "/?t=x&%", headers: { cookie: "__Host-t", "x-t": "x" } },
      { user: [] },
    ],
    [{ forward: { header: "x-to" } }, { rule: "open" }, { user: [], "x-to": [], x_to: [] }],
    [{ forward: { header: "x-t" }, sources: SOURCES }, { rule: "open", headers: { "x-t": "x" } }, { user: [] }],
  ])("%j, %j", async (settings, sent, expected) => {
    expect(await judge(settings, sent)).toEqual(expected);
  });
});

describe("in report mode", () => {
  const headers = { cookie: "a=b; __Host-t =x", "x-t": "x" };
  const everywhere: Sent = { rule: "reported", authorization: "Bearer x", target: "/?t=x&a", headers };
  const withheld = { sources: SOURCES, forward: false };
  const reported = "credentials_malformed";
  const malformed = { user: [], "x-to": [], x_to: [], reported: "token_malformed" };
  const lacking = { ...ALICE, reported: "scope_insufficient" };
  it.each<[settings: object, sent: Sent, expected: object]>([
    // Unchanged.
    [{ sources: SOURCES }, everywhere, { user: [], reported }],
    [{ sources: SOURCES, forward: { header: "x-to" } }, { rule: "reported", authorization: "Bearer x" }, malformed],
    // The upstream gets no unverified token, even if the token could not be read.
    [withheld, everywhere, { ...NOBODY, cookie: "a=b", rawQuery: "a", reported }],
    [
      { sources: SOURCES },
      { rule: "reported", method: "POST", ...byCookie },
      { user: [], reported: "origin_not_allowed" },
    ],
    // The token is verified, but lacks the required rights.
    [{ sources: SOURCES }, { rule: "admin", ...byCookie }, { ...lacking, cookie: [] }],
    [withheld, { rule: "admin", target: `/?t=${token}` }, { ...lacking, authorization: [], rawQuery: "" }],
  ])("%j, %j", async (settings, sent, expected) => {
    expect(await judge(settings, sent)).toEqual(expected);
  });
});

it("a cookie counts for unsafe methods only from an allowed origin, which is checked before the token is read", async () => {
  const post = (origin: string | undefined, text = token): Sent => ({
    method: "POST",
    headers: { cookie: `__Host-t=${text}`, ...(origin === undefined ? {} : { origin }) },
  });
  expect(await judge({ sources: SOURCES }, post("https://app.example"))).toEqual({ ...ALICE, cookie: [] });
  expect(await judge({ sources: SOURCES }, post("https://evil.example"))).toBe("origin_not_allowed");
  expect(await judge({ sources: SOURCES }, post(undefined, "nonsense"))).toBe("origin_not_allowed");
});

it("a token of an issuer that may not use the source is refused before the plugin looks for a key", async () => {
  const asked: string[] = [];
  const recording: KeySource = {
    find: (issuer, joseHeader) => {
      asked.push(issuer.id);
      return keys.find(issuer, joseHeader);
    },
  };
  const issuers = { acme: inlineIssuer([key]), other: inlineIssuer([key], { issuer: "https://other.example" }) };
  const routes = { read: { accept: ["acme", "other"] } };
  const sources = [{ authorization: ["Bearer"], issuers: ["other"] }, { header: "x-t" }];
  const policy = compileDocument(policyDocument(issuers.acme, { issuers, token: { sources }, routes }));
  const judgeFrom = (facts: Partial<RequestFacts>) => decide(requestOf(undefined, facts), policy, recording, () => NOW);
  expect(await judgeFrom({ authorization: `Bearer ${token}` })).toMatchObject({
    denial: { reason: "issuer_untrusted", detail: 'tokens of issuer "acme" may not come in authorization' },
  });
  expect(asked).toEqual([]);
  expect(await judgeFrom({ headers: new Map([["x-t", token]]) })).toHaveProperty("verdict", "allow");
  expect(asked).toEqual(["acme"]);
});

it("the detail of a malformed token names the source of the token", async () => {
  const policy = compileDocument(policyDocument(inlineIssuer([key]), { token: { sources: SOURCES } }));
  const decision = await decide(requestOf(undefined, { headers: new Map([["x-t", "a.b"]]) }), policy, keys, () => NOW);
  const detail = "token in header x-t: not three non-empty segments: 3 characters in 2";
  expect(decision).toMatchObject({ verdict: "deny", denial: { reason: "token_malformed", detail } });
});
