import { describe, expect, it } from "vitest";
import { compileDocument } from "../../core/fixtures.ts";
import { expectedAt, ISSUER_START, issuesOf, summarize, takeMarks } from "../read/marked-text.ts";

const policy = (token: string, rest = "routes: {r: {}}"): string => `${ISSUER_START}token: ${token}\n${rest}\n`;

describe("sources of tokens", () => {
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
    [
      "{sources: [{authorization: [Bearer, JWT]}]}",
      { tokenSources: [{ from: "authorization", schemes: new Set(["bearer", "jwt"]), allowsBare: false }] },
    ],
    [
      "{sources: [{authorization: [BEARER, 'x.y*z'], bare: true, issuers: [acme]}]}",
      {
        tokenSources: [
          {
            from: "authorization",
            schemes: new Set(["bearer", "x.y*z"]),
            allowsBare: true,
            issuers: new Set(["acme"]),
          },
        ],
      },
    ],
    [
      "{sources: [{header: x-t, issuers: [acme]}, {query: t}]}",
      {
        tokenSources: [
          { from: "header", issuers: new Set(["acme"]) },
          { from: "query", name: "t" },
        ],
      },
    ],
    [
      "{sources: [{header: x-t}], forward: false, client_authorization: keep}",
      { credentialHeaders: ["x-t", "x_t"], forwardHeader: undefined },
    ],
    ["{sources: [{query: access_token}]}", { tokenSources: [{ from: "query", name: "access_token" }] }],
  ])("%s", (token, compiled) => {
    expect(compileDocument(policy(token))).toMatchObject(compiled);
  });
});

describe("the parts of the request that are read", () => {
  it.each<[sources: string, rule: string, needs: object]>([
    ["[authorization]", "{}", { readHeaders: [] }],
    ["[{header: x-t}]", "{}", { readHeaders: ["x-t"] }],
    [
      "[{cookie: __Host-t}]",
      "{}",
      {
        readHeaders: ["cookie", "upgrade"],
        decidingFacts: { target: false, transport: true, headers: ["origin", "cookie", "upgrade", "authorization"] },
      },
    ],
    [
      "[{query: t}]",
      "{allow_http: true}",
      { readHeaders: [], decidingFacts: { target: true, transport: false, headers: ["authorization"] } },
    ],
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
    "{sources: [authorization, ‸{authorization: [Bearer]}]}",
    "{sources: [‸{authorization: [Bearer], header: x-a}]}",
    "{sources: [{authorization: ‸[JWT]}]}",
    "{sources: [{authorization: [Bearer, ‸bearer]}]}",
    "{sources: [{authorization: [Bearer, ‸Basic]}]}",
    "{sources: [{authorization: [Bearer, ‸DPoP]}]}",
    "{sources: [{authorization: [Bearer, ‸digest]}]}",
    "{sources: [{header: x-a, bare: ‸true}]}",
    "{sources: [{query: a, bare: ‸true}]}",
    "{client_authorization: ‸keep, forward: false}",
    "{sources: [{authorization: [Bearer]}], client_authorization: ‸keep, forward: false}",
    "{sources: [{header: x-b}, authorization], client_authorization: ‸keep, forward: false}",
    "{sources: [{header: x-a}], client_authorization: ‸keep}",
    "{sources: [{header: x-a}], client_authorization: ‸keep, forward: true}",
    "{sources: [{header: x-a}, ‸{header: x-a, prefix: Bearer}]}",
    "{sources: [{query: a}, {query: A}, ‸{query: a}]}",
    "{sources: [{cookie: __Host-a, allowed_origins: [‸http://app.example]}]}",
    "{sources: [{cookie: __Host-a, allowed_origins: [‸https://APP.example]}]}",
    "{sources: [{cookie: __Host-a, allowed_origins: [‸https://app.example:443]}]}",
  ])("%s", (token) => {
    check(policy(token), "token_source_invalid");
  });

  it("a source of an issuer that the policy does not have", () => {
    check(policy("{sources: [authorization, {header: x-a, issuers: [acme, ‸acne]}]}"), "issuer_unknown");
  });

  it("sources without an issuer that a rule accepts", () => {
    const partner = "  partner:\n    issuer: https://partner.example\n    audiences: [p]\n";
    const both = (sources: string, rule: string): string =>
      `${ISSUER_START}${partner}token: {sources: ${sources}}\nroutes: {r: ${rule}}\n`;
    check(both("‸[{header: x-a, issuers: [acme]}]", "{accept: [acme, partner]}"), "token_source_invalid");
    expect(issuesOf(both("[{header: x-a, issuers: [acme]}]", "{accept: [acme]}"))).toEqual([]);
    for (const query of ["{query: t}", "{query: t, issuers: [partner]}"]) {
      expect(issuesOf(both(`[{header: x-a, issuers: [acme]}, ${query}]`, "{accept: [acme, partner]}"))).toEqual([]);
    }
  });

  it.each([
    "{sources: [{authorization: ‸[]}]}",
    "{sources: [{authorization: [Bearer, ‸'a b']}]}",
    "{sources: [{authorization: [Bearer, ‸'a,b']}]}",
    "{sources: [{authorization: [Bearer], bare: ‸false}]}",
    "{sources: [{header: x-a, issuers: ‸[]}]}",
    "{client_authorization: ‸forward}",
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

  it("a header with which Kong names the caller, if the policy sets such headers", () => {
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
