import type { Denial } from "./denial.ts";
import type { CallerIdentity } from "./identity.ts";
import type { HeaderChanges } from "./propagate.ts";
import type { MetadataRequest } from "./protected-resource.ts";
import { PLAIN_REPLY, type Reply } from "./reply.ts";

/** What was found on the way to a decision; for logs and `explain`, never for the client. */
export interface Evidence {
  readonly policy: string;
  readonly rule?: string;
  /** Id of the issuer in the policy. */
  readonly issuer?: string;
  /** From the token's header: unverified unless the signature held. */
  readonly kid?: string | undefined;
}

/** What to do to the request on its way to the upstream, and to what Kong knows of it. */
export interface UpstreamChanges {
  readonly headers: HeaderChanges;
  /** The query to go on with, without `?`; absent when it stays as it is. */
  readonly rawQuery?: string | undefined;
  /** Replaces Kong's caller as a whole; absent leaves Kong's caller unchanged. */
  readonly caller?: CallerIdentity;
}

export interface Allow extends UpstreamChanges {
  readonly verdict: "allow";
  /** How the request would have been refused, were the rule not in report mode. */
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

/** There is nothing to decide: the plugin has the answer, and no upstream gets the request. */
export interface Answer {
  readonly verdict: "answer";
  readonly metadataRequest: MetadataRequest;
}

// An object that merely looks like an Allow must not open the gate: what counts is where it was made.
const issued = new WeakSet<object>();

/** Makes the only value with which a request may be proxied. */
export function createAllow(changes: UpstreamChanges, evidence: Evidence, reported?: Deny): Allow {
  const allow: Allow = Object.freeze({ verdict: "allow", ...changes, evidence, reported });
  issued.add(allow);
  return allow;
}

/** @param reply how the client is told; without it as one of whom nothing is known, by no policy. */
export function createDeny(denial: Denial, evidence: Evidence, reply: Reply = PLAIN_REPLY): Deny {
  return { verdict: "deny", denial, evidence, reply };
}

export function createAnswer(metadataRequest: MetadataRequest): Answer {
  return { verdict: "answer", metadataRequest };
}

/** Whether `value` is an Allow made by {@link createAllow} in this process. */
export function isAllow(value: unknown): value is Allow {
  return issued.has(value as object); // Nothing but an object can be in there.
}
