import { describe, expect, it } from "vitest";
import {
  type Answers,
  type CustomAnswer,
  PLAIN_REPLY,
  type Reply,
  USUAL_ANSWERS,
} from "../../../plugin/core/model/answers.ts";
import { createDeny } from "../../../plugin/core/model/decision.ts";
import { DENIALS, type Denial, type PublicReason, type Reason } from "../../../plugin/core/model/denial.ts";
import { createExit } from "../../../plugin/kong/calls/create-exit.ts";

const EVIDENCE = { policy: "payments", rule: "read", issuer: "acme", kid: "secret-kid" };
const withError = (status: number, code: string, clientMessage: string, more = ""): Answer => {
  const challenge = `Bearer realm="payments", error="${code}", error_description="${clientMessage}"${more}`;
  return { status, clientMessage, challenge };
};
const INVALID = withError(401, "invalid_token", "The access token is invalid");
const UNAVAILABLE = { status: 503, clientMessage: "The request cannot be checked at the moment" };
const NO_ACCESS = { status: 403, clientMessage: "Access is not allowed" };

interface Answer {
  readonly status: number;
  readonly clientMessage: string;
  readonly challenge?: string;
  readonly retryAfter?: string;
}

/** The complete answer to the client, by reason. */
const ANSWERS: Record<Reason, Answer> = {
  no_matching_rule: NO_ACCESS,
  path_ambiguous: { status: 400, clientMessage: "The request path is ambiguous" },
  insecure_transport: { status: 403, clientMessage: "HTTPS is required" },
  connection_header_refused: { status: 400, clientMessage: "The Connection header is not acceptable" },
  too_many_headers: { status: 400, clientMessage: "The request has too many headers" },
  other_authentication_missing: { status: 403, clientMessage: "Another authentication is required as well" },
  consumer_unknown: NO_ACCESS,
  identity_claim_invalid: NO_ACCESS,
  token_missing: { status: 401, clientMessage: "Authentication is required", challenge: 'Bearer realm="payments"' },
  authorization_malformed: withError(400, "invalid_request", "The Authorization header is malformed"),
  credentials_malformed: withError(400, "invalid_request", "The request's credentials are malformed"),
  origin_not_allowed: { status: 403, clientMessage: "The origin of the request is not allowed" },
  token_ambiguous: withError(400, "invalid_request", "More than one access token was sent"),
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
  audience_mismatch: withError(401, "invalid_token", "The access token is not meant for this audience"),
  token_not_yet_valid: INVALID,
  token_expired: withError(401, "invalid_token", "The access token expired"),
  token_too_old: INVALID,
  claim_missing: INVALID,
  claim_invalid: INVALID,
  token_refused: INVALID,
  scope_insufficient: withError(
    403,
    "insufficient_scope",
    "The access token lacks a required scope",
    ', scope="read write"',
  ),
  condition_unmet: NO_ACCESS,
  authentication_insufficient: withError(
    401,
    "insufficient_user_authentication",
    "A different or more recent authentication is required",
    ', acr_values="silver gold", max_age="900"',
  ),
  claim_not_header_safe: NO_ACCESS,
  policy_unavailable: UNAVAILABLE,
  deadline_exceeded: UNAVAILABLE,
  internal_error: { status: 500, clientMessage: "An unexpected error occurred" },
};

/** The test uses the fields of all reasons. An answer must not show fields that its reason does not have. */
const denialOf = (reason: Reason): Denial =>
  ({
    reason,
    detail: "secret detail",
    requiredScopes: ["read", "write"],
    acrValues: ["silver", "gold"],
    maxAgeSeconds: 900,
    retryAfterSeconds: 3,
  }) as unknown as Denial;

const REPLY: Reply = { ...PLAIN_REPLY, requestId: "6a1b" };
const withProblem: Partial<Reply> = { accept: "application/problem+json" };
const withTypes: Partial<Reply> = {
  ...withProblem,
  answers: { ...USUAL_ANSWERS, problemTypes: "https://docs.example.com/errors/" },
};
const withCustom = (as: PublicReason, answer: Partial<CustomAnswer>): Partial<Reply> => ({
  answers: { ...USUAL_ANSWERS, reasons: new Map([[as, { status: undefined, text: undefined, ...answer }]]) },
});
const exitFor = (reason: Reason, reply: Partial<Reply>) =>
  createExit(createDeny(denialOf(reason), EVIDENCE, { ...REPLY, ...reply }));

describe("the form of the answer", () => {
  it("is Kong's own, with the id that Kong gave the request", () => {
    expect(exitFor("token_missing", {})).toMatchObject({
      body: '{"message":"Authentication is required","request_id":"6a1b"}\n',
      headers: { "Content-Type": "application/json; charset=utf-8" },
    });
  });

  it.each<[what: string, reason: Reason, reply: Partial<Reply>, problem: object]>([
    [
      "about:blank, whose title is the status's",
      "token_expired",
      withProblem,
      { type: "about:blank", title: "Unauthorized", status: 401, detail: "The access token expired" },
    ],
    [
      "a type of the policy's",
      "token_expired",
      withTypes,
      { type: "https://docs.example.com/errors/token_expired", title: "The access token expired", status: 401 },
    ],
    [
      "one type for all reasons that clients must not distinguish",
      "signature_invalid",
      withTypes,
      { type: "https://docs.example.com/errors/invalid_token", title: "The access token is invalid", status: 401 },
    ],
    [
      "a status that has no name",
      "no_matching_rule",
      { ...withProblem, ...withCustom("no_matching_rule", { status: 498, text: '\u201eNo\u201c\\"' }) },
      { type: "about:blank", status: 498, detail: '\u201eNo\u201c\\"' },
    ],
  ])("is problem details with %s (RFC 9457)", (_what, reason, reply, problem) => {
    const { status, body, headers } = exitFor(reason, reply);
    expect(JSON.parse(body)).toEqual({ ...problem, request_id: "6a1b" });
    expect(status).toBe(JSON.parse(body).status);
    expect(headers).toMatchObject({ "Content-Type": "application/problem+json", "Cache-Control": "no-store" });
  });

  it.each<[format: Answers["format"], accept: string | undefined, type: string]>([
    ["kong", "application/problem+json", "application/json; charset=utf-8"],
    ["problem", "application/json", "application/problem+json"],
    ["problem", undefined, "application/problem+json"],
    ["negotiate", undefined, "application/json; charset=utf-8"],
  ])("%s, with Accept %s, is %s", (format, accept, type) => {
    const { headers } = exitFor("token_missing", { accept, answers: { ...USUAL_ANSWERS, format } });
    expect(headers["Content-Type"]).toBe(type);
  });

  it.each(["application/grpc", "application/grpc+proto", "Application/gRPC;a=b", "application/grpc ;a"])(
    "has the form of gRPC for %s: no body, the message as a header, the usual challenge",
    (contentType) => {
      expect(exitFor("token_missing", { ...withProblem, contentType })).toEqual({
        status: 401,
        body: "",
        headers: {
          "Content-Type": "application/grpc",
          "grpc-message": "Authentication is required",
          "Cache-Control": "no-store",
          "WWW-Authenticate": 'Bearer realm="payments"',
        },
      });
    },
  );

  it.each([
    "application/grpc-web",
    "application/grpc-web+proto",
    "application/grpcx",
    "text/plain, application/grpc",
    "",
  ])("is not gRPC's for %j", (contentType) => {
    expect(exitFor("token_missing", { contentType }).headers["Content-Type"]).toBe("application/json; charset=utf-8");
  });

  it.each([
    ["100 %", "100 %25"],
    ["Caf\u00e9 \ud83d\udd11", "Caf%C3%A9 %F0%9F%94%91"],
    ['~ "a\\b"', '~ "a\\b"'],
  ])("encodes %j for gRPC as %j", (text, encoded) => {
    const { headers } = exitFor("token_missing", {
      ...withCustom("token_missing", { text }),
      contentType: "application/grpc",
    });
    expect(headers["grpc-message"]).toBe(encoded);
  });
});

describe("the answer to a refused request", () => {
  it("is in this table for every reason", () => {
    expect(Object.keys(ANSWERS).sort()).toEqual(Object.keys(DENIALS).sort());
  });

  it.each(Object.entries(ANSWERS))("%s", (reason, { status, clientMessage, challenge, retryAfter }) => {
    const exit = createExit(createDeny(denialOf(reason as Reason), EVIDENCE));
    expect(exit).toEqual({
      status,
      body: `{"message":"${clientMessage}"}\n`,
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
