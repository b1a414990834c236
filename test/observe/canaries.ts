import { createHash } from "node:crypto";
import type { RequestFacts } from "../../plugin/core/model/request.ts";
import { claimsOf, inlineIssuer, NOW, policyDocument, requestOf } from "../core/fixtures.ts";
import { generateSigningKey, mintToken, replaceSignature } from "../tokens.ts";

/**
 * Tokens and secrets in many forms, and all places where a client can put them. No output may contain a part of these
 * secrets.
 */

const key = generateSigningKey("ES256", "acme-1");
const document = policyDocument(inlineIssuer([key], { required_claims: ["tenant"] }), {
  token: {
    sources: [
      "authorization",
      { header: "x-token", prefix: "Token" },
      { cookie: "__Host-t", allowed_origins: ["https://a.example"] },
      { query: "access_token" },
    ],
  },
  routes: {
    read: { required_scopes: ["read"], required_claims: { csrf: { equals_header: "x-csrf-token" } } },
    orders: { operations: [{ methods: ["GET"], path: "/orders/{id}" }] },
  },
});
export const CANARY_POLICY = JSON.stringify(document);
let count = 0;
const nextBytes = (length: number): Buffer => {
  count += 1;
  return createHash("shake256", { outputLength: length }).update(`canary ${count}`).digest();
};
const random = (length: number): string => nextBytes(length).toString("base64url");
/** Tokens and secrets in many forms. Each secret begins with a mark that no line may have. */
const SHAPES: readonly ((index: number) => string)[] = [
  (index) => mintToken({ key, claims: claimsOf({ jti: `canary${index}` }) }),
  (index) =>
    mintToken({ key, header: { x: index }, claims: { canary: random(8) } })
      .split(".")
      .slice(0, 2)
      .join("."),
  () => `eyJ${random(24)}.${random(90)}.${random(80)}.${random(12)}.${random(16)}`,
  () => `sk_live_${random(24)}`,
  () => `ghp_${random(27)}`,
  () => `AKIA${random(12).toUpperCase()}`,
  () => `xoxb-${random(30)}`,
  () => random(48),
  () => nextBytes(32).toString("hex"),
  () => nextBytes(32).toString("base64"),
  (index) => `-----BEGIN PRIVATE KEY-----${index}${random(30)}`,
  (index) => `https://user${index}:${random(12)}@idp.example.com/`,
  (index) => `https://idp.example.com/?code=${index}${random(12)}`,
];
export const canaries: readonly string[] = Array.from(
  { length: 520 },
  (_, index) => SHAPES[index % SHAPES.length]?.(index) ?? "",
);
const good = { tenant: "t1", csrf: "c", sub: "alice" };
export const mint = (claims: object, header = {}): string =>
  mintToken({ key, header, claims: claimsOf({ ...good, ...claims }) });
const target = (text: string) => ({ requestLine: { method: "GET", target: text } });
const headers = (name: string, text: string) => ({ headers: new Map([[name, text]]) });

/** All places where a client can put the secret, while the request is refused for some reason. */
export const requestsWith = (secret: string): readonly (readonly [where: string, facts: RequestFacts])[] => {
  const elsewhere = { sub: secret, jti: secret, sid: secret, nonce: secret, email: secret, client_secret: secret };
  const asHeader = (token: string | undefined, changes: Partial<RequestFacts>) => requestOf(token, changes);
  return [
    ["authorization without a scheme", asHeader(undefined, { authorization: secret })],
    ["a scheme of its own", asHeader(undefined, { authorization: `${secret} x` })],
    ["Basic", asHeader(undefined, { authorization: `Basic ${secret}` })],
    ["Bearer with a space", asHeader(`${secret} ${secret}`, {})],
    ["Bearer with a comma", asHeader(`${secret},${secret}`, {})],
    ["Bearer with another character", asHeader(`${secret}"`, {})],
    ["Bearer", asHeader(secret, {})],
    ["a header without its scheme", asHeader(undefined, headers("x-token", secret))],
    ["a header with its scheme", asHeader(undefined, headers("x-token", `Token ${secret}`))],
    ["a cookie", asHeader(undefined, headers("cookie", `__Host-t=${secret}`))],
    ["a cookie in quotes", asHeader(undefined, headers("cookie", `__Host-t="${secret}"`))],
    ["the query", asHeader(undefined, target(`/?access_token=${encodeURIComponent(secret)}`))],
    ["the query beside a token", asHeader(mint({}), target(`/?access_token=${encodeURIComponent(secret)}`))],
    [
      "the query of an unknown operation",
      asHeader(mint({}), { binding: { by: "rule", rule: "orders" }, ...target(`/x?k=${secret}`) }),
    ],
    [
      "the segments of an unknown operation",
      asHeader(mint({}), { binding: { by: "rule", rule: "orders" }, ...target(`/x/${secret}`) }),
    ],
    ["the path with dots", asHeader(mint({}), target(`/../${secret}`))],
    ["a fragment", asHeader(mint({}), target(`/a#${secret}`))],
    [
      "Origin",
      asHeader(undefined, {
        requestLine: { method: "POST", target: "/" },
        headers: new Map([
          ["cookie", "__Host-t=a"],
          ["origin", secret],
        ]),
      }),
    ],
    ["Connection", asHeader(mint({}), { connection: secret })],
    ["X-Forwarded-Proto", asHeader(mint({}), { transport: "plain", ...headers("x-forwarded-proto", secret) })],
    [
      "the Route's tag",
      asHeader(mint({}), { binding: { by: "route", name: "a", tags: [`jwt-policy-rule:${secret}`] } }),
    ],
    ["the header that a claim is compared with", asHeader(mint({}), headers("x-csrf-token", secret))],
    ["a claim that is compared with a header", asHeader(mint({ csrf: secret }), headers("x-csrf-token", "c"))],
    ...(["alg", "typ", "kid"] as const).map(
      (name) => [`header ${name}`, asHeader(mint({}, { [name]: secret }), {})] as const,
    ),
    ["crit", asHeader(mint({}, { crit: [secret], [secret]: 1 }), {})],
    ...["iss", "aud", "exp", "iat", "tenant", "scope", "cnf"].map(
      (name) => [`claim ${name}`, asHeader(mint({ ...elsewhere, [name]: secret }), {})] as const,
    ),
    ["a list of audiences", asHeader(mint({ aud: [secret, "b"] }), {})],
    ["a list of scopes", asHeader(mint({ scope: ["a", secret] }), {})],
    ["unrelated claims, expired", asHeader(mint({ ...elsewhere, exp: NOW - 1_000 }), {})],
    ["unrelated claims, a changed signature", asHeader(replaceSignature(mint(elsewhere), new Uint8Array(64)), {})],
    ["unrelated claims, no scope", asHeader(mint({ ...elsewhere, scope: "x" }), {})],
    ["a claim for a header", asHeader(mint({ sub: `${secret}\n` }), headers("x-csrf-token", "c"))],
  ];
};

/** A part of a secret is a leak too. */
export const hasPartOf = (secret: string, text: string): boolean =>
  secret
    .replace(/^https:\/\/idp\.example\.com\/|@idp\.example\.com\/$/, "")
    .split(/[./:@?=]/)
    .some((part) => part.length >= 12 && text.includes(part.slice(0, 16)));
/** A random value is a usual `kid`, so the log shows it. */
export const isUsualKid = (where: string, secret: string): boolean =>
  where === "header kid" && /^[A-Za-z0-9_+/=-]{43,64}$/.test(secret);

/**
 * The requests of one canary. Each canary is in only some of the places, because a thousand canaries in fifty places would take
 * minutes.
 */
export function requestsInPart(index: number, secret: string, parts: number): ReturnType<typeof requestsWith> {
  return requestsWith(secret).filter((_, place) => place % parts === index % parts);
}
