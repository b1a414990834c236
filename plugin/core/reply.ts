import { type Answers, USUAL_ANSWERS } from "./answers.ts";
import type { CompiledPolicy, Requirements } from "./policy.ts";
import type { RequestFacts } from "./request.ts";

/** How a refused client is told: by whose words, in which form, with what besides. */
export interface Reply {
  readonly answers: Answers;
  /** Where the API's description is (RFC 9728 section 5.1). */
  readonly resourceMetadata: string | undefined;
  /** What a token needs, for clients that have none yet and that read the description. */
  readonly scopes: readonly string[];
  /** Header fields of the request. */
  readonly accept: string | undefined;
  readonly contentType: string | undefined;
  readonly requestId: string | undefined;
}

/** Where neither policy nor request is known. */
export const PLAIN_REPLY: Reply = {
  answers: USUAL_ANSWERS,
  resourceMetadata: undefined,
  scopes: [],
  accept: undefined,
  contentType: undefined,
  requestId: undefined,
};

/**
 * @param facts undefined where the request could not be read.
 * @param requirements of the rule that the request met; undefined where it met none.
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

/** One challenge can name one way to be let in: where there are several, none. */
function scopesToAskFor({ alternatives }: Requirements): readonly string[] {
  const [only, ...others] = alternatives;
  return only && others.length === 0 ? [...only.scopes.allOf, ...only.scopes.anyOf] : [];
}
