import { type Answers, USUAL_ANSWERS } from "./answers.ts";
import type { CompiledPolicy, Requirements } from "./policy.ts";
import type { RequestFacts } from "./request.ts";

/** Everything that the answer to a denied request depends on, except the denial. */
export interface Reply {
  readonly answers: Answers;
  /** URL of the API's description (RFC 9728 section 5.1). */
  readonly resourceMetadata: string | undefined;
  /** Scopes that a token needs, for clients that have no token yet and that read the description. */
  readonly scopes: readonly string[];
  /** Header fields of the request. */
  readonly accept: string | undefined;
  readonly contentType: string | undefined;
  readonly requestId: string | undefined;
}

/** For denials without a known policy or request. */
export const PLAIN_REPLY: Reply = {
  answers: USUAL_ANSWERS,
  resourceMetadata: undefined,
  scopes: [],
  accept: undefined,
  contentType: undefined,
  requestId: undefined,
};

/**
 * @param facts undefined if the request could not be read.
 * @param requirements of the rule that the request matched; undefined if it matched none.
 */
export function createReply(
  { answers, protectedResource }: CompiledPolicy,
  facts: RequestFacts | undefined,
  requirements?: Requirements,
): Reply {
  return {
    answers,
    resourceMetadata: protectedResource?.metadataUrl,
    scopes: protectedResource && requirements ? scopesToAskFor(requirements) : [],
    accept: facts?.headers.get("accept"),
    contentType: facts?.headers.get("content-type"),
    requestId: facts?.requestId,
  };
}

/** A challenge can name only one set of scopes. So it names none if the rule has several alternatives. */
function scopesToAskFor({ alternatives }: Requirements): readonly string[] {
  const [only, ...others] = alternatives;
  return only && others.length === 0 ? [...only.scopes.allOf, ...only.scopes.anyOf] : [];
}
