import { afterAll, describe, expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import type { CallerSource } from "../../plugin/core/model/caller.ts";
import { createDeny, type Deny, isAllow } from "../../plugin/core/model/decision.ts";
import { denialRow, type Reason } from "../../plugin/core/model/denial.ts";
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
import { temporaryFolder } from "../temporary-folder.ts";
import { generateSigningKey, mintToken, replaceSignature } from "../tokens.ts";
import { scriptedPdk } from "./contract/scripted-pdk.ts";

/**
 * For each reason, a real request. The log line must have the value that failed, the value's location, and the next
 * step.
 */

const key = generateSigningKey("ES256", "acme-1");
const partnerKey = generateSigningKey("RS256", "partner-1");
const fetched = { jwks_uri: "https://idp.example.net/keys" };
const TENANTS = "https://login.example.com/{tenant}";
const CONDITIONS = { max_token_age: "1h", required_claims: { tenant: {}, token_use: { equals: "access" } } };
const policy = compileDocument(
  policyDocument(inlineIssuer([key], CONDITIONS), {
    token: {
      max_bytes: 4_096,
      sources: [
        "authorization",
        { header: "x-token" },
        { cookie: "__Host-t", allowed_origins: ["https://app.example"] },
      ],
    },
    issuers: {
      acme: inlineIssuer([key], { issuer: "https://idp.example.com/", ...CONDITIONS }),
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
  }),
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

const denied = async (instance: ReturnType<typeof startPluginInstance>, deadlineMs = 60_000): Promise<Deny> => {
  const outcome = await new Promise((resolve) => {
    decideInTime(instance, scriptedPdk({}).pdk, { deadlineMs, log: () => {} }, resolve);
  });
  return outcome as Deny;
};

const root = temporaryFolder();
const runtime = createRuntime({
  policyRoot: root,
  compiler: createPolicyStore(root),
  policyPollMs: 1_000,
  now: () => NOW * 1000,
  log: silentLog,
});
afterAll(() => runtime.stop());

const readFacts = createFactsReader(false, () => {});
const unavailable: KeySource = {
  find: async () => ({ ok: false, failure: { because: "unavailable", retryAfterSeconds: 7 } }),
  describe: () => ({ keys: [], notUsed: [], failures: ["https://idp.example.net/keys answered with status 404"] }),
};
const overloaded: KeySource = { find: () => ({ ok: false, failure: { because: "overloaded" } }) };
const header = (name: string, text: string) => new Map([[name, text]]);

/** The sent request, the value that the log line must show, and the location of this value. */
interface Row {
  readonly deny: () => Promise<Deny>;
  readonly value: RegExp;
  readonly location: RegExp;
}

const row = (value: RegExp, location: RegExp, sent: Sent): Row => ({ deny: () => refuse(sent), value, location });

const ROWS: Readonly<Record<Reason, readonly Row[]>> = {
  no_matching_rule: [
    row(/Kong Route "orders"; it has read, admin, either, login, both and 1 more/, /policy "payments"/, {
      facts: { binding: { by: "route", name: "orders", tags: [] } },
    }),
    row(/fits PUT \/refunds\/7$/, /rule "refunds"/, {
      rule: "refunds",
      facts: { requestLine: { method: "PUT", target: "/refunds/7?access_token=x" } },
    }),
  ],
  path_ambiguous: [
    row(/the path "\/a\/\.\.%2fb"/, /has a dot segment/, {
      facts: { requestLine: { method: "GET", target: "/a/..%2fb" } },
    }),
    row(/\/refunds\/\/7/, /the path/, {
      rule: "refunds",
      facts: { requestLine: { method: "GET", target: "/refunds//7" } },
    }),
  ],
  insecure_transport: [
    row(/http from 192\.0\.2\.7/, /no X-Forwarded-Proto/, { facts: { transport: "plain", client: "192.0.2.7" } }),
    row(/X-Forwarded-Proto: https came from an address that is not in trusted_ips/, /X-Forwarded-Proto/, {
      facts: { transport: "plain", headers: header("x-forwarded-proto", "https") },
    }),
    row(/X-Forwarded-Proto is http, expected https/, /X-Forwarded-Proto/, {
      facts: { transport: "plain", headers: header("x-forwarded-proto", "http") },
    }),
  ],
  connection_header_refused: [row(/names x-user-id/, /Connection/, { facts: { connection: "close, x-user-id" } })],
  too_many_headers: [
    {
      async deny() {
        const names = Array.from({ length: 1_000 }, (_, index): [string, string[]] => [`x-${index}`, ["1"]]);
        const read = await readFacts(scriptedPdk({ headers: names }).pdk, policy, "read");
        return createDeny(read.ok ? { reason: "internal_error" } : read.failure, { policy: "payments" });
      },
      value: /1000 header fields, at most 999/,
      location: /header fields/,
    },
  ],
  other_authentication_missing: [row(/no credential/, /kong\.client/, { rule: "both" })],
  token_missing: [
    row(/no token/, /in authorization, header x-token, cookie __Host-t/, { facts: { authorization: undefined } }),
    row(/scheme JWT, expected Bearer/, /authorization has/, { facts: { authorization: "JWT abc" } }),
    row(/scheme Basic, expected Bearer/, /authorization/, { facts: { authorization: "Basic YWxpY2U6c2VjcmV0" } }),
    row(/a scheme that is not well known, expected Bearer/, /authorization/, {
      facts: { authorization: "hunter2 secret" },
    }),
    row(/no scheme, expected Bearer/, /authorization/, { facts: { authorization: mint() } }),
    row(/scheme Bearer without a token/, /authorization/, { facts: { authorization: "Bearer " } }),
  ],
  authorization_malformed: [
    row(/7 characters, with a space at position 4/, /authorization/, { token: "abc def" }),
    row(/a character that is not visible ASCII at position 4/, /authorization/, { token: "abc\u00e9" }),
  ],
  credentials_malformed: [
    row(/a space/, /header x-token/, {
      token: undefined,
      facts: { authorization: undefined, headers: header("x-token", "a b") },
    }),
  ],
  token_ambiguous: [
    row(/authorization and header x-token/, /in authorization/, { facts: { headers: header("x-token", mint()) } }),
    row(/a comma between two values/, /in authorization/, { token: `${mint()}, Bearer ${mint()}` }),
    row(/cookie __Host-t, twice/, /cookie __Host-t/, {
      token: undefined,
      facts: { authorization: undefined, headers: header("cookie", "__Host-t=a; __Host-t=b") },
    }),
  ],
  origin_not_allowed: [
    row(
      /Origin is http:\/\/app\.example, and not one of its allowed_origins: https:\/\/app\.example; it differs only by http instead of https/,
      /cookie __Host-t/,
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
    ),
  ],
  token_too_large: [row(/5000 bytes, at most 4096/, /authorization/, { token: "a".repeat(5_000) })],
  token_malformed: [
    row(/6 characters in 1, as an opaque token has/, /authorization/, { token: "opaque" }),
    row(/alg is not a string/, /authorization: header/, { token: mint({}, { alg: 7 }) }),
    row(/signature: not canonical base64url/, /authorization/, { token: `${mint()}!`.replace("!", "=") }),
  ],
  token_encrypted: [row(/5 segments/, /authorization/, { token: "a.b.c.d.e" })],
  critical_header_unsupported: [row(/has crit/, /the header/, { token: mint({}, { crit: ["exp"] }) })],
  issuer_untrusted: [
    row(
      /unverified iss https:\/\/idp\.example\.com; accepted: https:\/\/idp\.example\.com\/, .*; it differs only by the trailing slash/,
      /iss/,
      { token: mint({ iss: "https://idp.example.com" }) },
    ),
    row(/the token has no iss; accepted: https:\/\/idp\.example\.com\//, /iss/, { token: mint({ iss: undefined }) }),
    row(/the unverified iss is not a string/, /iss/, { token: mint({ iss: ["a"] }) }),
    row(/issuer "partner".*it accepts acme, slow, many/, /unverified iss/, {
      token: mint({ iss: "https://partner.example" }),
    }),
    row(/the tenant two; .* other tenants: one/, /iss/, { token: mint({ iss: "https://login.example.com/two" }) }),
  ],
  algorithm_not_allowed: [row(/unverified alg HS256; .* allows ES256/, /alg/, { token: mint({}, { alg: "HS256" }) })],
  key_not_found: [
    row(/unverified kid old and alg ES256; keys for ES256: 1, kid acme-1/, /issuer "acme"/, {
      token: mint({}, { kid: "old" }),
    }),
    row(
      /the key with this kid is for RS256; keys for ES256: none; its keys are for RS256; not used: key 1, kid .*x.*: the key fits RS256/,
      /kid rsa/,
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
    ),
  ],
  signature_invalid: [
    row(/64 bytes .* ES256 key kid acme-1/, /the signature/, { token: replaceSignature(mint(), new Uint8Array(64)) }),
  ],
  keys_unavailable: [
    row(/the last attempt failed: https:\/\/idp\.example\.net\/keys answered with status 404/, /issuer "slow"/, {
      token: mint({ iss: "https://slow.example" }),
      source: unavailable,
    }),
  ],
  overloaded: [row(/too many requests wait/, /issuer "acme"/, { source: overloaded })],
  token_type_mismatch: [
    row(/must be at\+jwt: it is jwt/, /typ/, { token: mint({}, { typ: "JWT" }) }),
    row(/the token has no typ/, /typ/, { token: mint({}, { typ: undefined }) }),
  ],
  audience_mismatch: [
    row(
      /it is a string: https:\/\/api\.example\.com\/; accepted: https:\/\/api\.example\.com; it differs only by the trailing slash/,
      /aud contains/,
      { token: mint({ aud: "https://api.example.com/" }) },
    ),
    row(/accepted: https:\/\/api\.example\.com/, /no aud/, { token: mint({ aud: undefined }) }),
    row(/a list of 2 strings: a, b/, /aud/, { token: mint({ aud: ["a", "b"] }) }),
  ],
  token_not_yet_valid: [
    row(/1800000100 \(2027-01-15T08:01:40Z\), in 100 s; clock_skew is 30 s/, /nbf/, {
      token: mint({ nbf: NOW + 100 }),
    }),
    row(/it is in milliseconds: 1800000000000/, /iat/, { token: mint({ iat: NOW * 1000 }) }),
  ],
  token_expired: [
    row(/1799999700 \(2027-01-15T07:55:00Z\), 300 s ago; clock_skew is 30 s/, /exp/, {
      token: mint({ exp: NOW - 300 }),
    }),
  ],
  token_too_old: [row(/7200 s ago; .*max_token_age is 3600 s/, /iat/, { token: mint({ iat: NOW - 7_200 }) })],
  claim_missing: [
    row(/no claim tenant/, /claim "tenant"/, { token: mint({ tenant: undefined }) }),
    row(/has no value: it is a string: " "/, /claim "tenant"/, { token: mint({ tenant: " " }) }),
    row(/no claim exp/, /claim "exp"/, { token: mint({ exp: undefined }) }),
  ],
  claim_invalid: [
    row(/it is a string: id, and must be access/, /claim "token_use"/, { token: mint({ token_use: "id" }) }),
    row(/not a string: it is a number: 7/, /jti/, { token: mint({ jti: 7 }) }),
  ],
  token_refused: [row(/at the same time/, /different networks/, { refusals: { isRefused: () => true } })],
  scope_insufficient: [
    row(/lacks scope payments:read: .* a string: "payments:write openid"/, /claim scope/, {
      token: mint({ scope: "payments:write openid" }),
    }),
    row(/Payments:Read differs only by upper and lower case/, /claim scope/, {
      token: mint({ scope: "Payments:Read" }),
    }),
    row(/scopes are separated by spaces only/, /claim scope/, { token: mint({ scope: "payments:read,x" }) }),
    row(/lacks scope payments:read/, /no claim scope/, { token: mint({ scope: undefined }) }),
    row(
      /none of the 3 alternatives is met: 1 lacks scope a: .*; 2 lacks role b: .*; 3 claim "plan" .* free, and must be one of gold, silver/,
      /claim scope/,
      { rule: "either", token: mint({ scope: "x", roles: ["r"], plan: "free" }) },
    ),
  ],
  condition_unmet: [
    row(/lacks role order-admin: .*1 string: reader/, /claim roles/, {
      rule: "admin",
      token: mint({ roles: ["reader"] }),
    }),
    row(/lacks role order-admin/, /no claim roles/, { rule: "admin" }),
  ],
  authentication_insufficient: [
    row(/must be one of gold: .*: bronze/, /claim acr/, { rule: "login", token: mint({ acr: "bronze" }) }),
  ],
  consumer_unknown: [
    row(/no Consumer with the username .*: a string: bob|a string: bob/, /claim "azp"/, {
      token: mint({ azp: "bob" }),
    }),
  ],
  identity_claim_invalid: [row(/a number: 7/, /claim "cred"/, { token: mint({ cred: 7 }) })],
  claim_not_header_safe: [
    row(/not visible ASCII: U\+00EB at position 3/, /claim "sub" for header x-user-id/, {
      token: mint({ sub: "Zo\u00eb" }),
    }),
  ],
  policy_unavailable: [
    {
      deny: () => denied(startPluginInstance('{"policy_file":"none.yaml"}', runtime, readFacts)),
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

// TypeScript reports a reason that is not in ROWS.
it("no reason is without a request", () => {
  expect(Object.entries(ROWS).filter(([, rows]) => rows.length === 0)).toEqual([]);
});
