import { createChallenge } from "../core/challenge.ts";
import type { Deny } from "../core/decision.ts";
import { denialRow } from "../core/denial.ts";
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
      ...(denial.reason === "keys_unavailable" ? { "Retry-After": String(denial.retryAfterSeconds) } : {}),
    },
  };
}
