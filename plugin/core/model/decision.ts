import { PLAIN_REPLY, type Reply } from "./answers.ts";
import type { CallerIdentity } from "./caller.ts";
import type { Denial } from "./denial.ts";
import type { ProtectedResource, Requirements } from "./policy.ts";
import type { Result } from "./result.ts";
import type { SentToken, VerifiedToken } from "./token.ts";

/** Facts found on the way to a decision. For logs and `explain`, never for the client. */
export interface Evidence {
  readonly policy: string;
  readonly rule?: string;
  /** Id of the issuer in the policy. */
  readonly issuer?: string;
  /** From the token's header: unverified until the signature is checked. */
  readonly kid?: string | undefined;
}

/** Changes to the request for the upstream, and to Kong's caller. */
export interface UpstreamChanges {
  readonly headers: HeaderChanges;
  /** The new query, without `?`; absent when the query does not change. */
  readonly rawQuery?: string | undefined;
  /** Replaces Kong's caller as a whole. If absent, Kong's caller stays unchanged. */
  readonly caller?: CallerIdentity;
}

export interface Allow extends UpstreamChanges {
  readonly verdict: "allow";
  /** The denial that report mode did not enforce. */
  readonly reported: Deny | undefined;
  readonly evidence: Evidence;
}

export interface Deny {
  readonly verdict: "deny";
  readonly denial: Denial;
  readonly evidence: Evidence;
  readonly reply: Reply;
}

export type Decision = Allow | Deny;

/** The plugin answers the request itself, without a decision. The upstream does not get the request. */
export interface Answer {
  readonly verdict: "answer";
  readonly metadataRequest: MetadataRequest;
}

// An object that only looks like an Allow must not let a request pass. Only createAllow can add to this set.
const issued = new WeakSet<object>();

/** Creates the only kind of value that lets a request reach the upstream. */
export function createAllow(changes: UpstreamChanges, evidence: Evidence, reported?: Deny): Allow {
  const allow: Allow = Object.freeze({ verdict: "allow", ...changes, evidence, reported });
  issued.add(allow);
  return allow;
}

/** @param reply how to answer the client. The default is for cases where neither policy nor request is known. */
export function createDeny(denial: Denial, evidence: Evidence, reply: Reply = PLAIN_REPLY): Deny {
  return { verdict: "deny", denial, evidence, reply };
}

export function createAnswer(metadataRequest: MetadataRequest): Answer {
  return { verdict: "answer", metadataRequest };
}

/** Whether `value` is an Allow made by {@link createAllow} in this process. */
export function isAllow(value: unknown): value is Allow {
  return issued.has(value as object); // False for a value that is not an object.
}

/** Changes to the request's headers. Each text sets one header line. An empty list removes the header, in the same step. */
export type HeaderChanges = Readonly<Record<string, string | readonly string[]>>;

/** A request for the text of the API's description, or the CORS preflight that browsers send before it. */
export interface MetadataRequest {
  readonly asks: "text" | "preflight";
  readonly resource: ProtectedResource;
}

/** What is known about a request, whether it passes or not. */
export interface Known {
  /** Present once signature and claims are valid, even if the rule then denies the request. */
  readonly verified?: (VerifiedToken & { readonly sent: SentToken }) | undefined;
  /** Present if the token names a caller for Kong. */
  readonly caller?: CallerIdentity | undefined;
  /** The requirements that the token must meet. */
  readonly requirements?: Requirements | undefined;
  readonly evidence: Evidence;
}

/** The result of checking a request's token. */
export interface Judgement extends Known {
  readonly outcome: Result<undefined, Denial>;
}
