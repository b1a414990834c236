import { createHmac, randomBytes } from "node:crypto";
import type { Reason } from "../../../plugin/core/model/denial.ts";
import { denialRow } from "../../../plugin/core/model/denial.ts";
import { claimsOf, ISSUER, NOW, policyDocument } from "../../../test/core/fixtures.ts";
import { encodeSegment, generateSigningKey, mintToken, type SigningAlgorithm } from "../../../test/tokens.ts";
import { judgeRequest } from "../judge-request.ts";
import type { JudgedVector, VectorSource } from "../judged.ts";
import { readVectors } from "../vector-folder.ts";
import { type IssuerKeysSource, issuerKeysOf } from "../vector-issuer.ts";

/**
 * Integration tests of Kong's `jwt` plugin, as requests to a policy. Only tests of features that jwt-policy also has
 * are in the table. A credential of Kong with `key` and `secret` or `rsa_public_key` becomes an issuer with this `iss`
 * and key. The table has no scenarios that depend on Kong's own parts, such as Kong's Consumers or the form of its gRPC
 * answers.
 */

type Members = Record<string, unknown>;
type SecretAlgorithm = "HS256" | "HS384" | "HS512";

interface Scenario {
  /** The algorithm of the token and the issuer. */
  readonly alg?: SigningAlgorithm | SecretAlgorithm;
  readonly claims?: Members;
  readonly header?: Members;
  /** The token that the request has in place of the good token. If undefined, the request has no token. */
  readonly send?: (token: string) => string | undefined;
  readonly issuer?: Members;
  readonly rule?: Members;
  readonly method?: string;
  /** The policy's `token.sources`. */
  readonly sources?: readonly (string | Members)[];
  /** The place where the client sends the token; by default Authorization. */
  readonly place?: (token: string) => { readonly headers?: Readonly<Record<string, string>>; readonly query?: string };
  /** Whether Kong must get the token's `sub` as its Consumer. */
  readonly identifies?: true;
  /** If no reason is given, the plugin must accept the request. */
  readonly refused?: Reason;
}

/** The Consumer of the credential in Kong's test. Here the token names the Consumer. */
const ALICE = { id: "0a11ce00-0000-4000-8000-000000000000", username: "alice" };
const AS_ALICE = { "x-consumer-id": ALICE.id, "x-consumer-username": ALICE.username };
const identity = { consumer: { claim: "sub" } };

const nothing = (): undefined => undefined;
const otherSignature = (token: string): string => token.replace(/[^.]{8}$/, "AAAAAAAA");
const operations = [
  { methods: ["OPTIONS"], path: "/", access: "public" },
  { methods: ["GET"], path: "/" },
];

const COOKIES = ["silly", "crumble"].map((cookie) => ({ cookie, allow_unprefixed: true }));
const CUSTOM = [{ header: "customauthorization", prefix: "Bearer" }];

/** The cases, by group and by position among the published scenarios. */
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "refusals 1": { send: nothing, refused: "token_missing" },
  "refusals 2": { claims: { iss: undefined }, refused: "issuer_untrusted" },
  "refusals 3": { claims: { iss: 123_456_789 }, refused: "issuer_untrusted" },
  "refusals 4": { claims: { iss: "https://other.example" }, refused: "issuer_untrusted" },
  "refusals 5": { send: otherSignature, refused: "signature_invalid" },
  "refusals 6": { header: { alg: "HS256" }, refused: "algorithm_not_allowed" },
  // `run_on_preflight: false` becomes a separate operation.
  "refusals 7": { send: nothing, method: "OPTIONS", rule: { operations } },
  "refusals 8": { send: nothing, method: "OPTIONS", refused: "token_missing" },
  // `maximum_expiration: 300`
  "refusals 9": {
    claims: { iat: NOW, exp: NOW + 301 },
    issuer: { max_token_lifetime: "300s" },
    refused: "claim_invalid",
  },
  "refusals 10": { claims: { iat: NOW, exp: NOW + 300 }, issuer: { max_token_lifetime: "300s" } },
  "refusals 12": {
    sources: ["authorization", { query: "jwt" }],
    place: (token) => ({ headers: { authorization: `Bearer ${token}` }, query: `jwt=${token}` }),
    refused: "token_ambiguous",
  },
  "HS256 1": { alg: "HS256" },
  "HS256 5": { alg: "HS256" }, // The file of the secret says `encoding: base64url`.
  // `cookie_names: [silly, crumble]`
  "HS256 6": { alg: "HS256", sources: COOKIES, place: (token) => ({ headers: { cookie: `crumble=${token}` } }) },
  "HS256 7": { alg: "HS256", sources: COOKIES, place: (token) => ({ headers: { cookie: `silly=${token}` } }) },
  "HS256 8": {
    alg: "HS256",
    sources: COOKIES,
    place: (token) => ({ headers: { cookie: `silly=${token}` } }),
    claims: { iss: "https://other.example" },
    refused: "issuer_untrusted",
  },
  "HS256 9": {
    alg: "HS256",
    sources: COOKIES,
    place: (token) => ({ headers: { cookie: `silly=${token}asdf` } }),
    refused: "token_malformed",
  },
  "HS256 10": { alg: "HS256", sources: ["authorization", ...COOKIES] },
  "HS256 11": { alg: "HS256", sources: ["authorization", ...COOKIES], send: nothing, refused: "token_missing" },
  // `header_names: [CustomAuthorization]`
  "HS256 12": {
    alg: "HS256",
    sources: CUSTOM,
    place: (token) => ({ headers: { customauthorization: `Bearer ${token}` } }),
  },
  "HS256 13": {
    alg: "HS256",
    sources: CUSTOM,
    place: (token) => ({ headers: { customauthorization: `Bearer ${token}, Bearer other` } }),
  },
  // `uri_param_names`
  "HS256 14": { alg: "HS256", sources: [{ query: "jwt" }], place: (token) => ({ query: `jwt=${token}` }) },
  "HS256 15": { alg: "HS256", sources: [{ query: "token" }], place: (token) => ({ query: `token=${token}` }) },
  "HS386 1": { alg: "HS384" },
  "HS512 1": { alg: "HS512" },
  "RS256 1": { alg: "RS256" },
  "RS384 1": { alg: "RS384" },
  "RS512 1": { alg: "RS512" },
  "ES384 1": { alg: "ES384" },
  "ES512 1": { alg: "ES512" },
  "PS256 1": { alg: "PS256" },
  "PS384 1": { alg: "PS384" },
  "PS512 1": { alg: "PS512" },
  "EdDSA 1": { alg: "EdDSA" },
  ...Object.fromEntries(
    (["RS256", "RS384", "RS512", "ES384", "ES512", "PS256", "PS384", "PS512"] as const).map((alg) => [
      `${alg} 2`,
      { alg, identifies: true },
    ]),
  ),
  "EdDSA 3": { alg: "EdDSA", identifies: true },
  // `claims_to_verify: [nbf, exp]`
  "JWT private claims checks 1": { claims: { exp: undefined }, refused: "claim_missing" },
  "JWT private claims checks 2": { claims: { exp: NOW - 10 }, refused: "token_expired" },
  "JWT private claims checks 3": { claims: { nbf: NOW + 10 }, refused: "token_not_yet_valid" },
  // `anonymous` is an optional rule.
  "config.anonymous 1": { rule: { access: "optional" } },
  "config.anonymous 2": { rule: { access: "optional" }, send: otherSignature },
  "config.anonymous 3": { rule: { access: "optional" }, send: otherSignature },
};

interface KongScenario {
  readonly suite: string;
  /** The status of each request that the test sends. */
  readonly status: readonly number[];
}

export const kongScenarios: VectorSource = {
  name: "Kong's jwt plugin: its scenarios as requests",
  async judge() {
    const count: Record<string, number> = {};
    const expectedStatus = new Map<string, number | undefined>();
    for (const { suite, status } of readVectors<KongScenario[]>("kong-jwt/scenarios.json")) {
      count[suite] = (count[suite] ?? 0) + 1;
      expectedStatus.set(`${suite} ${count[suite]}`, status[0]);
    }
    return Promise.all(
      Object.entries(SCENARIOS).map(([id, scenario]) => judgeScenario(id, scenario, expectedStatus.get(id))),
    );
  },
};

async function judgeScenario(id: string, scenario: Scenario, theirStatus: number | undefined): Promise<JudgedVector> {
  const { alg = "ES256", send = (token: string) => token, issuer, rule = {}, method = "GET" } = scenario;
  const { refused, identifies, sources } = scenario;
  const { place = (sent: string) => ({ headers: { authorization: `Bearer ${sent}` } }) } = scenario;
  const { token, source } = mint(alg, scenario);
  const { algorithms, keys, files } = source;
  // The scenarios allow no clock skew.
  const document = policyDocument(
    { issuer: ISSUER, audiences: [String(claimsOf().aud)], clock_skew: "0s", algorithms, keys, ...issuer },
    { routes: { read: rule }, ...(sources ? { token: { sources } } : {}), ...(identifies && { identity }) },
  );
  const sent = send(token);
  const { headers: fields = {}, query }: ReturnType<NonNullable<Scenario["place"]>> =
    sent === undefined ? {} : place(sent);
  const carried = new Map(Object.entries(fields));
  const { found, headers } = await judgeRequest({
    document,
    files,
    authorization: carried.get("authorization"),
    headers: carried,
    requestLine: { method, target: `/${query === undefined ? "" : `?${query}`}` },
    now: NOW,
    consumers: [ALICE],
  });
  const status = found === "accepted" ? 200 : denialRow(found as Reason).status;
  const wanted = { "x-user-id": "alice", ...(identifies && AS_ALICE) };
  const isTold = Object.entries(wanted).every(([name, value]) => headers[name] === value);
  const isIdentified = found !== "accepted" || sent === undefined || isTold;
  return {
    id,
    expected: theirStatus === 200 ? "accepted" : (refused ?? "no reason given in kong-scenarios.ts"),
    found: status === theirStatus && isIdentified ? found : `${status} ${found}`,
  };
}

function mint(
  alg: NonNullable<Scenario["alg"]>,
  { claims, header }: Scenario,
): { readonly token: string; readonly source: IssuerKeysSource } {
  if (alg === "HS256" || alg === "HS384" || alg === "HS512") {
    const k = randomBytes(64);
    const segments = [{ alg, typ: "at+jwt" }, claimsOf(claims)].map((part) => encodeSegment(JSON.stringify(part)));
    const signature = createHmac(`sha${alg.slice(2)}`, k)
      .update(segments.join("."))
      .digest();
    return {
      token: [...segments, encodeSegment(signature)].join("."),
      source: issuerKeysOf({ kty: "oct", alg, k: encodeSegment(k) }),
    };
  }
  const key = generateSigningKey(alg, "1");
  const token = mintToken({ key, claims: claimsOf(claims), ...(header ? { header } : {}) });
  return { token, source: { ...issuerKeysOf({ ...key.publicJwk }), algorithms: [alg] } };
}
