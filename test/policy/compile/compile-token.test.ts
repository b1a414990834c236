import { describe, expect, it } from "vitest";
import { compileDocument } from "../../core/fixtures.ts";
import { expectedAt, ISSUER_START, issuesOf, summarize, takeMarks } from "../read/marked-text.ts";

const policy = (token: string, rest = "routes: {r: {}}"): string => `${ISSUER_START}token: ${token}\n${rest}\n`;

describe("where tokens may be", () => {
  it.each<[token: string, compiled: object]>([
    [
      "{}",
      {
        tokenSources: [{ from: "authorization" }],
        credentialHeaders: ["authorization"],
        forwardHeader: "authorization",
      },
    ],
    ["{forward: false}", { forwardHeader: undefined, clearedHeaders: [] }],
    ["{forward: {header: x-t}}", { forwardHeader: "x-t", clearedHeaders: ["x-t", "x_t"] }],
    [
      "{sources: [{header: x-t}], forward: {header: x-t}}",
      {
        tokenSources: [{ from: "header", name: "x-t", scheme: undefined }],
        credentialHeaders: ["authorization", "x-t", "x_t"],
        clearedHeaders: [],
      },
    ],
    [
      "{sources: [{header: x-t, prefix: My-Scheme}]}",
      { tokenSources: [{ from: "header", name: "x-t", scheme: /^My-Scheme +/i }] },
    ],
    [
      "{sources: [{cookie: __Host-t, allowed_origins: [https://a.example, http://localhost:3000, https://a.example:8443]}]}",
      {
        tokenSources: [
          {
            from: "cookie",
            name: "__Host-t",
            allowedOrigins: new Set(["https://a.example", "http://localhost:3000", "https://a.example:8443"]),
          },
        ],
      },
    ],
    [
      "{sources: [{cookie: t, allow_unprefixed: true}]}",
      { tokenSources: [{ from: "cookie", name: "t", allowedOrigins: new Set() }] },
    ],
    ["{sources: [{query: access_token}]}", { tokenSources: [{ from: "query", name: "access_token" }] }],
  ])("%s", (token, compiled) => {
    expect(compileDocument(policy(token))).toMatchObject(compiled);
  });
});

describe("what is looked at", () => {
  it.each<[sources: string, rule: string, needs: object]>([
    ["[authorization]", "{}", { readHeaders: [] }],
    ["[{header: x-t}]", "{}", { readHeaders: ["x-t"] }],
    ["[{cookie: __Host-t}]", "{}", { readHeaders: ["cookie", "upgrade"] }],
    ["[{query: t}]", "{}", { readHeaders: [] }],
    ["[{query: t}, {header: x-t}]", "{access: public}", { readHeaders: [] }],
  ])("with sources %s by rule %s", (sources, rule, needs) => {
    expect(compileDocument(policy(`{sources: ${sources}}`, `routes: {r: ${rule}}`))).toMatchObject(needs);
  });
});

describe("refuses", () => {
  const check = (marked: string, ...codes: readonly string[]): void => {
    expect(summarize(issuesOf(takeMarks(marked).text))).toEqual(expectedAt(marked, ...codes));
  };

  it.each([
    "{sources: [‸{prefix: Bearer}]}",
    "{sources: [‸{header: x-a, query: a}]}",
    "{sources: [‸{cookie: __Host-a, header: x-a}]}",
    "{sources: [{query: a, prefix: ‸Bearer}]}",
    "{sources: [{cookie: __Host-a, prefix: ‸Bearer}]}",
    "{sources: [{header: x-a, allowed_origins: ‸[https://a.example]}]}",
    "{sources: [{query: a, allow_unprefixed: ‸true}]}",
    "{sources: [{cookie: ‸token}]}",
    "{sources: [{cookie: ‸__Secure-token}]}",
    "{sources: [{cookie: ‸__host-token}]}",
    "{sources: [authorization, ‸authorization]}",
    "{sources: [{header: x-a}, ‸{header: x-a, prefix: Bearer}]}",
    "{sources: [{query: a}, {query: A}, ‸{query: a}]}",
    "{sources: [{cookie: __Host-a, allowed_origins: [‸http://app.example]}]}",
    "{sources: [{cookie: __Host-a, allowed_origins: [‸https://APP.example]}]}",
    "{sources: [{cookie: __Host-a, allowed_origins: [‸https://app.example:443]}]}",
  ])("%s", (token) => {
    check(policy(token), "token_source_invalid");
  });

  it.each([
    "{sources: ‸[]}",
    "{sources: [‸bearer]}",
    "{sources: [‸{}]}",
    "{sources: [{header: ‸authorization}]}",
    "{sources: [{header: ‸cookie}]}",
    "{sources: [{header: ‸X-Token}]}",
    '{sources: [{header: x-a, prefix: ‸"Bearer "}]}',
    '{sources: [{query: ‸"a b"}]}',
    '{sources: [{cookie: ‸"__Host-a=b"}]}',
    "{sources: [{cookie: __Host-a, allow_unprefixed: ‸false}]}",
    "{sources: [{cookie: __Host-a, allowed_origins: ‸[]}]}",
    '{sources: [{cookie: __Host-a, allowed_origins: [‸"*"]}]}',
    '{sources: [{cookie: __Host-a, allowed_origins: [‸"null"]}]}',
    '{sources: [{cookie: __Host-a, allowed_origins: [‸"https://*.example"]}]}',
    "{sources: [{cookie: __Host-a, allowed_origins: [‸https://app.example/]}]}",
    "{sources: [{cookie: __Host-a, allowed_origins: [‸https://user@app.example]}]}",
    "{forward: {header: ‸authorization}}",
    "{forward: {header: ‸x-jwt-policy-verdict}}",
  ])("%s, by the schema", (token) => {
    check(policy(token), "invalid_value");
  });

  it("a header by which Kong tells who called, where the policy sets those", () => {
    const identity = "routes: {r: {}}\nidentity: {credential: sub}";
    check(policy("{sources: [{header: ‸x-consumer-username}]}", identity), "token_source_invalid");
    check(policy("{forward: {header: ‸x-consumer-username}}", identity), "token_source_invalid");
    expect(issuesOf(policy("{forward: {header: x-consumer-username}}", "routes: {r: {}}"))).toEqual([]);
  });

  it("a header with two meanings", () => {
    const mapped = "routes: {r: {}}\nheader_mappings: {x-a: sub}";
    const compared = "routes: {r: {required_claims: {tenant: {equals_header: x-a}}}}";
    for (const rest of [mapped, compared]) {
      check(policy("{sources: [{header: ‸x-a}]}", rest), "token_source_invalid");
      check(policy("{forward: {header: ‸x-a}}", rest), "token_source_invalid");
    }
  });

  it("a header that Kong's identity has", () => {
    const identity = "routes: {r: {}}\nidentity: {credential: sub}";
    check(policy("{sources: [{header: ‸x-consumer-id}]}", identity), "token_source_invalid");
    check(policy("{forward: {header: ‸x-credential-identifier}}", identity), "token_source_invalid");
    check(policy("{forward: {header: x-consumer-id}}"), "token_source_invalid");
  });
});
