import { describe, expect, it } from "vitest";
import { type FetchUrlRules, isFetchAllowed, isLoopbackName } from "../../../plugin/keys/rules/fetch-url.ts";

describe("keys may be fetched by https from anywhere, and by http on loopback", () => {
  it.each([
    ...["https://idp.example.com", "https://idp.example.com/realms/acme/jwks.json", "https://idp.example.com:8443/"],
    ...["HTTPS://idp.example.com/", "https://10.0.0.1/jwks", "http://localhost:9400", "http://127.0.0.1:9400/jwks"],
    ...["http://127.8.9.10/", "http://[::1]:9400/jwks"],
  ])("%s", (url) => {
    expect(isFetchAllowed(url)).toBe(true);
  });
});

describe("and nowhere else", () => {
  it.each([
    ...["", "idp.example.com", "//idp.example.com", "http://idp.example.com", "http://10.0.0.1/", "http://0.0.0.0/"],
    ...["http://localhost.evil.example/", "http://127.0.0.1.evil.example/", "http://[::ffff:10.0.0.1]/"],
    ...["file:///etc/passwd", "data:application/json,{}", "ftp://idp.example.com/", "javascript:0"],
    ...["https://user@idp.example.com/", "https://user:secret@idp.example.com/", "https://:secret@idp.example.com/"],
    ...["https://idp.example.com/?x=1", "https://idp.example.com/#x"],
    // With the discovery suffix behind it, an empty query would swallow the path.
    ...["https://idp.example.com?", "https://idp.example.com/#"],
    // If a URL parser silently removes or changes parts, the author reads a different address.
    ...["https://idp.example.com\\@evil.example/", "https:\\\\idp.example.com", "https://idp.exam\nple.com/"],
    ...[" https://idp.example.com", "https://@idp.example.com/"],
  ])("%j", (url) => {
    expect(isFetchAllowed(url)).toBe(false);
  });
});

describe("other URLs that the policy allows", () => {
  it.each<[url: string, rules: FetchUrlRules]>([
    ["http://idp.internal:8080/jwks", { allowHttp: true }],
    ["https://idp.example.com/jwks?appid=1", { allowQuery: true }],
    ["https://idp.example.com/?", { allowQuery: true }],
    ["http://idp.internal/jwks?a=b/c", { allowHttp: true, allowQuery: true }],
  ])("%s with %j", (url, rules) => {
    expect(isFetchAllowed(url, rules)).toBe(true);
    expect(isFetchAllowed(url)).toBe(false);
  });

  it.each([
    ...["ftp://idp.internal/", "file:///etc/passwd", "http://user@idp.internal/", "https://idp.example.com/?a\\b"],
    ...["https://idp.example.com/?x=user@evil.example", "https://idp.example.com/jwks?x#y"],
  ])("is never %s", (url) => {
    expect(isFetchAllowed(url, { allowHttp: true, allowQuery: true })).toBe(false);
  });
});

describe("a host name that means this machine", () => {
  it.each(["localhost", "[::1]", "127.0.0.1", "127.255.255.255"])("%s", (hostname) => {
    expect(isLoopbackName(hostname)).toBe(true);
  });

  it.each([
    ...["", "localhost.", "xlocalhost", "::1", "[::2]", "127", "127.0.0", "127.0.0.0.1", "127.a.b.c"],
    ...["1127.0.0.1", "127.0.0.1234", "127.0.0.1.example", "x127.0.0.1", "127x0x0x1", "128.0.0.1"],
  ])("%j is not", (hostname) => {
    expect(isLoopbackName(hostname)).toBe(false);
  });
});
