import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { TAMPERINGS } from "../../offline/tokens/tamper.ts";
import type { Reason } from "../../plugin/core/model/denial.ts";
import { listFailures, runDocument } from "./scene.ts";

/** For each tampering, the reason of the refusal; undefined if the gateway accepts such a token. */
const REASONS: Readonly<Record<string, Reason | undefined>> = {
  expired: "token_expired",
  no_expiry: "claim_missing",
  not_yet_valid: "token_not_yet_valid",
  issued_in_future: "token_not_yet_valid",
  times_in_milliseconds: "token_not_yet_valid",
  wrong_issuer: "issuer_untrusted",
  no_issuer: "issuer_untrusted",
  wrong_audience: "audience_mismatch",
  no_audience: "audience_mismatch",
  wrong_tenant: "issuer_untrusted",
  wrong_type: "token_type_mismatch",
  no_type: "token_type_mismatch",
  bound_to_key: "claim_invalid",
  wrong_key_id: "key_not_found",
  no_key_id: undefined, // The issuer has one key for the algorithm.
  other_key: "signature_invalid",
  other_algorithm: "algorithm_not_allowed",
  algorithm_none: "token_malformed",
  hmac_with_public_key: "algorithm_not_allowed",
  embedded_key: "signature_invalid",
  key_url: "signature_invalid",
  critical_extension: "critical_header_unsupported",
  payload_changed: "signature_invalid",
  header_changed: "signature_invalid",
  signature_changed: "signature_invalid",
  signature_zero: "signature_invalid",
  no_signature: "token_malformed",
  truncated: "signature_invalid",
  padded: "token_malformed",
  duplicate_claim: "token_malformed",
  duplicate_header: "token_malformed",
  not_json: "token_malformed",
  encrypted: "token_encrypted",
  too_large: "token_too_large",
};

const TENANTS = `jwt_policy: 1
name: shop
issuers:
  acme: { issuer: "https://idp.example/{tid}/v2", tenants: [one], keys: { jwks_uri: "https://idp.example/keys" }, audiences: [api], algorithms: [ES256, ES384, RS256] }
routes: { read: { required_scopes: [read] } }
`;

const tests = (algorithm: string): string =>
  [
    `tokens: { good: { algorithm: ${algorithm}, claims: { scope: read } } }`,
    "tests:",
    ...Object.entries(REASONS).map(
      ([name, reason]) =>
        `  - { name: ${name}, rule: read, token: { extends: good, tamper: ${name} }, expect: ${reason ?? "allow"} }`,
    ),
    "  - { name: honest, rule: read, token: good, expect: allow }",
  ].join("\n");

describe("a token that is tampered with", () => {
  it("can be tampered with in every way that the schema lists", () => {
    const schema = JSON.parse(readFileSync("schema/policy-test.schema.json", "utf8"));
    expect(schema.definitions.tampering.enum).toEqual(Object.keys(TAMPERINGS));
    expect(Object.keys(REASONS)).toEqual(Object.keys(TAMPERINGS));
  });

  it.each(["ES256", "ES384", "RS256"])("is refused for its own reason, signed by %s", async (algorithm) => {
    const { results } = await runDocument(tests(algorithm), TENANTS);
    expect(listFailures(results)).toEqual([]);
  });

  it("is refused for the same reason if honest signatures count as valid without a check", async () => {
    const { results, judge } = await runDocument(tests("ES256"), TENANTS, "assumed");
    expect(listFailures(results)).toEqual([]);
    expect(judge.signatures.assumed).toBeGreaterThan(0);
    expect(judge.signatures.verified).toBeGreaterThan(0);
  });
});

describe("throw-away keys", () => {
  it.each(["HS256", "HS512", "PS256", "ES512", "EdDSA", "Ed25519"])("sign and verify with %s", async (algorithm) => {
    const keys = algorithm.startsWith("HS") ? "keys: { secret_files: [{ file: a.key }] }, " : "";
    const policy = `jwt_policy: 1
name: shop
issuers: { acme: { issuer: https://idp.example, audiences: [api], ${keys}algorithms: [${algorithm}] } }
routes: { read: {} }
`;
    const { results, judge } = await runDocument(
      "tests: [{ token: {}, expect: allow }, { token: { tamper: other_key }, expect: signature_invalid }]",
      policy,
    );
    expect(listFailures(results)).toEqual([]);
    expect(judge.signatures).toEqual({ made: 2, verified: 2, assumed: 0 });
  });

  it("of one issuer do not verify another issuer's tokens", async () => {
    const policy = `jwt_policy: 1
name: shop
issuers:
  a: { issuer: https://a.example, audiences: [api], algorithms: [ES256] }
  b: { issuer: https://b.example, audiences: [api], algorithms: [ES256] }
routes: { read: { accept: [a, b] } }
`;
    const { results } = await runDocument(
      "tests: [{ token: { issuer: b }, expect: allow }, { token: { issuer: b, claims: { iss: https://a.example } }, expect: key_not_found }]",
      policy,
    );
    expect(listFailures(results)).toEqual([]);
  });
});
