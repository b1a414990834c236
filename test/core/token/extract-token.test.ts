import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TokenSource } from "../../../plugin/core/model/policy.ts";
import { extractToken } from "../../../plugin/core/token/extract-token.ts";
import { denied } from "../../denials.ts";
import { runsOf } from "../../runs.ts";

const MAX_BYTES = 256;
const extract = (authorization: string | undefined): unknown => {
  const credentials =
    authorization === undefined ? [] : [{ source: { from: "authorization" }, text: authorization } as const];
  const extracted = extractToken(credentials, MAX_BYTES);
  return extracted.ok ? { token: extracted.value.token } : extracted.failure;
};

describe("takes the token of bearer credentials", () => {
  it.each<[authorization: string, token: string]>([
    ["Bearer a.b.c", "a.b.c"],
    ["bearer a.b.c", "a.b.c"],
    ["BEARER a.b.c", "a.b.c"],
    ["Bearer    a.b.c", "a.b.c"],
    ["Bearer AZaz09-._~+/", "AZaz09-._~+/"],
    ["Bearer a==", "a=="],
    ["Bearer bearer", "bearer"],
  ])("%j", (authorization, token) => {
    expect(extract(authorization)).toEqual({ token });
  });
});

describe("finds no token, as if nothing had been sent, in", () => {
  it.each([
    ...[undefined, "", "Bearer", "Bearer ", "bearer   ", "Basic YWxpY2U6c2VjcmV0", "Bearera.b.c", "Bearer\ta.b.c"],
    ...["Bearer\u00a0a.b.c", " Bearer a.b.c", "DPoP a.b.c", "a.b.c", "Token Bearer a.b.c"],
  ])("%j", (authorization) => {
    expect(extract(authorization)).toMatchObject({ reason: "token_missing" });
  });
});

describe("refuses credentials that are not one token", () => {
  it.each([
    ...["a.b.c d", "a.b.c ", "\ta.b.c", '"a.b.c"', "a.b.c\r\nx-user-id: admin", "a.b.c\u0000", "a.b.cé", "a=b", "="],
    "token=a.b.c;x",
  ])("Bearer %j", (text) => {
    expect(extract(`Bearer ${text}`)).toMatchObject({ reason: "authorization_malformed" });
  });

  it.each(["a.b.c, Bearer d.e.f", "a.b.c,d.e.f", ",", "a.b.c, Basic YTpi"])("Bearer %j, which is several", (text) => {
    expect(extract(`Bearer ${text}`)).toMatchObject({ reason: "token_ambiguous" });
  });
});

describe("other schemes and bare tokens, if the source accepts them", () => {
  const take = (authorization: string, source: object = {}): unknown => {
    const wide = {
      from: "authorization",
      schemes: new Set(["bearer", "jwt", "x.y+z", "hawks"]),
      allowsBare: true,
      ...source,
    };
    const extracted = extractToken([{ source: wide as TokenSource, text: authorization }], MAX_BYTES);
    return extracted.ok ? extracted.value.token : extracted.failure.reason;
  };

  it.each<[authorization: string, expected: string]>([
    ["Bearer a.b.c", "a.b.c"],
    ["JWT a.b.c", "a.b.c"],
    ["jwt    a.b.c", "a.b.c"],
    ["X.Y+Z a.b.c", "a.b.c"],
    ["a.b.c", "a.b.c"],
    ...[
      "xay+z a.b.c", // A dot in a scheme is only a dot.
      ...[
        "x.yyz a.b.c",
        "J\u{17f}T a.b.c",
        "Haw\u212as a.b.c",
        "Token a.b.c",
        "Basic YTpi",
        "DPoP a.b.c",
        "JWT",
        "JWT ",
        "Basic",
      ],
      ...[" a.b.c", "a.b.c d"],
    ].map((text): [string, string] => [text, "token_missing"]),
    ["a.b.c\td", "authorization_malformed"],
    ["JWT JWT a.b.c", "authorization_malformed"],
    ["JWT a.b.c, Bearer d.e.f", "token_ambiguous"],
    ["a.b.c,d.e.f", "token_ambiguous"],
    ['"a.b.c"', "authorization_malformed"],
    ["a.b.c\u00e9", "authorization_malformed"],
    [`${"a".repeat(MAX_BYTES)}.`, "token_too_large"],
  ])("%j: %s", (authorization, expected) => {
    expect(take(authorization)).toBe(expected);
  });

  it("a bare token is accepted only if the policy says so", () => {
    expect(take("a.b.c", { allowsBare: false })).toBe("token_missing");
  });

  it("a scheme never changes the token: every scheme of the policy gives the same token", () => {
    const scheme = fc.constantFrom("bearer", "jwt", "x.y+z");
    const spelled = fc.tuple(scheme, fc.boolean()).map(([name, isUpper]) => (isUpper ? name.toUpperCase() : name));
    const token = fc.stringMatching(/^[A-Za-z0-9._~+/-]{1,20}={0,2}$/);
    fc.assert(
      fc.property(spelled, fc.integer({ min: 1, max: 5 }), token, (name, spaces, text) => {
        expect(take(`${name}${" ".repeat(spaces)}${text}`)).toBe(text);
      }),
      { numRuns: runsOf(500) },
    );
  });

  it("credentials of any other scheme give no token", () => {
    const scheme = fc
      .stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/)
      .filter((name) => !["bearer", "jwt", "x.y+z", "hawks"].includes(name.toLowerCase()));
    fc.assert(
      fc.property(scheme, (name) => {
        expect(take(`${name} a.b.c`)).toBe("token_missing");
      }),
      { numRuns: runsOf(500) },
    );
  });
});

describe("says in the log what the request has instead of a token", () => {
  const AUTHORIZATION: TokenSource = { from: "authorization" };
  const JWT: TokenSource = { from: "authorization", schemes: new Set(["jwt", "bearer", "own"]), allowsBare: true };
  const SCHEME: TokenSource = { from: "header", name: "x-auth", scheme: /^token +/i };
  const OWN_SCHEME: TokenSource = { from: "header", name: "x-auth", scheme: /^own +/i };
  const BARE: TokenSource = { from: "header", name: "x-token", scheme: undefined };
  const COOKIE: TokenSource = { from: "cookie", name: "t", allowedOrigins: new Set() };
  const QUERY: TokenSource = { from: "query", name: "t" };
  const refusalOf = (source: TokenSource, ...texts: readonly string[]): unknown => {
    const extracted = extractToken(
      texts.map((text) => ({ source, text })),
      MAX_BYTES,
      [source, QUERY],
    );
    return extracted.ok ? extracted.value.token : [extracted.failure.reason, extracted.failure.detail];
  };

  it.each<[source: TokenSource, text: string, detail: string]>([
    [AUTHORIZATION, "", "authorization has no scheme, expected Bearer"],
    [AUTHORIZATION, "Bearer", "authorization has scheme Bearer without a token"],
    [AUTHORIZATION, "bearer  ", "authorization has scheme Bearer without a token"],
    [AUTHORIZATION, "Basic YTpi", "authorization has scheme Basic, expected Bearer"],
    [AUTHORIZATION, "basic", "authorization has scheme Basic, expected Bearer"],
    [AUTHORIZATION, "(Basic YTpi", "authorization has a scheme that is not well known, expected Bearer"],
    [AUTHORIZATION, "hunter2 x", "authorization has a scheme that is not well known, expected Bearer"],
    [AUTHORIZATION, "hunter2", "authorization has no scheme, expected Bearer"],
    [AUTHORIZATION, "a.b.c", "authorization has no scheme, expected Bearer"],
    [JWT, "JWT ", "authorization has scheme JWT without a token"],
    [JWT, "Token x", "authorization has scheme Token, expected JWT or Bearer or own, or a token without a scheme"],
    [SCHEME, "TOKEN", "header x-auth has scheme Token without a token"],
    [SCHEME, "Bearer x", "header x-auth has scheme Bearer, expected Token"],
    [OWN_SCHEME, "a.b.c", "header x-auth has no scheme, expected own"],
    [OWN_SCHEME, `${"a".repeat(64)}.b.c`, "header x-auth has no scheme, expected own"],
    [BARE, "", "header x-token has an empty string"],
    [COOKIE, "", "cookie t has an empty string"],
  ])("%j: %j", (source, text, detail) => {
    expect(refusalOf(source, text)).toEqual(["token_missing", detail]);
  });

  it.each([
    ...["Bearer", "Basic", "Digest", "JWT", "Token", "DPoP", "GNAP", "PoP", "MAC", "OAuth", "ApiKey", "Api-Key", "Key"],
    ...["Negotiate", "NTLM", "Kerberos", "HOBA", "Mutual", "Concealed", "PrivateToken", "SCRAM-SHA-1", "SCRAM-SHA-256"],
    ...["vapid", "Signature", "Hawk", "Hmac", "SharedKey", "AWS4-HMAC-SHA256"],
  ])("the scheme %s in its usual spelling", (scheme) => {
    const source: TokenSource = { from: "authorization", schemes: new Set(["own"]) };
    const refusal = ["token_missing", `authorization has scheme ${scheme}, expected own`];
    expect([refusalOf(source, `${scheme.toLowerCase()} x`), refusalOf(source, scheme.toUpperCase())]).toEqual([
      refusal,
      refusal,
    ]);
  });

  it.each<[token: string, found: string]>([
    ["a=b", "3 characters, with = before its end"],
    ["=", "1 characters, with = before its end"],
    ["ab d", "4 characters, with a space at position 3"],
    ['"ab"', '4 characters, with the character " at position 1'],
    ["ab~!", "4 characters, with the character ! at position 4"],
    ["ab\u00e9", "3 characters, with a character that is not visible ASCII at position 3"],
    ["a\u007f", "2 characters, with a character that is not visible ASCII at position 2"],
  ])("the first character that no token has, and no other character of the token: %j", (token, found) => {
    expect(refusalOf(AUTHORIZATION, `Bearer ${token}`)).toEqual([
      "authorization_malformed",
      `authorization has a token of ${found}`,
    ]);
    expect(refusalOf(COOKIE, token)).toEqual(["credentials_malformed", `cookie t has a token of ${found}`]);
  });

  it("all sources if no source has a text, and the usual source if the policy names none", () => {
    expect(refusalOf(COOKIE)).toEqual(["token_missing", "no token in cookie t, query t"]);
    expect(extractToken([], MAX_BYTES)).toMatchObject({ failure: { detail: "no token in authorization" } });
  });

  it("the places of several tokens", () => {
    const ambiguous = (detail: string): unknown => ["token_ambiguous", detail];
    expect(refusalOf(COOKIE, "a", "b")).toEqual(ambiguous("in cookie t, twice"));
    const both = [COOKIE, QUERY].map((source) => ({ source, text: "a" }));
    expect(extractToken(both, MAX_BYTES)).toMatchObject({ failure: { detail: "in cookie t and query t" } });
    expect(refusalOf(COOKIE, "a,b")).toEqual(ambiguous("in cookie t, with a comma between two values"));
    expect(refusalOf(QUERY, "")).toEqual(["credentials_malformed", "query t is empty"]);
  });
});

describe("checks the token's length before it reads the token", () => {
  it("accepts a token of exactly the limit and refuses one byte more", () => {
    const longest = "a".repeat(MAX_BYTES);
    expect(extract(`Bearer ${longest}`)).toEqual({ token: longest });
    const refusal = denied("token_too_large", "257 bytes, at most 256 are allowed");
    expect(extract(`Bearer ${longest}a`)).toEqual(refusal);
  });

  it("does not count the blanks before the token", () => {
    expect(extract(`Bearer ${" ".repeat(MAX_BYTES)}a`)).toEqual({ token: "a" });
  });

  it("reports a token as too large, not as ambiguous or malformed, if both are true", () => {
    expect(extract(`Bearer ${", ".repeat(MAX_BYTES)}`)).toHaveProperty("reason", "token_too_large");
  });
});
