import { describe, expect, it } from "vitest";
import { headerSpellings } from "../../../plugin/policy/language/header-spellings.ts";
import { compileDocument } from "../../core/fixtures.ts";
import { expectIssues, ISSUER_START, issuesOf } from "./marked-text.ts";

const ROUTES = "routes: {r: {}}\n";

describe("the frame of a document", () => {
  const start = `${ISSUER_START}${ROUTES}`;
  const withoutAudiences = ISSUER_START.replace("  acme", "  ‸acme").replace(/ +audiences.*\n/, "");
  it.each<[code: string, marked: string, message: RegExp]>([
    ...["‸", "‸[]", "‸payments", "‸a: b", "‸5", "‸[{jwt_policy: 1}]"].map((text): [string, string, RegExp] => [
      "not_a_policy",
      text,
      /^This is not a policy: the key "jwt_policy" is missing/,
    ]),
    ["version_unknown", start.replace(": 1", ": ‸2"), /version 2 is not known.*reads version 1/],
    ["version_unknown", start.replace(": 1", ': ‸"1"'), /version "1" is not known/],
    ["missing_key", "‸jwt_policy: 1\nname: payments\n", /^The key "issuers" is missing\.$/],
    ["not_a_policy", `‸${start.replace("jwt_policy: 1\n", "")}`, /"jwt_policy" is missing/],
    ["missing_key", `${withoutAudiences}${ROUTES}`, /"audiences"/],
    ["unknown_key", `${start}‸based_on: base.yaml`, /"based_on" is not known here\. Known here: jwt_policy,/],
    ["extends_impossible", `${start}‸extends: base.yaml`, /^An inline policy cannot extend a file/],
    ["invalid_value", `${start}extends: ‸/etc/passwd`, /^"\/etc\/passwd" is not a valid extends\./],
    ["invalid_value", `${ISSUER_START}routes: {‸"a b": {}}`, /^"a b" is not a valid identifier\./],
    [
      "invalid_value",
      `${ISSUER_START}routes: {‸__proto__: {access: public}}`,
      /^"__proto__" is not a valid identifier\./,
    ],
    ["invalid_value", start.replace("payments", '‸pay"ments'), /is not a valid identifier/],
  ])("%s: %j", (code, marked, message) => expectIssues(marked, code, message));
});

describe("issuers", () => {
  const issuer = (line: string): string => `${ISSUER_START}    ${line}\n${ROUTES}`;
  const policyFile = /must not end with \.yaml, \.yml or \.json, because files with these endings are policies/;
  const unit = /^The value must be a string, not 30\. Write a number and a unit: s, m, h or d\. Example: \d+[smhd]\.$/;
  const thirty = /^"30 s" is not a valid duration\. Did you mean "30s"\?.* Example: 30s\.$/;
  const empty = /^The value must not be empty\. Known here: discovery, metadata_uri, jwks_uri, jwks,/;
  const thumbprint = /^this string is not a valid thumbprint\. 43 characters/;
  it.each<[code: string, line: string, message: RegExp]>([
    ["unknown_key", "‸audience: [x]", /Did you mean "audiences"\?$/],
    ["unknown_key", "‸clock-skew: 30s", /Did you mean "clock_skew"\?$/],
    ["unknown_key", "‸required_scopes: [a]", /This key belongs to "defaults", a rule or an operation\.$/],
    ["unknown_key", "‸jwks_uri: https://idp.example.com/jwks", /This key belongs to the keys of an issuer\.$/],
    ["unknown_key", "‸leeway: 30s", /Did you mean "clock_skew"\?$/],
    ["duration_invalid", 'clock_skew: ‸"30"', /^"30" is not a valid duration\. A whole number /],
    ["duration_invalid", "clock_skew: ‸5 Minutes", /Did you mean "5m"\?/],
    ["duration_invalid", "clock_skew: ‸PT30S", /Did you mean "30s"\?/],
    ["wrong_type", "algorithms: ‸RS256 ES256", /Write a list: \[RS256, ES256\]\.$/],
    ["wrong_type", "required_claims: [‸true]", /Put the value in quotes: "true"\.$/],
    ["unknown_key", "claims: {‸__proto__: {scopes: x}}", /^The key "__proto__" is not known here/],
    ["invalid_value", "algorithms: [‸HS265]", /^"HS265" is not one of RS256, PS256, ES256, EdDSA, Ed25519, RS384,/],
    ["invalid_value", "algorithms: [RS256, ‸none]", /^"none" is not one of/],
    ["invalid_value", "algorithms: [‸signature_invalid]", /^"signature_invalid" is not one of RS256/],
    ["invalid_value", "algorithms: ‸[]", /at least 1 element/],
    ["invalid_value", "algorithms: ‸[RS256, RS256]", /duplicate/],
    ["wrong_type", "clock_skew: ‸30", unit],
    ["duration_invalid", "clock_skew: ‸30 s", thirty],
    ["duration_invalid", "clock_skew: ‸1.5m", /is not a valid duration/],
    ["duration_invalid", "clock_skew: ‸-1s", /is not a valid duration/],
    ["duration_invalid", "clock_skew: ‸030s", /is not a valid duration/],
    ["duration_invalid", "clock_skew: ‸301s", /more than 5m/],
    ["invalid_value", 'token_type: ‸"at jwt"', /is not a valid token type/],
    ["invalid_value", "required_claims: [sub, ‸/a~2b]", /is not a valid claim/],
    ["invalid_value", "claims: {scopes: ‸''}", /is not a valid claim/],
    ["invalid_value", "keys: ‸{}", empty],
    ["wrong_type", "keys: ‸inline", /^The value must be a map, not this string\.$/],
    ["unknown_key", "keys: {‸jwks_url: https://idp.example.com/jwks}", /Did you mean "jwks_uri"\?$/],
    ["invalid_value", "keys: {jwks_files: [‸/etc/keys.json]}", /is not a valid file under the policy root/],
    ["invalid_value", "keys: {jwks_files: [‸keys/idp.json]}", policyFile],
    ["missing_key", "keys: {pem_files: [‸{kid: a}]}", /^The key "file" is missing\.$/],
    [
      "invalid_value",
      "keys: {secret_files: [{file: a, encoding: ‸utf8}]}",
      /not one of text, base64url, base64, hex\.$/,
    ],
    ["wrong_type", "keys: {secret_files: [‸SECRET]}", /^The value must be a map, not this string\.$/],
    ["invalid_value", "keys: {discovery: ‸false}", /^false is not one of true, openid, oauth\.$/],
    ["invalid_value", "keys: {discovery: ‸oath}", /^this string is not one of true, .* Did you mean "oauth"\?$/],
    ["invalid_value", "keys: {jwks_uri: a, thumbprints: [‸abc]}", thumbprint],
    ["wrong_type", "keys: {jwks_uri: ‸5}", /^The value must be a string, not this value\.$/],
    ["wrong_type", "keys: {jwks: ‸[]}", /^The value must be a map, not a list\.$/],
    ["missing_key", "keys: {‸jwks: {}}", /^The key "keys" is missing\.$/],
    ["missing_key", "keys: {jwks: {keys: [‸{kid: a}]}}", /^The key "kty" is missing\.$/],
    ["wrong_type", "keys: {jwks: {keys: [‸text]}}", /^The value must be a map, not this string\.$/],
    ["unknown_key", "keys: {discovery: true, ‸url: x}", /^This key is not known here\./],
  ])("%s: %s", (code, line, message) => expectIssues(issuer(line), code, message));
});

describe("rules and operations", () => {
  const rule = (line: string): string => `${ISSUER_START}routes:\n  r:\n    ${line}\n`;
  it.each<[code: string, line: string, message: RegExp]>([
    ["unknown_key", "‸acess: public", /Did you mean "access"\?$/],
    ["unknown_key", "‸scopes: [read]", /^The key "scopes" is not known here\. Did you mean "required_scopes"\?$/],
    ["unknown_key", "‸clock_skew: 30s", /This key belongs to an issuer\.$/],
    ["unknown_key", "‸paths: [/a]", /Did you mean "operations"\?$/],
    ["wrong_type", "required_scopes: ‸'a b, c:d'", /Write a list: \[a, b, c:d\]\.$/],
    ["wrong_type", "allow_http: ‸'yes'", /Write true, without quotes\.$/],
    ["wrong_type", "operations: ‸{methods: [GET], path: /a}", /^The value must be a list, not a map\.$/],
    ["invalid_value", "access: ‸publik", /Did you mean "public"\?$/],
    ["invalid_value", "access: ‸none", /^"none" is not one of required, optional, public\.$/],
    [
      "wrong_type",
      "required_scopes: ‸read",
      /^The value must be a list or a map, not "read"\. Write a list: \[read\]\.$/,
    ],
    ["wrong_type", "required_scopes: [read, ‸1]", /must be a string, not 1\. Put the value in quotes: "1"\.$/],
    ["invalid_value", 'required_scopes: [‸"read write"]', /^"read write" is not a valid scope\. .*: read, write\./],
    ["invalid_value", "required_scopes: [‸'a\"b']", /is not a valid scope/],
    ["unknown_key", "required_claims: {a: {not: {‸foo: 1}}}", /Known here: equals, [a-z_, ]+, max\.$/],
    ["unknown_key", "required_claims: {a: {not: {‸absent: true}}}", /^The key "absent" cannot be used here\. .+\.$/],
    ["invalid_value", "accept: ‸[]", /^The value must have at least 1 element\.$/],
    ["invalid_value", "any_of: ‸[{}]", /^The value must have at least 2 elements\.$/],
    ["invalid_value", "required_claims: {a: {matches: ‸''}}", /^The value must have at least 1 character\.$/],
    [
      "invalid_value",
      `required_claims: {a: {matches: ‸${"a".repeat(129)}}}`,
      /^The value must have at most 128 characters\.$/,
    ],
    ["wrong_type", "other_authentication: ‸true", /^The value must be one of ignore, skip, require, not true\.$/],
    ["invalid_value", "required_claims: {a: {equals_header: ‸X-A}}", /is not a valid request header/],
    [
      "invalid_value",
      "operations: [{methods: [‸'G T'], path: /a}]",
      /^"G T" is not a valid [a-z ]+\.(?: Example: [^ ]+\.)?$/,
    ],
    ["missing_key", "operations: [‸{path: /a}]", /^The key "methods" is missing\.$/],
    ["invalid_value", "operations: [{methods: [‸get], path: /a}]", /^"get" is not a valid .*Did you mean "GET"\?/],
    ["invalid_value", "operations: [{methods: [GET], path: ‸a}]", /^"a" is not a valid path template\. .* "\/a"\?/],
    ["unknown_key", "operations: [{methods: [GET], path: /a, ‸operations: []}]", /^The key "operations" is not known/],
  ])("%s: %s", (code, line, message) => expectIssues(rule(line), code, message));
});

describe("defaults, token and header mappings", () => {
  const kong = /Kong itself writes this header/;
  const elsewhere = /^The key "access" is not known here\. This key belongs to a rule or an operation\.$/;
  const entries = /^The value must be a map, not a list\. Write "name: value" entries/;
  const lower = /^"X-User-Id" is not a valid request header\. Did you mean "x-user-id"\?/;
  it.each<[code: string, line: string, message: RegExp]>([
    ["unknown_key", "defaults: {‸access: public}", elsewhere],
    ["unknown_key", "‸mode: report", /^The key "mode" belongs under "defaults", or in a rule\.$/],
    ["unknown_key", "‸clock_skew: 30s", /This key belongs to an issuer\.$/],
    ["unknown_key", "‸rules: {}", /Did you mean "routes"\?$/],
    ["wrong_type", "token: ‸max_bytes:300", /A colon needs a space after it: write "max_bytes: "\.$/],
    ["unknown_key", "token: {‸max_bytes:300}", /A colon needs a space after it: write "max_bytes: "\.$/],
    ["unknown_key", "‸modes: report", /^The key "modes" is not known here/],
    ["invalid_value", "token: {max_bytes: ‸255}", />= 256/],
    ["invalid_value", "token: {max_bytes: ‸16385}", /<= 16384/],
    ["wrong_type", 'token: {max_bytes: ‸"300"}', /must be a whole number, not "300"\. Write 300, without quotes\.$/],
    ["wrong_type", "header_mappings: ‸[x-user-id]", entries],
    ["wrong_type", "header_mappings: {x-user-id: ‸[sub]}", /^The value must be a string or a map, not a list\.$/],
    ["unknown_key", "header_mappings: {x-user-id: {‸claim: sub}}", /Known here: from, constant, payload,/],
    ["invalid_value", 'header_mappings: {x-a: {constant: ‸"a\\nb"}}', /is not a valid constant/],
    ["mapping_invalid", "header_mappings: {x-a: ‸{list: repeat}}", /^A header has one source/],
    ["mapping_invalid", "header_mappings: {x-a: ‸{from: sub, constant: a}}", /^A header has one source/],
    ["mapping_invalid", "header_mappings: {x-a: ‸{payload: true, fallback: a}}", /so it needs "from"\.$/],
    ["mapping_invalid", "header_mappings: {x-a: ‸{payload: true, encoding: json}}", /Leave "encoding" out\.$/],
    ["mapping_invalid", "header_mappings: {x-a: ‸{from: a, list: repeat, separator: ;}}", /beside "list: repeat"\.$/],
    ["invalid_value", "header_mappings: {‸x-jwt-policy-verdict: sub}", /the guard uses the headers/],
    ["invalid_value", "header_mappings: {‸X-User-Id: sub}", lower],
    ["invalid_value", "header_mappings: {‸x_user_id: sub}", /is not a valid request header/],
    ["invalid_value", "header_mappings: {‸x-a-b-c-d-e: sub}", /is not a valid request header/],
    ["invalid_value", "header_mappings: {‸authorization: sub}", /cannot be used here: it has credentials/],
    ["invalid_value", "header_mappings: {‸connection: sub}", /cannot be used here: it steers the connection/],
    ["invalid_value", "header_mappings: {‸host: sub}", /cannot be used here: it steers the connection/],
    ...["for", "host", "path", "port", "prefix", "proto"].map((word): [string, string, RegExp] => [
      "invalid_value",
      `header_mappings: {‸x-forwarded-${word}: sub}`,
      new RegExp(`^"x-forwarded-${word}" cannot be used here: ${kong.source} for the upstream`),
    ]),
    ...["x-real-ip", "via", "x-kong-request-id"].map((name): [string, string, RegExp] => [
      "invalid_value",
      `header_mappings: {‸${name}: sub}`,
      kong,
    ]),
    ["invalid_value", "header_mappings: {‸content-length: sub}", /describes the message/],
    ["invalid_value", "defaults: {required_claims: {a: {equals_header: ‸x-forwarded-host}}}", kong],
    ["invalid_value", "token: {forward: {header: ‸x-forwarded-proto}}", kong],
    ["invalid_value", "token: {sources: [{header: ‸x-real-ip}]}", kong],
    ["invalid_value", "header_mappings: {x-user-id: ‸/a~}", /is not a valid header mapping/],
  ])("%s: %s", (code, line, message) => expectIssues(`${ISSUER_START}${ROUTES}${line}\n`, code, message));
});

describe("headers that other gateways use for the identity can be mapped, and the plugin then removes the client's", () => {
  const words = [
    "user",
    "email",
    "preferred-username",
    "groups",
    "access-token",
    "client-cert",
    "user-for",
    "hosts",
    "fort",
  ];
  it.each(words)("x-forwarded-%s", (word) => {
    const name = `x-forwarded-${word}`;
    const token = "token: {sources: [{header: x-forwarded-token}]}";
    const document = `${ISSUER_START}${ROUTES}header_mappings: {${name}: sub}\n${token}\n`;
    expect(issuesOf(document)).toEqual([]);
    expect(compileDocument(document).clearedHeaders).toEqual(headerSpellings(name));
  });
});
it.each(["routes: {r: {access: ‸}}", `${ROUTES}token: {max_bytes: ‸1.5}`])("one mistake is one issue: %j", (rest) => {
  expectIssues(`${ISSUER_START}${rest}`, "wrong_type");
});

it("reports each wrong key of one map", () => {
  const marked = `${ISSUER_START}${ROUTES}header_mappings: {‸X-A: a, x-b: b, ‸x_c: c, ‸host: d, ‸cookie: e}\n`;
  expectIssues(marked, "invalid_value");
});

it("prints all mistakes of a file at once, in the order of the text", () => {
  const marked = `jwt_policy: ‸2
name: payments
issuers:
  ‸acme:
    issuer: https://idp.example.com
    ‸audience: [api]
routes:
  read:
    access: ‸publik
`;
  expectIssues(marked, ["version_unknown", "missing_key", "unknown_key", "invalid_value"]);
});

it("reports wrong paths together with wrong keys, but a path without its slash only once", () => {
  const marked = `${ISSUER_START}routes:
  r:
    ‸scopes: [read]
    operations:
      - { methods: [GET], path: ‸/books/* }
      - { methods: [GET], path: "/books/{id}" }
      - { methods: [‸get], path: ‸"books/*" }
  s: { operations: [{ methods: [GET], path: ‸/a//b }] }
`;
  const [path, value] = ["path_template_invalid", "invalid_value"];
  expectIssues(marked, ["unknown_key", path, value, value, path]);
});

it("shows no more than 60 characters of a value", () => {
  const [issue] = issuesOf(`${ISSUER_START}routes: {r: {access: ${"x".repeat(1000)}}}`);
  expect(issue?.message.length).toBeLessThan(130);
});
