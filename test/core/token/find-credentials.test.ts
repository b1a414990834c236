import { describe, expect, it } from "vitest";
import type { TokenSource } from "../../../plugin/core/model/policy.ts";
import type { RequestFacts } from "../../../plugin/core/model/request.ts";
import { fail, succeed } from "../../../plugin/core/model/result.ts";
import { extractToken } from "../../../plugin/core/token/extract-token.ts";
import { findCredentials } from "../../../plugin/core/token/find-credentials.ts";
import { denied } from "../../denials.ts";
import { unwrap } from "../../results.ts";
import { requestOf } from "../fixtures.ts";

const SOURCES: readonly TokenSource[] = [
  { from: "authorization" },
  { from: "header", name: "x-token", scheme: undefined },
  { from: "header", name: "x-auth", scheme: /^Token +/i },
  { from: "cookie", name: "__Host-token", allowedOrigins: new Set() },
  { from: "query", name: "token" },
];

/** The possible contents of a request, by place. */
type Sent = Partial<Record<"authorization" | "x-token" | "x-auth" | "cookie" | "target", string>>;

function factsOf({ authorization, target = "/", ...headers }: Sent): RequestFacts {
  return requestOf(undefined, {
    authorization,
    requestLine: { method: "GET", target },
    headers: new Map(Object.entries(headers)),
  });
}

const MAX_TOKEN_BYTES = 256;
/** Together, the target and the places of tokens may have this many characters more than the largest token. */
const MAX_AROUND_TOKEN = 9_216;
/** A shorter target counts like a target of this length. */
const MIN_COUNTED_TARGET = 2_048;

const find = (tokenSources: readonly TokenSource[], facts: RequestFacts) =>
  findCredentials({ tokenSources, maxTokenBytes: MAX_TOKEN_BYTES }, facts);

/** The place and the token, or the reason. */
function take(sent: Sent, sources = SOURCES): unknown {
  const credentials = find(sources, factsOf(sent));
  const taken = credentials.ok ? extractToken(credentials.value, MAX_TOKEN_BYTES) : credentials;
  return taken.ok ? [taken.value.credential.source.from, taken.value.token] : taken.failure.reason;
}

const EVERYWHERE: readonly [place: keyof Sent, sent: Sent, from: string][] = [
  ["authorization", { authorization: "Bearer a.b.c" }, "authorization"],
  ["x-token", { "x-token": "a.b.c" }, "header"],
  ["x-auth", { "x-auth": "TOKEN  a.b.c" }, "header"],
  ["cookie", { cookie: "a=b; __Host-token=a.b.c" }, "cookie"],
  ["target", { target: "/?token=a%2Eb.c" }, "query"],
];

describe("a token", () => {
  it.each(EVERYWHERE)("in %s is accepted", (_place, sent, from) => {
    expect(take(sent)).toEqual([from, "a.b.c"]);
  });

  it.each(EVERYWHERE)("in %s is not read if this is not a source", (_place, sent, from) => {
    const others = SOURCES.filter((source) => source.from !== from);
    expect(find(others, factsOf(sent))).toEqual(succeed([]));
  });

  it.each(
    EVERYWHERE.flatMap(([place, sent], index) =>
      EVERYWHERE.slice(index + 1).map(([other, more]) => [place, other, { ...sent, ...more }] as const),
    ),
  )("in %s and a token in %s are ambiguous, in any order of the sources", (_place, _other, sent) => {
    expect(take(sent)).toBe("token_ambiguous");
    expect(take(sent, SOURCES.toReversed())).toBe("token_ambiguous");
  });

  it.each<[what: string, sent: Sent, places: string]>([
    ["two places", { authorization: "Basic x", cookie: "__Host-token=" }, "authorization and cookie __Host-token"],
    ["one place twice", { target: "/?token=a&token=b&token=c" }, "query token"],
  ])("and a second token: the log names the sources, not the tokens (%s)", (_what, sent, places) => {
    const credentials = unwrap(find(SOURCES, factsOf(sent)));
    expect(extractToken(credentials, MAX_TOKEN_BYTES)).toEqual(fail(denied("token_ambiguous", `in ${places}`)));
  });
});

describe("texts that are not a token", () => {
  it.each<[reason: string, ...sent: Sent[]]>([
    ["token_missing", {}, { authorization: "Basic YTpi" }, { cookie: "__Host-token=" }],
    ["token_missing", ...["a.b.c", "Bearer a.b.c", "Token", "To\u212aen a.b.c"].map((text) => ({ "x-auth": text }))],
    ["token_ambiguous", { target: "/?token=&token=" }, { target: "/?token=", authorization: "Bearer a.b.c" }],
    ["token_ambiguous", { "x-token": "a.b.c, a.b.c" }],
    ["authorization_malformed", { authorization: "Bearer a b" }],
    ["credentials_malformed", { "x-token": "Bearer a.b.c" }],
    [
      "credentials_malformed",
      ...['="a.b.c"', "=a.b.c ; x=y", " =a.b.c"].map((text) => ({ cookie: `__Host-token${text}` })),
    ],
    [
      "credentials_malformed",
      ...["", "=", "=a+b", "=%22a%22", "=a.b.c&x%=1"].map((text) => ({ target: `/?token${text}` })),
    ],
    ["token_too_large", { target: `/?token=${"a".repeat(257)}` }],
    ["credentials_malformed", ...["\ufffd", "\x7f"].map((text) => ({ cookie: `a=${text}; __Host-token=a.b.c` }))],
    ["credentials_malformed", { target: "/?a=\ufffd&token=a.b.c" }],
  ])("are %s: %j", (reason, ...sent) => {
    expect(sent.map((each) => take(each))).toEqual(sent.map(() => reason));
  });

  it("are at most two of one source, however often it has the name", () => {
    const credentials = unwrap(find(SOURCES, factsOf({ target: "/?token=a&token=b&token=c" })));
    expect(credentials.map(({ text }) => text)).toEqual(["a", "b"]);
  });

  it("bytes that cannot be written back matter only in a header or query with a token", () => {
    expect(find(SOURCES, factsOf({ cookie: "a=\ufffd", target: "/?\ufffd" }))).toEqual(succeed([]));
    expect(take({ cookie: "a=\u00fc; __Host-token=a.b.c" })).toEqual(["cookie", "a.b.c"]);
  });

  it("a query of a target over 8,192 characters is not read, with any content", () => {
    const targetOf = (length: number): string => `/?x=${"y".repeat(length - 12)}&token=a`;
    expect(take({ target: targetOf(8_192) })).toEqual(["query", "a"]);
    expect(take({ target: targetOf(8_193) })).toBe("credentials_malformed");
    expect(take({ target: `/?${"y".repeat(8_192)}`, authorization: "Bearer a.b.c" })).toBe("credentials_malformed");
  });

  it("a long target is accepted if the query is not a source", () => {
    const sent = { target: `/?${"y".repeat(30_000)}`, authorization: "Bearer a.b.c" };
    expect(take(sent, SOURCES.slice(0, 4))).toEqual(["authorization", "a.b.c"]);
  });

  it("a query is unclear if the request line is unclear", () => {
    const facts = { ...factsOf({}), requestLine: undefined };
    expect(find(SOURCES, facts)).toEqual(fail(denied("credentials_malformed", "query token")));
    expect(find(SOURCES.slice(0, 4), facts)).toEqual(succeed([]));
  });
});

describe("a request target and places of tokens", () => {
  const ROOM = MAX_AROUND_TOKEN + MAX_TOKEN_BYTES;
  const authorization = "Bearer a.b.c";
  const cookieOf = (length: number): string => `a=${"b".repeat(length - 2)}`;
  const targetOf = (length: number): string => `/${"y".repeat(length - 1)}`;

  it.each<[what: string, sent: Sent, cookies: number]>([
    ["a short target", {}, ROOM - MIN_COUNTED_TARGET],
    ["a target that is just short", { target: targetOf(MIN_COUNTED_TARGET) }, ROOM - MIN_COUNTED_TARGET],
    ["a longer target", { target: targetOf(MIN_COUNTED_TARGET + 1) }, ROOM - MIN_COUNTED_TARGET - 1],
    ["a target so long that its rest is not read", { target: targetOf(30_000) }, ROOM - 8_192],
    ["two headers", { "x-token": "", "x-auth": "abc" }, ROOM - MIN_COUNTED_TARGET - 3],
  ])("may together have 9,216 characters and a token: cookies beside %s", (_what, sent, cookies) => {
    const room = cookies - authorization.length;
    const withoutHeaders = { authorization, target: sent.target ?? "/" };
    const expected = "x-auth" in sent ? "token_ambiguous" : ["authorization", "a.b.c"];
    const judge = (length: number): unknown => take({ ...withoutHeaders, ...sent, cookie: cookieOf(length) });
    expect([judge(room), judge(room + 1)]).toEqual([expected, "credentials_malformed"]);
  });

  it("say in the log how many characters they have", () => {
    const facts = factsOf({ cookie: cookieOf(ROOM) });
    const detail = `the request target and the token sources together have ${ROOM + MIN_COUNTED_TARGET} characters, at most ${ROOM} are allowed`;
    expect(find(SOURCES, facts)).toEqual(fail(denied("credentials_malformed", detail)));
  });

  it("count once, however many cookies are sources, and do not count if they are not sources", () => {
    const facts = factsOf({ cookie: cookieOf(ROOM - MIN_COUNTED_TARGET), "x-token": "", "x-auth": "" });
    const cookies: TokenSource[] = ["a1", "a2"].map((name) => ({ from: "cookie", name, allowedOrigins: new Set() }));
    expect(find(cookies, facts)).toEqual(succeed([]));
    const others: TokenSource[] = [{ from: "authorization" }, { from: "query", name: "token" }];
    expect(find(others, factsOf({ cookie: cookieOf(30_000) }))).toEqual(succeed([]));
    const tooLong = factsOf({ cookie: cookieOf(ROOM) });
    expect(find(cookies, tooLong)).toEqual(fail(denied("credentials_malformed", "the token sources together have")));
  });

  it("of any length still get the answer that a token is too large", () => {
    expect(take({ authorization: `Bearer ${"a".repeat(30_000)}` })).toBe("token_too_large");
    expect(take({ "x-token": "a".repeat(30_000) })).toBe("token_too_large");
  });
});
