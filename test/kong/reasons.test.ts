import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import type { CallerSource } from "../../plugin/core/model/caller.ts";
import { createDeny, type Deny, isAllow } from "../../plugin/core/model/decision.ts";
import { DENIALS, denialRow, type Reason } from "../../plugin/core/model/denial.ts";
import type { KeySource } from "../../plugin/core/model/key.ts";
import type { RequestFacts } from "../../plugin/core/model/request.ts";
import type { TokenRefusals } from "../../plugin/core/model/token.ts";
import { createKeySource } from "../../plugin/keys/life/key-source.ts";
import { decideInTime } from "../../plugin/kong/decide-in-time.ts";
import { createFactsReader } from "../../plugin/kong/facts/read-facts.ts";
import { startPluginInstance } from "../../plugin/kong/handler.ts";
import { formatDenial } from "../../plugin/observe/decision-log.ts";
import { createPolicyStore } from "../../plugin/runtime/load/policy-store.ts";
import { createRuntime } from "../../plugin/runtime/runtime.ts";
import { claimsOf, compileDocument, inlineIssuer, NOW, policyDocument, requestOf } from "../core/fixtures.ts";
import { noFiles } from "../keys/store/no-files.ts";
import { silentLog } from "../logs.ts";
import { generateSigningKey, mintToken, replaceSignature } from "../tokens.ts";
import { scriptedPdk } from "./contract/scripted-pdk.ts";

/** For each reason a real request. The line of the log must have the value that failed, its location and the next step. */

const key = generateSigningKey("ES256", "acme-1");
const partnerKey = generateSigningKey("RS256", "partner-1");
const fetched = { jwks_uri: "https://idp.example.net/keys" };
const TENANTS = "https://login.example.com/{tenant}";
const policy = compileDocument(
  policyDocument(
    inlineIssuer([key], { max_token_age: "1h", required_claims: { tenant: {}, token_use: { equals: "access" } } }),
    {
      token: {
        max_bytes: 4_096,
        sources: [
          "authorization",
          { header: "x-token" },
          { cookie: "__Host-t", allowed_origins: ["https://app.example"] },
        ],
      },
      issuers: {
        acme: inlineIssuer([key], {
          issuer: "https://idp.example.com/",
          max_token_age: "1h",
          required_claims: { tenant: {}, token_use: { equals: "access" } },
        }),
        partner: inlineIssuer([partnerKey], { issuer: "https://partner.example", token_type: "any" }),
        slow: { issuer: "https://slow.example", audiences: ["a"], algorithms: ["ES256"], keys: fetched },
        many: inlineIssuer([key], { issuer: TENANTS, tenants: ["one"] }),
      },
      defaults: { accept: ["acme", "slow", "many"] },
      identity: { issuers: ["acme"], consumer: { claim: "azp", unknown: "refuse" }, credential: "cred" },
      routes: {
        read: { required_scopes: ["payments:read"] },
        admin: { required_roles: ["order-admin"] },
        either: {
          any_of: [
            { required_scopes: ["a"] },
            { required_roles: ["b"] },
            { required_claims: { plan: { one_of: ["gold", "silver"] } } },
          ],
        },
        login: { authentication: { acr_values: ["gold"] } },
        both: { other_authentication: "require" },
        refunds: { operations: [{ methods: ["GET"], path: "/refunds/{id}" }] },
      },
      header_mappings: { "x-user-id": "sub" },
    },
  ),
);
const keys = createKeySource({ now: () => NOW * 1000, log: silentLog, files: noFiles });
const ALICE = { id: "11111111-1111-4111-8111-111111111111", username: "alice" };
const callers: CallerSource = {
  findConsumer: async ({ value }) => (value === "alice" ? ALICE : undefined),
  authenticatedCredential: async () => undefined,
  authenticatedConsumer: async () => undefined,
};
const GOOD = {
  iss: "https://idp.example.com/",
  tenant: "t1",
  token_use: "access",
  scope: "payments:read",
  azp: "alice",
  cred: "c1",
};
const mint = (claims: object = {}, header: Record<string, unknown> = {}): string =>
  mintToken({ key, header, claims: claimsOf({ ...GOOD, ...claims }) });

interface Sent {
  readonly rule?: string;
  readonly token?: string | undefined;
  readonly facts?: Partial<RequestFacts>;
  readonly source?: KeySource;
  readonly refusals?: TokenRefusals;
}

async function refuse({ rule = "read", token = mint(), facts = {}, source = keys, refusals }: Sent): Promise<Deny> {
  const request = requestOf(token, { binding: { by: "rule", rule }, ...facts });
  const decision = await decide(request, policy, source, () => NOW, callers, {}, refusals);
  if (isAllow(decision)) {
    throw new Error("the request passed");
  }
  return decision;
}

const denied = async (instance: ReturnType<typeof startPluginInstance>, deadlineMs = 1_000): Promise<Deny> => {
  const outcome = await new Promise((resolve) => {
    decideInTime(instance, scriptedPdk({}).pdk, { deadlineMs, log: () => {} }, resolve);
  });
  return outcome as Deny;
};

const root = mkdtempSync(join(tmpdir(), "reasons-"));
const runtime = createRuntime({
  policyRoot: root,
  compiler: createPolicyStore(root),
  policyPollMs: 1_000,
  now: () => NOW * 1000,
  log: silentLog,
});
afterAll(() => {
  runtime.stop();
  rmSync(root, { recursive: true, maxRetries: 5 });
});

const unavailable: KeySource = {
  find: async () => ({ ok: false, failure: { because: "unavailable", retryAfterSeconds: 7 } }),
  describe: () => ({ keys: [], notUsed: [], failures: ["https://idp.example.net/keys answered with status 404"] }),
};
const overloaded: KeySource = { find: () => ({ ok: false, failure: { because: "overloaded" } }) };
const header = (name: string, text: string) => new Map([[name, text]]);

/** What was sent, the value that the line must show, and the location of the value. */
interface Row {
  readonly deny: () => Promise<Deny>;
  readonly value: RegExp;
  readonly location: RegExp;
}

const row = (sent: Sent, value: RegExp, location: RegExp): Row => ({ deny: () => refuse(sent), value, location });

const ROWS: Readonly<Record<Reason, readonly Row[]>> = {
  no_matching_rule: [
    row(
      { facts: { binding: { by: "route", name: "orders", tags: [] } } },
      /Kong Route "orders"; it has read, admin, either, login, both and 1 more/,
      /policy "payments"/,
    ),
    row(
      { rule: "refunds", facts: { requestLine: { method: "PUT", target: "/refunds/7?access_token=x" } } },
      /fits PUT \/refunds\/7$/,
      /rule "refunds"/,
    ),
  ],
  path_ambiguous: [
    row(
      { facts: { requestLine: { method: "GET", target: "/a/..%2fb" } } },
      /the path "\/a\/\.\.%2fb"/,
      /has a dot segment/,
    ),
    row(
      { rule: "refunds", facts: { requestLine: { method: "GET", target: "/refunds//7" } } },
      /\/refunds\/\/7/,
      /the path/,
    ),
  ],
  insecure_transport: [
    row({ facts: { transport: "plain", client: "192.0.2.7" } }, /http from 192\.0\.2\.7/, /no X-Forwarded-Proto/),
    row(
      { facts: { transport: "plain", headers: header("x-forwarded-proto", "https") } },
      /X-Forwarded-Proto: https came from an address that is not in trusted_ips/,
      /X-Forwarded-Proto/,
    ),
    row(
      { facts: { transport: "plain", headers: header("x-forwarded-proto", "http") } },
      /X-Forwarded-Proto is http, expected https/,
      /X-Forwarded-Proto/,
    ),
  ],
  connection_header_refused: [row({ facts: { connection: "close, x-user-id" } }, /names x-user-id/, /Connection/)],
  too_many_headers: [
    {
      async deny() {
        const names = Array.from({ length: 1_000 }, (_, index): [string, string[]] => [`x-${index}`, ["1"]]);
        const read = await createFactsReader(false, () => {})(scriptedPdk({ headers: names }).pdk, policy, "read");
        return createDeny(read.ok ? { reason: "internal_error" } : read.failure, { policy: "payments" });
      },
      value: /1000 header fields, at most 999/,
      location: /header fields/,
    },
  ],
  other_authentication_missing: [row({ rule: "both" }, /no credential/, /kong\.client/)],
  token_missing: [
    row({ facts: { authorization: undefined } }, /no token/, /in authorization, header x-token, cookie __Host-t/),
    row({ facts: { authorization: "JWT abc" } }, /scheme JWT, expected Bearer/, /authorization has/),
    row({ facts: { authorization: "Basic YWxpY2U6c2VjcmV0" } }, /scheme Basic, expected Bearer/, /authorization/),
    row(
      { facts: { authorization: "hunter2 secret" } },
      /a scheme that is not well known, expected Bearer/,
      /authorization/,
    ),
    row({ facts: { authorization: mint() } }, /no scheme, expected Bearer/, /authorization/),
    row({ facts: { authorization: "Bearer " } }, /scheme Bearer without a token/, /authorization/),
  ],
  authorization_malformed: [
    row({ token: "abc def" }, /7 characters, with a space at position 4/, /authorization/),
    row({ token: "abc\u00e9" }, /a character that is not visible ASCII at position 4/, /authorization/),
  ],
  credentials_malformed: [
    row(
      { token: undefined, facts: { authorization: undefined, headers: header("x-token", "a b") } },
      /a space/,
      /header x-token/,
    ),
  ],
  token_ambiguous: [
    row({ facts: { headers: header("x-token", mint()) } }, /authorization and header x-token/, /in authorization/),
    row({ token: `${mint()}, Bearer ${mint()}` }, /a comma between two values/, /in authorization/),
    row(
      { token: undefined, facts: { authorization: undefined, headers: header("cookie", "__Host-t=a; __Host-t=b") } },
      /cookie __Host-t, twice/,
      /cookie __Host-t/,
    ),
  ],
  origin_not_allowed: [
    row(
      {
        facts: {
          authorization: undefined,
          requestLine: { method: "POST", target: "/" },
          headers: new Map([
            ["cookie", `__Host-t=${mint()}`],
            ["origin", "http://app.example"],
          ]),
        },
      },
      /Origin is http:\/\/app\.example, and not one of its allowed_origins: https:\/\/app\.example; it differs only by http instead of https/,
      /cookie __Host-t/,
    ),
  ],
  token_too_large: [row({ token: "a".repeat(5_000) }, /5000 bytes, at most 4096/, /authorization/)],
  token_malformed: [
    row({ token: "opaque" }, /6 characters in 1, as an opaque token has/, /authorization/),
    row({ token: mint({}, { alg: 7 }) }, /alg is not a string/, /authorization: header/),
    row({ token: `${mint()}!`.replace("!", "=") }, /signature: not canonical base64url/, /authorization/),
  ],
  token_encrypted: [row({ token: "a.b.c.d.e" }, /5 segments/, /authorization/)],
  critical_header_unsupported: [row({ token: mint({}, { crit: ["exp"] }) }, /has crit/, /the header/)],
  issuer_untrusted: [
    row(
      { token: mint({ iss: "https://idp.example.com" }) },
      /unverified iss https:\/\/idp\.example\.com; accepted: https:\/\/idp\.example\.com\/, .*; it differs only by the trailing slash/,
      /iss/,
    ),
    row({ token: mint({ iss: undefined }) }, /the token has no iss; accepted: https:\/\/idp\.example\.com\//, /iss/),
    row({ token: mint({ iss: ["a"] }) }, /the unverified iss is not a string/, /iss/),
    row(
      { token: mint({ iss: "https://partner.example" }) },
      /issuer "partner".*it accepts acme, slow, many/,
      /unverified iss/,
    ),
    row({ token: mint({ iss: "https://login.example.com/two" }) }, /the tenant two; .* other tenants: one/, /iss/),
  ],
  algorithm_not_allowed: [row({ token: mint({}, { alg: "HS256" }) }, /unverified alg HS256; .* allows ES256/, /alg/)],
  key_not_found: [
    row(
      { token: mint({}, { kid: "old" }) },
      /unverified kid old and alg ES256; keys for ES256: 1, kid acme-1/,
      /issuer "acme"/,
    ),
    row(
      {
        token: mint({}, { kid: "rsa" }),
        source: {
          find: () => ({ ok: false, failure: { because: "unknown" } }),
          describe: () => ({
            keys: [{ kid: "rsa", algorithm: "RS256" }],
            notUsed: ['key 1, kid "x": the key fits RS256, which the policy\'s algorithms do not name'],
            failures: [],
          }),
        },
      },
      /the key with this kid is for RS256; keys for ES256: none; its keys are for RS256; not used: key 1, kid .*x.*: the key fits RS256/,
      /kid rsa/,
    ),
  ],
  signature_invalid: [
    row({ token: replaceSignature(mint(), new Uint8Array(64)) }, /64 bytes .* ES256 key kid acme-1/, /the signature/),
  ],
  keys_unavailable: [
    row(
      { token: mint({ iss: "https://slow.example" }), source: unavailable },
      /the last attempt failed: https:\/\/idp\.example\.net\/keys answered with status 404/,
      /issuer "slow"/,
    ),
  ],
  overloaded: [row({ source: overloaded }, /too many requests wait/, /issuer "acme"/)],
  token_type_mismatch: [
    row({ token: mint({}, { typ: "JWT" }) }, /must be at\+jwt: it is jwt/, /typ/),
    row({ token: mint({}, { typ: undefined }) }, /the token has no typ/, /typ/),
  ],
  audience_mismatch: [
    row(
      { token: mint({ aud: "https://api.example.com/" }) },
      /it is a string: https:\/\/api\.example\.com\/; accepted: https:\/\/api\.example\.com; it differs only by the trailing slash/,
      /aud contains/,
    ),
    row({ token: mint({ aud: undefined }) }, /accepted: https:\/\/api\.example\.com/, /no aud/),
    row({ token: mint({ aud: ["a", "b"] }) }, /a list of 2 strings: a, b/, /aud/),
  ],
  token_not_yet_valid: [
    row(
      { token: mint({ nbf: NOW + 100 }) },
      /1800000100 \(2027-01-15T08:01:40Z\), in 100 s; clock_skew is 30 s/,
      /nbf/,
    ),
    row({ token: mint({ iat: NOW * 1000 }) }, /it is in milliseconds: 1800000000000/, /iat/),
  ],
  token_expired: [
    row(
      { token: mint({ exp: NOW - 300 }) },
      /1799999700 \(2027-01-15T07:55:00Z\), 300 s ago; clock_skew is 30 s/,
      /exp/,
    ),
  ],
  token_too_old: [row({ token: mint({ iat: NOW - 7_200 }) }, /7200 s ago; .*max_token_age is 3600 s/, /iat/)],
  claim_missing: [
    row({ token: mint({ tenant: undefined }) }, /no claim tenant/, /claim "tenant"/),
    row({ token: mint({ tenant: " " }) }, /has no value: it is a string: " "/, /claim "tenant"/),
    row({ token: mint({ exp: undefined }) }, /no claim exp/, /claim "exp"/),
  ],
  claim_invalid: [
    row({ token: mint({ token_use: "id" }) }, /it is a string: id, and must be access/, /claim "token_use"/),
    row({ token: mint({ jti: 7 }) }, /not a string: it is a number: 7/, /jti/),
  ],
  token_refused: [row({ refusals: { isRefused: () => true } }, /at the same time/, /different networks/)],
  scope_insufficient: [
    row(
      { token: mint({ scope: "payments:write openid" }) },
      /lacks scope payments:read: .* a string: "payments:write openid"/,
      /claim scope/,
    ),
    row(
      { token: mint({ scope: "Payments:Read" }) },
      /Payments:Read differs only by upper and lower case/,
      /claim scope/,
    ),
    row({ token: mint({ scope: "payments:read,x" }) }, /scopes are separated by spaces only/, /claim scope/),
    row({ token: mint({ scope: undefined }) }, /lacks scope payments:read/, /no claim scope/),
    row(
      { rule: "either", token: mint({ scope: "x", roles: ["r"], plan: "free" }) },
      /none of the 3 alternatives is met: 1 lacks scope a: .*; 2 lacks role b: .*; 3 claim "plan" .* free, and must be one of gold, silver/,
      /claim scope/,
    ),
  ],
  condition_unmet: [
    row(
      { rule: "admin", token: mint({ roles: ["reader"] }) },
      /lacks role order-admin: .*1 string: reader/,
      /claim roles/,
    ),
    row({ rule: "admin" }, /lacks role order-admin/, /no claim roles/),
  ],
  authentication_insufficient: [
    row({ rule: "login", token: mint({ acr: "bronze" }) }, /must be one of gold: .*: bronze/, /claim acr/),
  ],
  consumer_unknown: [
    row(
      { token: mint({ azp: "bob" }) },
      /no Consumer with the username .*: a string: bob|a string: bob/,
      /claim "azp"/,
    ),
  ],
  identity_claim_invalid: [row({ token: mint({ cred: 7 }) }, /a number: 7/, /claim "cred"/)],
  claim_not_header_safe: [
    row(
      { token: mint({ sub: "Zo\u00eb" }) },
      /not visible ASCII: U\+00EB at position 3/,
      /claim "sub" for header x-user-id/,
    ),
  ],
  policy_unavailable: [
    {
      deny: () =>
        denied(
          startPluginInstance(
            '{"policy_file":"none.yaml"}',
            runtime,
            createFactsReader(false, () => {}),
          ),
        ),
      value: /file_missing: none\.yaml cannot be read/,
      location: /none\.yaml:1:1/,
    },
  ],
  deadline_exceeded: [
    {
      deny: () => denied({ access: () => new Promise(() => {}) }, 1),
      value: /longer than 1 ms/,
      location: /the decision/,
    },
  ],
  internal_error: [
    {
      deny: () => denied({ access: () => Promise.reject(new TypeError("secret")) }),
      value: /TypeError/,
      location: /the plugin server's log/,
    },
  ],
};

describe.each(Object.entries(ROWS))("the line about %s has the value, its location and the next step", (name, rows) => {
  const reason = name as Reason;
  it.each(rows.map((each) => [each.value.source, each] as const))("%s", async (_value, { deny, value, location }) => {
    const decision = await deny();
    expect(decision.denial.reason).toBe(reason);
    const line = formatDenial(decision);
    const [, escaped = ""] = /detail="((?:[^"\\]|\\.)*)"/.exec(line) ?? [];
    const detail = escaped.replaceAll('\\"', '"');
    expect(detail).toMatch(value);
    expect(detail).toMatch(location);
    expect(line).toContain(`next=${JSON.stringify(denialRow(reason).next)}`);
    expect(line).toMatch(/^[\x20-\x7e]{1,1600}$/);
  });
});

it("no reason is without a request", () => {
  expect(Object.entries(ROWS).filter(([, rows]) => rows.length === 0)).toEqual([]);
  expect(Object.keys(ROWS)).toEqual(Object.keys(DENIALS));
});
