import type { Reply } from "../model/answers.ts";
import type { CompiledPolicy, Requirements } from "../model/policy.ts";
import type { RequestFacts } from "../model/request.ts";

/**
 * @param facts the facts of the request; undefined if the request could not be read.
 * @param requirements the requirements of the matched rule; undefined if the request matched no rule.
 */
export function createReply(
  { answers, protectedResource }: CompiledPolicy,
  facts: RequestFacts | undefined,
  requirements?: Requirements,
): Reply {
  return {
    answers,
    resourceMetadata: protectedResource?.metadataUrl,
    scopes: (protectedResource || answers.namesScopes) && requirements ? scopesToAskFor(requirements) : [],
    accept: facts?.headers.get("accept"),
    contentType: facts?.headers.get("content-type"),
    requestId: facts?.requestId,
  };
}

/** A challenge can name only one set of scopes. So if the rule has several alternatives, the challenge names no scopes. */
function scopesToAskFor({ alternatives }: Requirements): readonly string[] {
  const [only, ...others] = alternatives;
  return only && others.length === 0 ? [...only.scopes.allOf, ...only.scopes.anyOf] : [];
}
