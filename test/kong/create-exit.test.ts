import { describe, expect, it } from "vitest";
import { createDeny } from "../../plugin/core/decision.ts";
import { DENIALS, type Denial, type Reason } from "../../plugin/core/denial.ts";
import { createExit } from "../../plugin/kong/create-exit.ts";

const EVIDENCE = { policy: "payments", rule: "read", issuer: "acme", kid: "secret-kid" };
const INVALID = {
  status: 401,
  told: "The access token is invalid",
  challenge: 'Bearer realm="payments", error="invalid_token", error_description="The access token is invalid"',
};
const UNAVAILABLE = { status: 503, told: "The request can not be checked at the moment" };
const NO_ACCESS = { status: 403, told: "Access is not allowed" };

interface Answer {
  readonly status: number;
  readonly told: string;
  readonly challenge?: string;
  readonly retryAfter?: string;
}

/** What the client gets, by reason: the whole of it, written out. */
const ANSWERS: Record<Reason, Answer> = {
  no_matching_rule: NO_ACCESS,
  path_ambiguous: { status: 400, told: "The request path is ambiguous" },
  insecure_transport: { status: 403, told: "HTTPS is required" },
  connection_header_refused: { status: 400, told: "The Connection header is not acceptable" },
  too_many_headers: { status: 400, told: "The request has too many headers" },
  other_authentication_missing: NO_ACCESS,
  consumer_unknown: NO_ACCESS,
  identity_claim_invalid: NO_ACCESS,
  token_missing: { status: 401, told: "Authentication is required", challenge: 'Bearer realm="payments"' },
  authorization_malformed: {
    status: 400,
    told: "The Authorization header is malformed",
    challenge:
      'Bearer realm="payments", error="invalid_request", error_description="The Authorization header is malformed"',
  },
  token_ambiguous: {
    status: 400,
    told: "More than one access token was sent",
    challenge:
      'Bearer realm="payments", error="invalid_request", error_description="More than one access token was sent"',
  },
  token_too_large: INVALID,
  token_malformed: INVALID,
  token_encrypted: INVALID,
  critical_header_unsupported: INVALID,
  issuer_untrusted: INVALID,
  algorithm_not_allowed: INVALID,
  key_not_found: INVALID,
  signature_invalid: INVALID,
  keys_unavailable: { ...UNAVAILABLE, retryAfter: "3" },
  overloaded: { ...UNAVAILABLE, retryAfter: "1" },
  token_type_mismatch: INVALID,
  audience_mismatch: {
    status: 401,
    told: "The access token is not meant for this audience",
    challenge:
      'Bearer realm="payments", error="invalid_token", error_description="The access token is not meant for this audience"',
  },
  token_not_yet_valid: INVALID,
  token_expired: {
    status: 401,
    told: "The access token expired",
    challenge: 'Bearer realm="payments", error="invalid_token", error_description="The access token expired"',
  },
  token_too_old: INVALID,
  claim_missing: INVALID,
  claim_invalid: INVALID,
  scope_insufficient: {
    status: 403,
    told: "The access token lacks a required scope",
    challenge:
      'Bearer realm="payments", error="insufficient_scope", error_description="The access token lacks a required scope", scope="read write"',
  },
  condition_unmet: NO_ACCESS,
  authentication_insufficient: {
    status: 401,
    told: "A different or more recent authentication is required",
    challenge:
      'Bearer realm="payments", error="insufficient_user_authentication", error_description="A different or more recent authentication is required", acr_values="silver gold", max_age="900"',
  },
  claim_not_header_safe: NO_ACCESS,
  policy_unavailable: UNAVAILABLE,
  deadline_exceeded: UNAVAILABLE,
  internal_error: { status: 500, told: "An unexpected error occurred" },
};

/** With everything that any reason carries; what a reason does not know, nobody may show. */
const denialOf = (reason: Reason): Denial =>
  ({
    reason,
    detail: "secret detail",
    requiredScopes: ["read", "write"],
    acrValues: ["silver", "gold"],
    maxAgeSeconds: 900,
    retryAfterSeconds: 3,
  }) as unknown as Denial;

describe("the answer to a refused request", () => {
  it("is written down here for every reason", () => {
    expect(Object.keys(ANSWERS).sort()).toEqual(Object.keys(DENIALS).sort());
  });

  it.each(Object.entries(ANSWERS))("%s", (reason, { status, told, challenge, retryAfter }) => {
    const exit = createExit(createDeny(denialOf(reason as Reason), EVIDENCE));
    expect(exit).toEqual({
      status,
      body: `{"message":"${told}"}\n`,
      headers: {
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "no-store",
        ...(challenge === undefined ? {} : { "WWW-Authenticate": challenge }),
        ...(retryAfter === undefined ? {} : { "Retry-After": retryAfter }),
      },
    });
    expect(JSON.stringify(exit)).not.toContain("secret");
  });
});
