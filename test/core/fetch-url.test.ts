import { describe, expect, it } from "vitest";
import { isFetchAllowed } from "../../plugin/core/fetch-url.ts";

describe("keys may be fetched by https from anywhere, and by http on loopback", () => {
  it.each([
    "https://idp.example.com",
    "https://idp.example.com/realms/acme/jwks.json",
    "https://idp.example.com:8443/",
    "HTTPS://idp.example.com/",
    "https://10.0.0.1/jwks",
    "http://localhost:9400",
    "http://127.0.0.1:9400/jwks",
    "http://127.8.9.10/",
    "http://[::1]:9400/jwks",
  ])("%s", (url) => {
    expect(isFetchAllowed(url)).toBe(true);
  });
});

describe("and nowhere else", () => {
  it.each([
    "",
    "idp.example.com",
    "//idp.example.com",
    "http://idp.example.com",
    "http://10.0.0.1/",
    "http://0.0.0.0/",
    "http://localhost.evil.example/",
    "http://127.0.0.1.evil.example/",
    "http://[::ffff:10.0.0.1]/",
    "file:///etc/passwd",
    "data:application/json,{}",
    "ftp://idp.example.com/",
    "javascript:0",
    "https://user@idp.example.com/",
    "https://user:secret@idp.example.com/",
    "https://:secret@idp.example.com/",
    "https://idp.example.com/?x=1",
    "https://idp.example.com/#x",
    // With the discovery suffix behind it, an empty query would swallow the path.
    "https://idp.example.com?",
    "https://idp.example.com/#",
    // What a URL parser silently takes away or turns round is not what the author reads.
    "https://idp.example.com\\@evil.example/",
    "https:\\\\idp.example.com",
    "https://idp.exam\nple.com/",
    " https://idp.example.com",
    "https://@idp.example.com/",
  ])("%j", (url) => {
    expect(isFetchAllowed(url)).toBe(false);
  });
});
