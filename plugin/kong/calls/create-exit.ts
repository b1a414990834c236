import { createChallenge } from "../../core/answer/challenge.ts";
import { tellClient } from "../../core/answer/tell-client.ts";
import type { Deny } from "../../core/model/decision.ts";
import type { Denial } from "../../core/model/denial.ts";
import type { ExitResponse } from "../contract/pdk.ts";
import { renderAnswer } from "./render-answer.ts";

/**
 * The answer to a refused request. It has a status, a fixed text in a form that suits the client, and a challenge if one is
 * required.
 */
export function createExit(deny: Deny): ExitResponse {
  const { denial, reply } = deny;
  const answer = tellClient(denial, reply.answers);
  const { body, headers } = renderAnswer(answer, reply);
  const challenge = createChallenge(deny);
  return {
    status: answer.status,
    body,
    headers: {
      ...headers,
      "Cache-Control": "no-store",
      ...(challenge === undefined ? {} : { "WWW-Authenticate": challenge }),
      ...retryAfter(denial),
    },
  };
}

/** `Retry-After` (RFC 9110 section 10.2.3). It is short for an overload, because overloads usually end quickly. */
function retryAfter(denial: Denial): { readonly "Retry-After"?: string } {
  switch (denial.reason) {
    case "keys_unavailable":
      return { "Retry-After": String(denial.retryAfterSeconds) };
    case "overloaded":
      return { "Retry-After": "1" };
    default:
      return {};
  }
}
