import type { Reply } from "../model/answers.ts";
import type { Deny } from "../model/decision.ts";
import { type Denial, denialRow } from "../model/denial.ts";
import { tellClient } from "./tell-client.ts";

/**
 * The characters that `error_description` may have (RFC 6750 section 3). A quoted string needs no escaping for these
 * characters.
 */
const DESCRIPTION = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;

/**
 * The WWW-Authenticate value of a denial (RFC 6750 section 3, RFC 9470 section 3, RFC 9728 section 5.1); undefined if the answer has
 * no challenge. The challenge always has a realm, because at least one parameter must follow `Bearer`. The realm is the
 * policy's name.
 */
export function createChallenge({ denial, evidence, reply }: Deny): string | undefined {
  const { text, isChallenged } = tellClient(denial, reply.answers);
  if (!isChallenged) {
    return undefined;
  }
  const { error } = denialRow(denial.reason);
  const parameters = [
    `realm="${evidence.policy}"`,
    ...(error === undefined ? [] : [`error="${error}"`]),
    ...(error === undefined || !DESCRIPTION.test(text) ? [] : [`error_description="${text}"`]),
    ...whatToAskFor(denial, reply),
    ...(reply.resourceMetadata === undefined ? [] : [`resource_metadata="${reply.resourceMetadata}"`]),
  ];
  return `Bearer ${parameters.join(", ")}`;
}

/** The values need no escaping, because they come from the policy, and the policy's schema limits their characters. */
function whatToAskFor(denial: Denial, { scopes, answers }: Reply): readonly string[] {
  switch (denial.reason) {
    case "token_missing":
      return nameScopes(scopes);
    case "scope_insufficient":
      return nameScopes(denial.requiredScopes);
    case "authentication_insufficient": {
      const { acrValues, maxAgeSeconds } = denial;
      return [
        ...(acrValues.length === 0 ? [] : [`acr_values="${acrValues.join(" ")}"`]),
        ...(maxAgeSeconds === undefined ? [] : [`max_age="${maxAgeSeconds}"`]),
      ];
    }
    default:
      // The challenges for all invalid tokens name the same scopes, so that a challenge does not show which check
      // failed.
      return answers.namesScopes && denialRow(denial.reason).error === "invalid_token" ? nameScopes(scopes) : [];
  }
}

function nameScopes(scopes: readonly string[]): readonly string[] {
  return scopes.length === 0 ? [] : [`scope="${scopes.join(" ")}"`];
}
