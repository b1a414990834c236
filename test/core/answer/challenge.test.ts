import { describe, expect, it } from "vitest";
import { createChallenge } from "../../../plugin/core/answer/challenge.ts";
import { PLAIN_REPLY, type Reply, USUAL_ANSWERS } from "../../../plugin/core/model/answers.ts";
import { createDeny } from "../../../plugin/core/model/decision.ts";
import { DENIALS, type Denial, denialRow, type PublicReason, type Reason } from "../../../plugin/core/model/denial.ts";

const reasons = Object.keys(DENIALS) as Reason[];

/** A denial with made-up arguments, and a detail that must not show. */
function denialOf(reason: Reason): Denial {
  const detail = "SECRET";
  switch (reason) {
    case "scope_insufficient":
      return { reason, requiredScopes: ["payments:read", "payments:write"], detail };
    case "authentication_insufficient":
      return { reason, acrValues: ["silver", "gold"], maxAgeSeconds: 900, detail };
    case "keys_unavailable":
      return { reason, retryAfterSeconds: 7, detail };
    default:
      return { reason, detail } as Denial; // TypeScript does not take unions of more than 25 members apart.
  }
}

const challengeOf = (denial: Denial, realm = "payments"): string | undefined =>
  createChallenge(createDeny(denial, { policy: realm }));

const invalidRequest = (message: string): string =>
  `Bearer realm="payments", error="invalid_request", error_description="${message}"`;
const invalidToken = (message = "The access token is invalid"): string =>
  `Bearer realm="payments", error="invalid_token", error_description="${message}"`;

/** Status and exact WWW-Authenticate of every reason (RFC 6750 section 3). */
const WIRE: Readonly<Record<Reason, readonly [status: number, challenge: string | undefined]>> = {
  no_matching_rule: [403, undefined],
  path_ambiguous: [400, undefined],
  insecure_transport: [403, undefined],
  connection_header_refused: [400, undefined],
  too_many_headers: [400, undefined],
  other_authentication_missing: [403, undefined],
  consumer_unknown: [403, undefined],
  identity_claim_invalid: [403, undefined],
  token_missing: [401, 'Bearer realm="payments"'],
  authorization_malformed: [400, invalidRequest("The Authorization header is malformed")],
  credentials_malformed: [400, invalidRequest("The request's credentials are malformed")],
  token_ambiguous: [400, invalidRequest("More than one access token was sent")],
  origin_not_allowed: [403, undefined],
  token_too_large: [401, invalidToken()],
  token_malformed: [401, invalidToken()],
  token_encrypted: [401, invalidToken()],
  critical_header_unsupported: [401, invalidToken()],
  issuer_untrusted: [401, invalidToken()],
  algorithm_not_allowed: [401, invalidToken()],
  key_not_found: [401, invalidToken()],
  signature_invalid: [401, invalidToken()],
  keys_unavailable: [503, undefined],
  overloaded: [503, undefined],
  token_type_mismatch: [401, invalidToken()],
  audience_mismatch: [401, invalidToken("The access token is not meant for this audience")],
  token_not_yet_valid: [401, invalidToken()],
  token_expired: [401, invalidToken("The access token expired")],
  token_too_old: [401, invalidToken()],
  claim_missing: [401, invalidToken()],
  claim_invalid: [401, invalidToken()],
  token_refused: [401, invalidToken()],
  scope_insufficient: [
    403,
    'Bearer realm="payments", error="insufficient_scope", error_description="The access token lacks a required scope", scope="payments:read payments:write"',
  ],
  condition_unmet: [403, undefined],
  authentication_insufficient: [
    401,
    'Bearer realm="payments", error="insufficient_user_authentication", error_description="A different or more recent authentication is required", acr_values="silver gold", max_age="900"',
  ],
  claim_not_header_safe: [403, undefined],
  policy_unavailable: [503, undefined],
  deadline_exceeded: [503, undefined],
  internal_error: [500, undefined],
};

describe.each(reasons)("%s", (reason) => {
  it("has its status and exactly this challenge", () => {
    expect([denialRow(reason).status, challengeOf(denialOf(reason))]).toEqual(WIRE[reason]);
  });

  it("contains nothing of the detail", () => {
    expect(`${challengeOf(denialOf(reason))} ${denialRow(reason).clientMessage}`).not.toContain("SECRET");
  });
});

it("challenges exactly for status 401 and for reasons with an error code of RFC 6750", () => {
  const challenged = reasons.filter((reason) => challengeOf(denialOf(reason)) !== undefined);
  const expected = reasons.filter((reason) => denialRow(reason).status === 401 || denialRow(reason).error);
  expect(challenged).toEqual(expected);
});

it("with `name_scopes`, names scopes exactly for a missing and for an invalid token, in the same form", () => {
  const scopes = ["rule:scope"];
  const reply = { ...PLAIN_REPLY, scopes, answers: { ...USUAL_ANSWERS, namesScopes: true } };
  const naming = reasons.filter((reason) =>
    createChallenge(createDeny(denialOf(reason), { policy: "p" }, reply))?.endsWith(', scope="rule:scope"'),
  );
  expect(naming).toEqual(
    reasons.filter((reason) => reason === "token_missing" || denialRow(reason).error === "invalid_token"),
  );
});

it("needs no escapes in a quoted-string: the words of the table have neither quotes nor backslashes", () => {
  expect(reasons.filter((reason) => !/^[ !#-[\]-~]+$/.test(denialRow(reason).clientMessage))).toEqual([]);
});

it.each<[acrValues: string[], maxAgeSeconds: number | undefined, parameters: RegExp]>([
  [["gold"], undefined, /required", acr_values="gold"$/],
  [[], 60, /required", max_age="60"$/],
  [[], undefined, /required"$/],
])("asks for %j and %j (RFC 9470 section 3)", (acrValues, maxAgeSeconds, parameters) => {
  expect(challengeOf({ reason: "authentication_insufficient", acrValues, maxAgeSeconds }, "p")).toMatch(parameters);
});

describe("in addition to the parameters of RFC 6750", () => {
  const challenge = (denial: Denial, reply: Partial<Reply>): string | undefined =>
    createChallenge(createDeny(denial, { policy: "p" }, { ...PLAIN_REPLY, ...reply }));
  const withText = (as: PublicReason, text: string, status?: number): Partial<Reply> => ({
    answers: { ...USUAL_ANSWERS, reasons: new Map([[as, { status, text }]]) },
  });
  const resourceMetadata = "https://api.example.com/.well-known/oauth-protected-resource";

  it.each<[what: string, denial: Denial, reply: Partial<Reply>, expected: string | undefined]>([
    [
      "scopes for who has no token",
      { reason: "token_missing" },
      { scopes: ["a", "b"] },
      'Bearer realm="p", scope="a b"',
    ],
    [
      "the API's description (RFC 9728 section 5.1)",
      { reason: "token_missing" },
      { resourceMetadata },
      `Bearer realm="p", resource_metadata="${resourceMetadata}"`,
    ],
    [
      "the description last, and the scopes of the denial alone",
      { reason: "scope_insufficient", requiredScopes: ["c"] },
      { scopes: ["a"], resourceMetadata, ...withText("scope_insufficient", "No") },
      `Bearer realm="p", error="insufficient_scope", error_description="No", scope="c", resource_metadata="${resourceMetadata}"`,
    ],
    [
      "no scopes for who has a token that is not valid",
      { reason: "token_malformed" },
      { scopes: ["a"], ...withText("invalid_token", "No") },
      'Bearer realm="p", error="invalid_token", error_description="No"',
    ],
    [
      "scopes for an invalid token, if the policy says so",
      { reason: "signature_invalid" },
      { scopes: ["a", "b"], answers: { ...USUAL_ANSWERS, namesScopes: true } },
      'Bearer realm="p", error="invalid_token", error_description="The access token is invalid", scope="a b"',
    ],
    [
      "no scopes for a malformed request",
      { reason: "token_ambiguous" },
      { scopes: ["a"], answers: { ...USUAL_ANSWERS, namesScopes: true } },
      'Bearer realm="p", error="invalid_request", error_description="More than one access token was sent"',
    ],
    ["nothing where none belongs", { reason: "condition_unmet" }, { scopes: ["a"], resourceMetadata }, undefined],
    [
      "nothing where the status is another",
      { reason: "token_missing" },
      withText("token_missing", "No", 404),
      undefined,
    ],
    [
      "the error where the status becomes a 401",
      { reason: "scope_insufficient", requiredScopes: ["c"] },
      withText("scope_insufficient", "No", 401),
      'Bearer realm="p", error="insufficient_scope", error_description="No", scope="c"',
    ],
    [
      "a bare one where the status becomes a 401",
      { reason: "condition_unmet" },
      withText("access_denied", "No", 401),
      'Bearer realm="p"',
    ],
  ])("%s", (_what, denial, reply, expected) => {
    expect(challenge(denial, reply)).toBe(expected);
  });

  it.each(['a "quote"', "a\\b", "Stra\u00dfe", "\u201equoted\u201c", "\ud83d\udd11", "a\r\nx: y", ""])(
    "has no description that would need escapes in a quoted-string: %j",
    (text) => {
      expect(challenge({ reason: "token_malformed" }, withText("invalid_token", text))).toBe(
        'Bearer realm="p", error="invalid_token"',
      );
    },
  );
});
