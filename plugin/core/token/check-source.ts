import { type Denial, deny } from "../model/denial.ts";
import type { CompiledIssuer } from "../model/policy.ts";
import { PASSED, type Result } from "../model/result.ts";
import type { Credential } from "../model/token.ts";
import { describeSource } from "./find-credentials.ts";

/**
 * Checks that tokens of the issuer may come in the source.
 *
 * @param entries the policy's entries that the token may belong to. Before the signature is verified, these are all entries
 * with the token's `iss`. After the verification, the only entry is the entry whose conditions the token meets.
 */
export function checkSource({ source }: Credential, entries: readonly CompiledIssuer[]): Result<undefined, Denial> {
  const { issuers } = source;
  return issuers && !entries.some(({ id }) => issuers.has(id))
    ? deny({
        reason: "issuer_untrusted",
        detail: `tokens of issuer "${entries[0]?.id}" may not come in ${describeSource(source)}`,
      })
    : PASSED;
}
