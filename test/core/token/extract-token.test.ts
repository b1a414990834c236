import { describe, expect, it } from "vitest";
import { extractToken } from "../../../plugin/core/token/extract-token.ts";

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
    undefined,
    "",
    "Bearer",
    "Bearer ",
    "bearer   ",
    "Basic YWxpY2U6c2VjcmV0",
    "Bearera.b.c",
    "Bearer\ta.b.c",
    "Bearer\u00a0a.b.c",
    " Bearer a.b.c",
    "DPoP a.b.c",
    "a.b.c",
    "Token Bearer a.b.c",
  ])("%j", (authorization) => {
    expect(extract(authorization)).toEqual({ reason: "token_missing" });
  });
});

describe("refuses credentials that are not one token", () => {
  it.each<[authorization: string, reason: string]>([
    ["Bearer a.b.c d", "authorization_malformed"],
    ["Bearer a.b.c ", "authorization_malformed"],
    ["Bearer \ta.b.c", "authorization_malformed"],
    ['Bearer "a.b.c"', "authorization_malformed"],
    ["Bearer a.b.c\r\nx-user-id: admin", "authorization_malformed"],
    ["Bearer a.b.c\u0000", "authorization_malformed"],
    ["Bearer a.b.cé", "authorization_malformed"],
    ["Bearer a=b", "authorization_malformed"],
    ["Bearer =", "authorization_malformed"],
    ["Bearer token=a.b.c;x", "authorization_malformed"],
    ["Bearer a.b.c, Bearer d.e.f", "token_ambiguous"],
    ["Bearer a.b.c,d.e.f", "token_ambiguous"],
    ["Bearer ,", "token_ambiguous"],
    ["Bearer a.b.c, Basic YTpi", "token_ambiguous"],
  ])("%j is %s", (authorization, reason) => {
    expect(extract(authorization)).toEqual({ reason });
  });
});

describe("bounds the token before it looks inside", () => {
  it("takes a token of exactly the limit and refuses one byte more", () => {
    const longest = "a".repeat(MAX_BYTES);
    expect(extract(`Bearer ${longest}`)).toEqual({ token: longest });
    expect(extract(`Bearer ${longest}a`)).toEqual({
      reason: "token_too_large",
      detail: "257 bytes, at most 256 are allowed",
    });
  });

  it("does not count the blanks before the token", () => {
    expect(extract(`Bearer ${" ".repeat(MAX_BYTES)}a`)).toEqual({ token: "a" });
  });

  it("says too large and not ambiguous or malformed where it is both", () => {
    expect(extract(`Bearer ${", ".repeat(MAX_BYTES)}`)).toHaveProperty("reason", "token_too_large");
  });
});
