import { createChallenge } from "../core/challenge.ts";
import type { Deny } from "../core/decision.ts";
import { type Denial, denialRow } from "../core/denial.ts";
import type { ExitResponse } from "./pdk.ts";

/** The answer to a refused request: status, fixed words, and the challenge where RFC 6750 asks for one. */
export function createExit({ denial, evidence }: Deny): ExitResponse {
  const { status, told } = denialRow(denial.reason);
  const challenge = createChallenge(denial, evidence.policy);
  return {
    status,
    body: `${JSON.stringify({ message: told })}\n`,
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      "Cache-Control": "no-store",
      ...(challenge === undefined ? {} : { "WWW-Authenticate": challenge }),
      ...retryAfter(denial),
    },
  };
}

/** RFC 9110 section 10.2.3. What overloads passes in a moment. */
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
