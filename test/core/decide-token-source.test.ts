import { describe, expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import { isAllow } from "../../plugin/core/model/decision.ts";
import type { RequestFacts } from "../../plugin/core/model/request.ts";
import { createKeySource } from "../../plugin/keys/life/key-source.ts";
import { noFiles } from "../keys/store/no-files.ts";
import { silentLog } from "../logs.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";
import { claimsOf, compileDocument, inlineIssuer, NOW, policyDocument, requestOf } from "./fixtures.ts";

/** What the upstream gets of a token, by source and `forward`. */

const key = generateSigningKey("ES256", "1");
const keys = createKeySource({ now: () => NOW * 1000, log: silentLog, files: noFiles });
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

/** The changes of an Allow without identity headers, with what would have been refused; or the reason of a Deny. */
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
  return {
    user,
    ...changed,
    ...(rawQuery === undefined ? {} : { rawQuery }),
    ...(reported ? { reported: reported.denial.reason } : {}),
  };
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

describe("the client's own Authorization", () => {
  const settings = { sources: [{ header: "x-t" }], forward: false, client_authorization: "keep" };
  const kept = { user: "alice", "x-t": [], x_t: [] };
  it.each<[settings: object, sent: Sent, expected: unknown]>([
    [settings, { headers: { "x-t": token }, authorization: "Basic YTpi" }, kept],
    [settings, { headers: { "x-t": token }, authorization: `Bearer ${token}` }, kept],
    [settings, { headers: { "x-t": token } }, kept],
    [{ ...settings, forward: { header: "x-t" } }, { headers: { "x-t": token } }, { ...kept, "x-t": token }],
    [settings, { rule: "maybe", authorization: `Bearer ${token}` }, { ...kept, user: [] }],
    [settings, { rule: "open", authorization: `Bearer ${token}` }, { user: [] }],
    [settings, { authorization: `Bearer ${token}` }, "token_missing"],
    [settings, { headers: { "x-t": "a.b.c" }, authorization: `Bearer ${token}` }, "token_malformed"],
    [
      settings,
      { rule: "reported", headers: { "x-t": "a.b.c" }, authorization: "Basic YTpi" },
      { ...kept, user: [], reported: "token_malformed" },
    ],
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
  const byCookie = { headers: { cookie: `__Host-t=${token}` } };
  it.each<[settings: object, sent: Sent, expected: object]>([
    [{ forward: false }, { authorization: `Bearer ${token}` }, { user: "alice", authorization: [] }],
    [{ forward: false, sources: SOURCES }, byCookie, { ...ALICE, authorization: [], cookie: [] }],
    [
      { forward: { header: "x-to" } },
      { authorization: `Bearer ${token}` },
      { user: "alice", authorization: [], "x-to": token, x_to: [] },
    ],
    [
      { forward: { header: "x-t" }, sources: SOURCES },
      byCookie,
      { ...ALICE, authorization: [], "x-t": token, cookie: [] },
    ],
    // Authorization is not a source, so the plugin did not check what the client sent there.
    [
      { sources: [cookie] },
      { ...byCookie, authorization: "Basic YTpi" },
      { user: "alice", authorization: `Bearer ${token}`, cookie: [] },
    ],
    [
      { sources: [cookie], forward: false },
      { ...byCookie, authorization: "Basic YTpi" },
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
    // A public rule reads no source, and clears the headers that only the policy may set.
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
  const everywhere = {
    rule: "reported",
    authorization: "Bearer x",
    target: "/?t=x&a",
    headers: { cookie: "a=b; __Host-t =x", "x-t": "x" },
  };
  it.each<[settings: object, sent: Sent, expected: object]>([
    // Unchanged.
    [{ sources: SOURCES }, everywhere, { user: [], reported: "credentials_malformed" }],
    [
      { sources: SOURCES, forward: { header: "x-to" } },
      { rule: "reported", authorization: "Bearer x" },
      { user: [], "x-to": [], x_to: [], reported: "token_malformed" },
    ],
    // No unverified token, even if it could not be read.
    [
      { sources: SOURCES, forward: false },
      everywhere,
      { ...NOBODY, cookie: "a=b", rawQuery: "a", reported: "credentials_malformed" },
    ],
    [
      { sources: SOURCES },
      { rule: "reported", method: "POST", headers: { cookie: `__Host-t=${token}` } },
      { user: [], reported: "origin_not_allowed" },
    ],
    // Verified, but without the required rights.
    [
      { sources: SOURCES },
      { rule: "admin", headers: { cookie: `__Host-t=${token}` } },
      { ...ALICE, cookie: [], reported: "scope_insufficient" },
    ],
    [
      { sources: SOURCES, forward: false },
      { rule: "admin", target: `/?t=${token}` },
      { ...ALICE, authorization: [], rawQuery: "", reported: "scope_insufficient" },
    ],
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
