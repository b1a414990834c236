import { describe, expect, it } from "vitest";
import { compileDocument } from "../../core/fixtures.ts";
import { expectIssues, ISSUER_START, issuesOf } from "../read/marked-text.ts";

/** RFC 7638 section 3.1, and RFC 8037 appendix A.3. */
const THUMBPRINTS = ["NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"];
const ROUTES = "routes: {r: {}}\n";
const issuer = (...lines: readonly string[]): string =>
  `${ISSUER_START}${lines.map((line) => `    ${line}\n`).join("")}${ROUTES}`;

const check = (marked: string, ...codes: readonly string[]): void => expectIssues(marked, codes);

describe("defaults are as strict as most issuers allow", () => {
  const claim = (...path: string[]) => ({ text: path.length > 1 ? `/${path.join("/")}` : path[0], path });
  const list = (name: string, separator?: string) => ({ claim: claim(name), separator });

  it("for an issuer with only an identifier and audiences", () => {
    expect([...compileDocument(issuer()).issuers.values()]).toEqual([
      {
        id: "acme",
        issuer: "https://idp.example.com",
        template: undefined,
        tenantOf: undefined,
        audiences: new Set(["api"]),
        algorithms: new Set(["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]),
        clockSkewSeconds: 30,
        tokenTypes: new Set(["at+jwt"]),
        maxTokenAgeSeconds: undefined,
        maxTokenLifetimeSeconds: undefined,
        acceptsBoundTokens: false,
        acceptsNumericSubject: false,
        triesKeys: true,
        conditions: [],
        audience: claim("aud"),
        tenant: claim("tid"),
        ...{ scopes: [list("scope")], roles: [list("roles")], groups: [list("groups")] },
        keys: [{ from: "discovery", issuer: "https://idp.example.com", metadata: "openid" }],
        keyRefresh: {
          minSeconds: 60,
          maxSeconds: 900,
          cooldownSeconds: 30,
          maxStaleSeconds: 259_200,
          timeoutSeconds: 2,
        },
        otherEntries: [],
      },
    ]);
  });

  const nested = { text: "/a~1b/scp", path: ["a/b", "scp"] };
  const use = { claim: claim("token_use"), absent: "refused", tests: [{ is: "equals", value: "access" }] };
  it.each<[line: string, member: string, value: unknown]>([
    ["clock_skew: 0s", "clockSkewSeconds", 0],
    ["clock_skew: 5m", "clockSkewSeconds", 300],
    ["token_type: JWT", "tokenTypes", new Set(["jwt"])],
    ["token_type: application/AT+JWT", "tokenTypes", new Set(["at+jwt"])],
    ["token_type: Any", "tokenTypes", undefined],
    ["token_type: [at+jwt, application/JWT]", "tokenTypes", new Set(["at+jwt", "jwt"])],
    ["max_token_age: 1h", "maxTokenAgeSeconds", 3_600],
    ["max_token_lifetime: 30d", "maxTokenLifetimeSeconds", 2_592_000],
    ["bound_tokens: accept", "acceptsBoundTokens", true],
    ["tokens_without_kid: only_key", "triesKeys", false],
    ["numeric_subject: true", "acceptsNumericSubject", true],
    ["claims: {audience: client_id}", "audience", claim("client_id")],
    ["claims: {scopes: /a~1b/scp}", "scopes", [{ claim: nested, separator: undefined }]],
    ['claims: {groups: {claim: g, separator: ";"}}', "groups", [list("g", ";")]],
    ["required_claims: [sub]", "conditions", [{ claim: claim("sub"), absent: "refused", tests: [] }]],
  ])("%s", (line, member, value) => {
    expect(compileDocument(issuer(line)).issuers.get("https://idp.example.com")).toHaveProperty(member, value);
  });

  it("for several claims and several conditions", () => {
    const lines = [
      'claims: {roles: [/a/0, {claim: r, separator: ","}, s]}',
      "required_claims: {token_use: {equals: access}, /a/b: {}}",
    ];
    expect(compileDocument(issuer(...lines)).issuers.get("https://idp.example.com")).toMatchObject({
      roles: [{ claim: claim("a", "0"), separator: undefined }, list("r", ","), list("s")],
      conditions: [use, { claim: claim("a", "b"), absent: "refused", tests: [] }],
    });
  });

  const discovery = (metadata: string) => ({ from: "discovery", issuer: "https://idp.example.com", metadata });
  const uri = "https://x.example/jwks";
  const metadata = { from: "metadata_uri", uri: "https://x.example/m?appid=1", issuer: "https://idp.example.com" };
  const bound = { from: "jwks_uri", uri: "http://x.internal/jwks", allowHttp: true, thumbprints: THUMBPRINTS };
  const files = [
    { from: "jwks_file", file: "b/old.jwks" },
    { from: "pem_file", file: "a.pem", kid: undefined },
  ];
  it.each<[keys: string, ...sources: object[]]>([
    ["{discovery: true}", discovery("openid")],
    ["{discovery: openid}", discovery("openid")],
    ["{discovery: oauth}", discovery("oauth")],
    ["{metadata_uri: https://x.example/m?appid=1}", metadata],
    [`{jwks_uri: http://x.internal/jwks, allow_http: true, thumbprints: [${THUMBPRINTS.toReversed()}]}`, bound],
    [`{jwks_uri: ${uri}, allow_http: false}`, { from: "jwks_uri", uri }],
    [`{jwks_uri: ${uri}}`, { from: "jwks_uri", uri }],
    ["{jwks: {keys: [{kty: RSA, kid: a}]}}", { from: "jwks", jwks: { keys: [{ kty: "RSA", kid: "a" }] } }],
    [
      `{discovery: true, jwks_uri: ${uri}, jwks_files: [b/old.jwks], pem_files: [{file: a.pem}]}`,
      discovery("openid"),
      { from: "jwks_uri", uri },
      ...files,
    ],
  ])("keys: %s", (keys, ...sources) => {
    const compiled = compileDocument(issuer(`keys: ${keys}`)).issuers.get("https://idp.example.com");
    expect(compiled).toHaveProperty("keys", sources);
  });
});

describe("secrets are used only for HS256, HS384 and HS512", () => {
  it("an issuer with RS256 and HS256 has keys for both algorithms", () => {
    const lines = ["algorithms: [HS256, RS256]", "keys: {discovery: true, secret_files: [{file: a.key, kid: a}]}"];
    expect([...compileDocument(issuer(...lines)).issuers.values()]).toMatchObject([
      {
        algorithms: new Set(["HS256", "RS256"]),
        keys: [{ from: "discovery" }, { from: "secret_file", file: "a.key", kid: "a", encoding: "text" }],
      },
    ]);
  });

  const files = (...pems: string[]) => ["algorithms: [RS256]", `keys: {pem_files: [{file: a, alg: RS256}, ${pems}]}`];
  it.each<[codes: readonly string[], lines: readonly string[]]>([
    [["algorithm_without_key"], ["algorithms: [‸HS256]"]],
    [["algorithm_without_key"], ["algorithms: [RS256, ‸HS512]", "keys: {jwks_uri: https://x.example/jwks}"]],
    [["algorithm_without_key"], ["algorithms: [HS256, ‸ES256]", "keys: {secret_files: [{file: a}]}"]],
    [["no_usable_key"], ["keys: {secret_files: ‸[{file: a}]}"]],
    [["no_usable_key"], ["algorithms: [HS256]", "keys: {secret_files: [{file: a, alg: ‸HS512}]}"]],
    [["no_usable_key"], files("{file: b, alg: ‸PS256}")],
    [["no_usable_key"], files("{file: b, alg: ‸Ed25519}")],
    [["kid_duplicate"], ["algorithms: [HS256]", "keys: {secret_files: [{file: a, kid: x}, ‸{file: b, kid: x}]}"]],
    [["kid_duplicate"], ["algorithms: [HS256]", "keys: {secret_files: [{file: a}, {file: b, kid: x}, ‸{file: c}]}"]],
    [["no_usable_key"], ["algorithms: [RS256]", "keys: {discovery: true, secret_files: ‸[{file: a}]}"]],
    [[], ["algorithms: [EdDSA]", "keys: {pem_files: [{file: a, alg: Ed25519}]}"]],
    [[], ["algorithms: [Ed25519]", "keys: {pem_files: [{file: a, alg: EdDSA}]}"]],
  ])("%s: %j", (codes, lines) => check(issuer(...lines), ...codes));
});

describe("options for fetched keys", () => {
  it.each<[keys: string, ...codes: string[]]>([
    ["{jwks_files: [a.jwks], ‸allow_http: true}", "invalid_value"],
    [`{jwks_files: [a.jwks], ‸thumbprints: [${THUMBPRINTS}]}`, "invalid_value"],
    [`{pem_files: [{file: a.pem}], ‸allow_http: false, ‸thumbprints: [${THUMBPRINTS}]}`, "invalid_value"],
  ])("are only for fetched keys: %s", (keys, ...codes) => {
    check(issuer(`keys: ${keys}`), ...codes);
  });

  it("keeps discovery, which is the default source of keys", () => {
    check(issuer("keys: {allow_http: true}"));
  });
});

describe("url_insecure: keys must come from an address where nobody can replace them", () => {
  it.each([
    ...["http://idp.example.com/jwks", "http://10.0.0.1/jwks", "https://user@idp.example.com/jwks"],
    ...["https://idp.example.com/jwks#x", "file:///etc/jwks.json", "idp.example.com/jwks", "/jwks"],
  ])("jwks_uri %s", (uri) => {
    check(issuer(`keys: {jwks_uri: ‸"${uri}"}`), "url_insecure");
  });

  it.each(["http://idp.example.com/m", "https://user@idp.example.com/m"])("metadata_uri %s", (uri) => {
    check(issuer(`keys: {metadata_uri: ‸"${uri}"}`), "url_insecure");
  });

  it.each(["ftp://idp.internal/jwks", "http://user@idp.internal/jwks"])("%s, with allow_http, too", (uri) => {
    check(issuer(`keys: {jwks_uri: ‸"${uri}", allow_http: true}`), "url_insecure");
  });

  const allowed = ["jwks_uri: http://idp.internal/jwks", "metadata_uri: http://idp.internal/m"];
  it.each([...allowed, "jwks_uri: https://idp.example.com/jwks?x=1"])("%s, with allow_http, is accepted", (keys) => {
    check(issuer(`keys: {${keys.replace(": ", ': "')}", allow_http: true}`));
  });

  const identified = (identifier: string, ...lines: string[]): string =>
    issuer(...lines).replace("https://idp.example.com", identifier);
  it("discovery over plain http, with allow_http, is accepted", () => {
    check(
      identified("http://internal", "keys: {discovery: true, allow_http: true}").replace("internal", "idp.internal"),
    );
  });

  it.each(["https://idp.example.com?x=1", "http://idp.example.com", "urn:example:issuer", "idp"])(
    "discovery from %s",
    (identifier) => check(identified(`‸${identifier}`), "url_insecure"),
  );

  it.each(["http://localhost:9400/jwks", "http://127.0.0.1:9400/jwks", "https://idp.example.com:8443/jwks"])(
    "but %s is accepted",
    (uri) => check(issuer(`keys: {jwks_uri: "${uri}"}`)),
  );

  it("and an issuer can be any string if its keys come from elsewhere", () => {
    check(identified("urn:example:issuer", "keys: {jwks_uri: https://x.example/jwks}"));
  });
});

describe("private_key: a key that is published with its private part is leaked", () => {
  it.each(["d", "p", "q", "dp", "dq", "qi", "oth", "k"])("member %s", (member) => {
    check(issuer(`keys: {jwks: {keys: [{kty: RSA}, {kty: RSA, ‸${member}: SECRET}]}}`), "private_key");
  });

  it("is not quoted", () => {
    const [issue] = issuesOf(issuer("keys: {jwks: {keys: [{kty: RSA, d: SECRET}]}}"));
    expect(issue?.message).toMatch(/private member "d"/);
    expect(JSON.stringify(issue)).not.toContain("SECRET");
  });
});

describe("no_usable_key: an inline set must contain a key for one of the algorithms", () => {
  it.each<[algorithms: string, key: string]>([
    ["ES256", "{kty: RSA}"],
    ["ES256", "{kty: EC, crv: P-384}"],
    ["ES256", "{kty: EC}"],
    ["RS256, PS256", "{kty: EC, crv: P-256}"],
    ["EdDSA", "{kty: OKP, crv: X25519}"],
    ["Ed25519", "{kty: OKP, crv: Ed448}"],
    ["RS256", "{kty: rsa}"],
    // The key's own members also matter. At run time, the plugin would not use such a key, and every request would get 503.
    ["RS256", "{kty: RSA, alg: RS512}"],
    ["RS256", "{kty: RSA, use: enc}"],
  ])("%s cannot be used with %s", (algorithms, key) => {
    check(issuer(`algorithms: [${algorithms}]`, `keys: {jwks: {keys: ‸[${key}]}}`), "no_usable_key");
  });

  it.each<[algorithms: string, keys: string]>([
    ["RS256", "{kty: RSA}"],
    ["PS256", "{kty: RSA}"],
    ["ES256", "{kty: EC, crv: P-256}"],
    ["EdDSA", "{kty: OKP, crv: Ed25519}"],
    ["Ed25519", "{kty: OKP, crv: Ed25519}"],
    ["ES256", "{kty: RSA}, {kty: EC, crv: P-256}"],
    ["RS256, ES256", "{kty: RSA, alg: RS256, use: sig}"],
  ])("%s can be used with %s", (algorithms, keys) => {
    check(issuer(`algorithms: [${algorithms}]`, `keys: {jwks: {keys: [${keys}]}}`));
  });
});

it("clock_skew is at most 5m, and not a second more", () => {
  check(issuer("clock_skew: 300s"));
  for (const skew of ["301s", "1h", "999999999d"]) {
    check(issuer(`clock_skew: ‸${skew}`), "duration_invalid");
  }
});

describe("required_claims: conditions for every rule", () => {
  it.each<[conditions: string, code: string]>([
    ["{sub: {‸equals_path: user}}", "condition_invalid"],
    ["{tenant: {‸equals_header: x-tenant}}", "condition_invalid"],
    ["{a: {‸equals_path: a, ‸equals_header: x-a}, b: {}}", "condition_invalid"],
    ["{a: {matches: ‸(x)}}", "condition_invalid"],
    ['{a: {equals: ‸""}}', "condition_invalid"],
    ["{a: {‸equal: x}}", "unknown_key"],
    ["{a: ‸x}", "wrong_type"],
    ["‸sub", "wrong_type"],
    ["[‸{a: {}}]", "wrong_type"],
  ])("%s: %s", (conditions, code) => check(issuer(`required_claims: ${conditions}`), code));

  it.each<[claims: string, ...conditions: object[]]>([
    ["[sub, /a/b]", { claim: { text: "sub", path: ["sub"] } }, { claim: { text: "/a/b", path: ["a", "b"] } }],
    ["{}"],
    ["{use: {}}", { claim: { text: "use", path: ["use"] } }],
    ["{use: {absent: true}}", { claim: { text: "use", path: ["use"] }, absent: "required" }],
  ])(
    "%s have only the named claims, which must have a value unless the condition wants none",
    (claims, ...conditions) => {
      const [compiled] = compileDocument(issuer(`required_claims: ${claims}`)).issuers.values();
      expect(compiled?.conditions).toEqual(
        conditions.map((condition) => ({ absent: "refused", tests: [], ...condition })),
      );
    },
  );

  it("say that a comparison with the request belongs in a rule", () => {
    const [issue] = issuesOf(issuer("required_claims: {sub: {equals_path: user}}"));
    const place = 'so "equals_path" cannot be used here: write it into the required_claims of a rule.';
    expect(issue?.message).toBe(`An issuer's conditions apply to every request, ${place}`);
  });
});

describe("issuer_template_invalid: a placeholder is one whole path segment, and its tenants are named", () => {
  const KEYS = "keys: {jwks_uri: https://x.example/jwks}";
  const templated = (identifier: string, ...lines: readonly string[]): string =>
    issuer(...lines).replace("https://idp.example.com", identifier);

  const paths = ["{t}", "{tenant_1}/v2.0", "a/{t}/b/"].map((path) => `https://idp.example.com/${path}`);
  it.each(paths)("%s is a valid template", (identifier) => {
    check(templated(`"${identifier}"`, "tenants: [a]", KEYS));
  });

  it.each([
    ...["https://idp.example.com", "https://{t}", "https://idp.example.com/{t}/{u}", "https://idp.example.com/a{t}"],
    ...["https://idp.example.com/{}", "https://idp.example.com/{t", "https://idp.example.com/{t}/v}"],
    ...["http://127.0.0.1/{t}", "urn:idp/{t}", "{t}/idp"],
  ])("%s is not a valid template", (identifier) => {
    check(templated(`‸"${identifier}"`, "tenants: [a]", KEYS), "issuer_template_invalid");
  });

  it("braces without tenants are a mistake, and do not count as literal text", () => {
    check(templated('‸"https://idp.example.com/{t}"', KEYS), "issuer_template_invalid");
  });

  it("every tenant together with a named tenant is a contradiction", () => {
    check(templated('"https://idp.example.com/{t}"', 'tenants: ‸["*", a]', KEYS), "issuer_template_invalid");
  });

  it.each([".", "a.b", "a/b", "a%2fb", "", "**", "a".repeat(129)])("tenant %j is not one", (tenant) => {
    check(templated('"https://idp.example.com/{t}"', `tenants: [‸"${tenant}"]`, KEYS), "invalid_value");
  });
});

describe("duration_invalid: keys are refreshed neither too often nor too rarely", () => {
  it.each([
    ...["{}", "{min: 10s, max: 10s, cooldown: 5s, max_stale: 10s}", "{min: 1d, max: 1d, max_stale: 365d}"],
    ...["{max: 1m, cooldown: 60s}", "{timeout: 1s}", "{timeout: 30s}"],
  ])("%s is accepted", (refresh) => check(issuer(`key_refresh: ${refresh}`)));

  it.each([
    ...["{min: ‸9s}", "{min: 2m, max: ‸1m}", "{max: ‸86401s}", "{cooldown: ‸4s}", "{max: 1m, cooldown: ‸61s}"],
    ...["{max_stale: ‸14m}", "{timeout: ‸0s}", "{timeout: ‸31s}", "{timeout: ‸1m}"],
  ])("%s is not accepted", (refresh) => check(issuer(`key_refresh: ${refresh}`), "duration_invalid"));
});
