import { describe, expect, it } from "vitest";
import { compileDocument } from "../../core/fixtures.ts";
import { row } from "../../row.ts";
import { expectIssues, ISSUER_START, issuesOf } from "../read/marked-text.ts";

const policy = (token: string, rest = "routes: {r: {}}"): string => `${ISSUER_START}token: ${token}\n${rest}\n`;

describe("sources of tokens", () => {
  const origins = ["https://a.example", "http://localhost:3000", "https://a.example:8443"];
  it.each<[token: string, compiled: object]>([
    ["{}", { credentialHeaders: ["authorization"], forwardHeader: "authorization" }],
    ["{forward: false}", { forwardHeader: undefined, clearedHeaders: [] }],
    ["{forward: {header: x-t}}", { forwardHeader: "x-t", clearedHeaders: ["x-t", "x_t"] }],
    [
      "{sources: [{header: x-t}], forward: {header: x-t}}",
      { credentialHeaders: ["authorization", "x-t", "x_t"], clearedHeaders: [] },
    ],
    [
      "{sources: [{header: x-t}], forward: false, client_authorization: keep}",
      { credentialHeaders: ["x-t", "x_t"], forwardHeader: undefined },
    ],
  ])("%s", (token, compiled) => {
    expect(compileDocument(policy(token))).toMatchObject(compiled);
  });

  const [acme, authorization] = [new Set(["acme"]), { from: "authorization" }];
  it.each<[token: string, ...sources: object[]]>([
    ["{}", authorization],
    ["{sources: [{header: x-t}], forward: {header: x-t}}", { from: "header", name: "x-t", scheme: undefined }],
    ["{sources: [{header: x-t, prefix: My-Scheme}]}", { from: "header", name: "x-t", scheme: /^My-Scheme +/i }],
    [
      `{sources: [{cookie: __Host-t, allowed_origins: [${origins}]}]}`,
      { from: "cookie", name: "__Host-t", allowedOrigins: new Set(origins) },
    ],
    ["{sources: [{cookie: t, allow_unprefixed: true}]}", { from: "cookie", name: "t", allowedOrigins: new Set() }],
    [
      "{sources: [{authorization: [Bearer, JWT]}]}",
      { ...authorization, schemes: new Set(["bearer", "jwt"]), allowsBare: false },
    ],
    [
      "{sources: [{authorization: [BEARER, 'x.y*z'], bare: true, issuers: [acme]}]}",
      { ...authorization, schemes: new Set(["bearer", "x.y*z"]), allowsBare: true, issuers: acme },
    ],
    [
      "{sources: [{header: x-t, issuers: [acme]}, {query: t}]}",
      { from: "header", name: "x-t", issuers: acme },
      { from: "query", name: "t" },
    ],
    ["{sources: [{query: access_token}]}", { from: "query", name: "access_token" }],
  ])("%s gives %o", (token, ...tokenSources) => {
    // toMatchObject would not compare patterns.
    expect(compileDocument(policy(token)).tokenSources).toEqual(tokenSources);
  });
});

describe("the parts of the request that are read", () => {
  const byCookie = { target: false, transport: true, headers: ["origin", "cookie", "upgrade", "authorization"] };
  const byQuery = { target: true, transport: false, headers: ["authorization"] };
  it.each<[sources: string, rule: string, readHeaders: readonly string[], decidingFacts?: object]>([
    ["[authorization]", "{}", []],
    ["[{header: x-t}]", "{}", ["x-t"]],
    ["[{cookie: __Host-t}]", "{}", ["cookie", "upgrade"], byCookie],
    ["[{query: t}]", "{allow_http: true}", [], byQuery],
    ["[{query: t}, {header: x-t}]", "{access: public}", []],
  ])("with sources %s by rule %s", (sources, rule, readHeaders, decidingFacts = {}) => {
    const compiled = compileDocument(policy(`{sources: ${sources}}`, `routes: {r: ${rule}}`));
    expect(compiled).toMatchObject({ readHeaders, decidingFacts });
  });
});

describe("refuses", () => {
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
    expectIssues(policy(token), "token_source_invalid");
  });

  const noToken = ["basic", "digest", "negotiate", "ntlm", "privatetoken", "scram-sha-1", "scram-sha-256", "vapid"];
  const proof = ["aws4-hmac-sha256", "concealed", "dpop", "gnap", "hawk", "hoba", "mac", "mutual", "pop", "signature"];
  it.each([
    ...noToken.map((scheme) => row(scheme, `The scheme "${scheme}" carries no bearer token.`)),
    ...proof.map((scheme) => row(scheme, / needs a proof that the sender has a key, but the plugin does not check/)),
    row("x, ‸X", /^The scheme "X" is named twice; upper and lower case are the same\.$/),
  ])("the scheme %s, and says why", (scheme, message) => {
    const marked = scheme.includes("‸") ? scheme : `‸${scheme}`;
    expectIssues(policy(`{sources: [{authorization: [Bearer, ${marked}]}]}`), "token_source_invalid", message);
  });

  it("a list without Bearer at the list, beside the schemes in it", () => {
    expectIssues(policy("{sources: [{authorization: ‸[‸basic]}]}"), "token_source_invalid");
  });

  it("a source of an issuer that the policy does not have", () => {
    expectIssues(policy("{sources: [authorization, {header: x-a, issuers: [acme, ‸acne]}]}"), "issuer_unknown");
  });

  it("sources without an issuer that a rule accepts", () => {
    const partner = "  partner:\n    issuer: https://partner.example\n    audiences: [p]\n";
    const both = (sources: string, rule: string): string =>
      `${ISSUER_START}${partner}token: {sources: ${sources}}\nroutes: {r: ${rule}}\n`;
    expectIssues(both("‸[{header: x-a, issuers: [acme]}]", "{accept: [acme, partner]}"), "token_source_invalid");
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
    expectIssues(policy(token), "invalid_value");
  });

  const mapped = "routes: {r: {}}\nheader_mappings: {x-a: sub}";
  const compared = "routes: {r: {required_claims: {tenant: {equals_header: x-a}}}}";
  const identity = "routes: {r: {}}\nidentity: {credential: sub}";
  it.each([
    ["that is mapped", "x-a", mapped],
    ["that a claim is compared with", "x-a", compared],
    ["with which Kong names the caller", "x-consumer-username", identity],
    ["with the caller's id", "x-consumer-id", identity],
    ["with the caller's credential", "x-credential-identifier", identity],
  ])("a header with two meanings: one %s", (_what, header, rest) => {
    expectIssues(policy(`{sources: [{header: ‸${header}}]}`, rest), "token_source_invalid");
    expectIssues(policy(`{forward: {header: ‸${header}}}`, rest), "token_source_invalid");
  });

  it("Kong's headers for the caller only if the policy sets them", () => {
    for (const header of ["x-consumer-username", "x-consumer-id"]) {
      expect(issuesOf(policy(`{forward: {header: ${header}}}`))).toEqual([]);
    }
  });
});
