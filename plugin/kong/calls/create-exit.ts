import { createChallenge } from "../../core/answer/challenge.ts";
import { tellClient } from "../../core/answer/tell-client.ts";
import type { Deny } from "../../core/model/decision.ts";
import type { Denial } from "../../core/model/denial.ts";
import type { ExitResponse } from "../contract/pdk.ts";
import { renderAnswer } from "./render-answer.ts";

/**
 * Makes the answer to a refused request. The answer has a status and a fixed text, in the format that fits the policy
 * and the request. If RFC 6750 requires a challenge, the answer has a challenge.
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

/**
 * Returns the header `Retry-After` (RFC 9110 section 10.2.3). If the gateway is overloaded, the time in the header is
 * short, because overloads usually end quickly.
 */
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
