import type { PublicReason } from "./denial.ts";

/** How a policy answers denied requests. */
export interface Answers {
  /** `negotiate`: problem details (RFC 9457) for clients that prefer them, Kong's own format for all others. */
  readonly format: "negotiate" | "problem" | "kong";
  /**
   * The start of the `type` of problem details; the reason follows it. If undefined, problem details have no `type`.
   */
  readonly problemTypes: string | undefined;
  readonly reasons: ReadonlyMap<PublicReason, CustomAnswer>;
  /** Whether challenges for a missing or invalid token name the scopes that the rule requires. */
  readonly namesScopes: boolean;
}

/** The status and texts of a custom answer replace the values of the denial table. */
export interface CustomAnswer {
  readonly status: number | undefined;
  readonly text: string | undefined;
}

/** The default, for a policy without `answers`. */
export const USUAL_ANSWERS: Answers = {
  format: "negotiate",
  problemTypes: undefined,
  reasons: new Map(),
  namesScopes: false,
};

/** Everything that the answer to a denied request depends on, except the denial. */
export interface Reply {
  readonly answers: Answers;
  /** URL of the API's description (RFC 9728 section 5.1). */
  readonly resourceMetadata: string | undefined;
  /**
   * Scopes that a token needs, for clients that have no valid token yet. The list is empty if the policy does not show
   * scopes to clients without a valid token.
   */
  readonly scopes: readonly string[];
  /** Header fields of the request. */
  readonly accept: string | undefined;
  readonly contentType: string | undefined;
  readonly requestId: string | undefined;
}

/** The reply to a denial for which no policy or no request is known. */
export const PLAIN_REPLY: Reply = {
  answers: USUAL_ANSWERS,
  resourceMetadata: undefined,
  scopes: [],
  accept: undefined,
  contentType: undefined,
  requestId: undefined,
};
