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
      return { reason, detail } as Denial; // TypeScript does not split unions of more than 25 members.
  }
}

const challengeOf = (denial: Denial, realm = "payments"): string | undefined =>
  createChallenge(createDeny(denial, { policy: realm }));
const challengeWith = (error: string, message: string, more = ""): string =>
  `Bearer realm="payments", error="${error}", error_description="${message}"${more}`;
const invalidRequest = (message: string): string => challengeWith("invalid_request", message);
const invalidToken = (message = "The access token is invalid"): string => challengeWith("invalid_token", message);
const SCOPES = ', scope="payments:read payments:write"';
const LOGIN = ', acr_values="silver gold", max_age="900"';
const LOGIN_NEEDED = "A different or more recent authentication is required";

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
  scope_insufficient: [403, challengeWith("insufficient_scope", "The access token lacks a required scope", SCOPES)],
  condition_unmet: [403, undefined],
  authentication_insufficient: [401, challengeWith("insufficient_user_authentication", LOGIN_NEEDED, LOGIN)],
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
  const wanted = (reason: Reason) => reason === "token_missing" || denialRow(reason).error === "invalid_token";
  expect(naming).toEqual(reasons.filter(wanted));
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
  const namesScopes = { ...USUAL_ANSWERS, namesScopes: true };
  const missing: Denial = { reason: "token_missing" };
  const insufficient: Denial = { reason: "scope_insufficient", requiredScopes: ["c"] };
  const error = (name: string, text = "No") => `error="${name}", error_description="${text}"`;
  const invalid = error("invalid_token", "The access token is invalid");
  const ambiguous = error("invalid_request", "More than one access token was sent");
  const lacking = `${error("insufficient_scope")}, scope="c"`;
  const resource = `resource_metadata="${resourceMetadata}"`;
  const [a, ab] = [{ scopes: ["a"] }, { scopes: ["a", "b"] }];
  const noScope = (status?: number) => withText("scope_insufficient", "No", status);

  it.each<[what: string, denial: Denial, reply: Partial<Reply>, parameters: string | undefined]>([
    ["scopes for who has no token", missing, ab, 'scope="a b"'],
    ["the API's description (RFC 9728 section 5.1)", missing, { resourceMetadata }, resource],
    ["its description last", insufficient, { ...a, resourceMetadata, ...noScope() }, `${lacking}, ${resource}`],
    ["no scopes for an invalid token", { reason: "token_malformed" }, a, invalid],
    [
      "scopes for it if the policy says so",
      { reason: "signature_invalid" },
      { ...ab, answers: namesScopes },
      `${invalid}, scope="a b"`,
    ],
    ["no scopes for a malformed request", { reason: "token_ambiguous" }, { ...a, answers: namesScopes }, ambiguous],
    ["nothing where none belongs", { reason: "condition_unmet" }, { ...a, resourceMetadata }, undefined],
    ["nothing where the status is another", missing, withText("token_missing", "No", 404), undefined],
    ["the error if the policy changes the status to 401", insufficient, noScope(401), lacking],
    [
      "a bare challenge if the policy changes the status to 401",
      { reason: "condition_unmet" },
      withText("access_denied", "No", 401),
      "",
    ],
  ])("%s", (_what, denial, reply, parameters) => {
    const all = parameters ? `, ${parameters}` : "";
    expect(challenge(denial, reply)).toBe(parameters === undefined ? undefined : `Bearer realm="p"${all}`);
  });

  it.each(['a "quote"', "a\\b", "Stra\u00dfe", "\u201equoted\u201c", "\ud83d\udd11", "a\r\nx: y", ""])(
    "has no description that would need escapes in a quoted-string: %j",
    (text) => {
      const bare = 'Bearer realm="p", error="invalid_token"';
      expect(challenge({ reason: "token_malformed" }, withText("invalid_token", text))).toBe(bare);
    },
  );
});
