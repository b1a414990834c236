import { describe, expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import type { Reason } from "../../plugin/core/model/denial.ts";
import type { RequestFacts } from "../../plugin/core/model/request.ts";
import { generateSigningKey, type SigningKey, signRaw } from "../tokens.ts";
import { claimsOf, compileDocument, inlineIssuer, NOW, policyDocument, requestOf } from "./fixtures.ts";
import { createInlineKeys } from "./inline-keys.ts";

const key = generateSigningKey("ES256", "acme-1");
const strangersKey = generateSigningKey("ES256", "acme-1");
const policy = compileDocument(
  policyDocument(inlineIssuer([key], { required_claims: ["sub"] }), {
    routes: { read: { operations: [{ methods: ["GET"], path: "/orders/{id}", required_scopes: ["read"] }] } },
    token: { max_bytes: 1024 },
    header_mappings: { "x-name": "name" },
  }),
);
const keys = createInlineKeys();

/** The change that a fault makes in an otherwise valid request. */
interface Fault {
  readonly facts?: Partial<RequestFacts>;
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  readonly signer?: SigningKey;
  readonly payloadTail?: string;
  readonly tokenTail?: string;
  readonly credentialsTail?: string;
  /** Whether the token is refused at the moment. */
  readonly isRefused?: boolean;
}

/** One fault for each reason. The plugin must find the faults in this order. */
const FAULTS: readonly (readonly [reason: Reason, fault: Fault])[] = [
  ["policy_unavailable", { facts: { binding: { by: "rule", rule: "other" } } }],
  ["path_ambiguous", { facts: { requestLine: { method: "POST", target: "/a/../b" } } }],
  ["connection_header_refused", { facts: { connection: "x-name" } }],
  ["token_too_large", { claims: { padding: "x".repeat(1024) } }],
  ["token_ambiguous", { credentialsTail: ", Bearer x" }],
  ["authorization_malformed", { credentialsTail: " x" }],
  ["token_encrypted", { tokenTail: ".x.x" }],
  ["critical_header_unsupported", { header: { crit: ["x"] } }],
  ["token_malformed", { payloadTail: "x" }],
  ["issuer_untrusted", { claims: { iss: "https://evil.example" } }],
  ["algorithm_not_allowed", { header: { alg: "RS256" } }],
  ["key_not_found", { header: { kid: "acme-2" } }],
  ["signature_invalid", { signer: strangersKey }],
  ["token_type_mismatch", { header: { typ: "JWT" } }],
  ["audience_mismatch", { claims: { aud: "other" } }],
  ["token_not_yet_valid", { claims: { nbf: NOW + 1000 } }],
  ["token_expired", { claims: { exp: NOW - 1000 } }],
  ["claim_missing", { claims: { sub: undefined } }],
  ["claim_invalid", { claims: { iat: "yesterday" } }],
  ["token_refused", { isRefused: true }],
  ["scope_insufficient", { claims: { scope: "write" } }],
  ["claim_not_header_safe", { claims: { name: "alice\r\nx-role: admin" } }],
];

function buildRequest(faults: readonly Fault[]): RequestFacts {
  const header = Object.assign({ alg: "ES256", kid: "acme-1", typ: "at+jwt" }, ...faults.map((fault) => fault.header));
  const claims = Object.assign(claimsOf({ name: "Alice" }), ...faults.map((fault) => fault.claims));
  const signer = faults.find((fault) => fault.signer)?.signer ?? key;
  const tail = (part: "payloadTail" | "tokenTail" | "credentialsTail"): string =>
    faults.map((fault) => fault[part] ?? "").join("");
  const token = signRaw(signer, JSON.stringify(header), JSON.stringify(claims) + tail("payloadTail"));
  const requestLine = { method: "GET", target: "/orders/7" };
  const facts = Object.assign({ requestLine }, ...faults.map((fault) => fault.facts));
  return requestOf(token + tail("tokenTail") + tail("credentialsTail"), facts);
}

async function outcomeOf(faults: readonly Fault[]): Promise<string> {
  const refusals = { isRefused: () => faults.some(({ isRefused }) => isRefused === true) };
  const decision = await decide(buildRequest(faults), policy, keys, () => NOW, undefined, undefined, refusals);
  return decision.verdict === "allow" ? "allow" : decision.denial.reason;
}

it("allows the request without any fault", async () => {
  expect(await outcomeOf([])).toBe("allow");
});

describe.each(FAULTS.map(([reason, fault], index) => [reason, fault, index] as const))("%s", (reason, fault, index) => {
  it("is found if the request has no other fault", async () => {
    expect(await outcomeOf([fault])).toBe(reason);
  });

  it("is found before each later fault, and before all of them together", async () => {
    const later = FAULTS.slice(index + 1);
    const found: Record<string, string> = {};
    for (const [laterReason, laterFault] of later) {
      found[laterReason] = await outcomeOf([fault, laterFault]);
    }
    expect(found).toEqual(Object.fromEntries(later.map(([laterReason]) => [laterReason, reason])));
    expect(await outcomeOf([fault, ...later.map(([, laterFault]) => laterFault)])).toBe(reason);
  });
});
