import type { Denial } from "./denial.ts";
import type { CallerIdentity } from "./identity.ts";
import type { HeaderChanges } from "./propagate.ts";
import type { MetadataRequest } from "./protected-resource.ts";
import { PLAIN_REPLY, type Reply } from "./reply.ts";

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
  /** Replaces Kong's caller as a whole; absent leaves Kong's caller unchanged. */
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

/** The plugin answers the request itself, without a decision. The upstream does not get it. */
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
