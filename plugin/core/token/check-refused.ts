import { type Denial, deny } from "../model/denial.ts";
import { PASSED, type Result } from "../model/result.ts";
import type { TokenRefusals } from "../model/token.ts";

/** Fails if the operator's detection of abuse refuses the token at the moment. */
export function checkRefused(refusals: TokenRefusals, signed: Uint8Array): Result<undefined, Denial> {
  return refusals.isRefused(signed)
    ? deny({ reason: "token_refused", detail: "clients in different networks used this token at the same time" })
    : PASSED;
}
