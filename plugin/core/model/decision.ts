import type { JsonObject } from "../json/json.ts";
import { PLAIN_REPLY, type Reply } from "./answers.ts";
import type { CallerIdentity } from "./caller.ts";
import type { Denial } from "./denial.ts";
import type { Mode, ProtectedResource, Requirements, TokenSource } from "./policy.ts";
import type { Result } from "./result.ts";
import type { SentToken, VerifiedToken } from "./token.ts";

/** Facts found on the way to a decision, for logs and `explain`, but never for the client. */
export interface Evidence {
  readonly policy: string;
  readonly rule?: string | undefined;
  /** Id of the issuer in the policy. */
  readonly issuer?: string | undefined;
  /** The `kid` of the token's header, which is unverified until the signature is checked. */
  readonly kid?: string | undefined;
}

/** Changes to the request for the upstream, and to Kong's caller. */
export interface UpstreamChanges {
  readonly headers: HeaderChanges;
  /** The new query, without `?`; absent when the query does not change. */
  readonly rawQuery?: string | undefined;
  /** If present, this caller replaces Kong's caller as a whole. If absent, Kong's caller stays unchanged. */
  readonly caller?: CallerIdentity | undefined;
}

/**
 * A span of time, in seconds since the epoch. The bounds themselves are not part of the span.
 */
export interface Validity {
  readonly after: number;
  readonly before: number;
}

/** The span of a decision that does not depend on the time. */
export const ALWAYS_VALID: Validity = { after: Number.NEGATIVE_INFINITY, before: Number.POSITIVE_INFINITY };

/** The common part of two spans. */
export function intersect(one: Validity, other: Validity): Validity {
  return { after: Math.max(one.after, other.after), before: Math.min(one.before, other.before) };
}

export interface Allow extends UpstreamChanges {
  readonly verdict: "allow";
  /**
   * The time span in which the plugin may reuse this decision for the same facts, as long as policy and keys stay the
   * same. The span is undefined if the plugin must not reuse the decision: see docs/adr/0040-verdict-cache.md.
   */
  readonly validity: Validity | undefined;
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

/** The calls of an Allow, as the plugin server writes them to Kong. In `frames`, each character is one byte. */
export interface EncodedCalls {
  readonly frames: string;
  readonly repliesToDrop: number;
}

/** Only this module has the symbol, so no other code can create an object of the class. */
const ISSUE = Symbol("issue");

/**
 * The class of all objects that let a request pass. An object that only looks like an Allow does not have the private field, and
 * a copy of an Allow does not have it either. A WeakSet of all Allows would do the same. But if the plugin stores
 * verdicts, each entry of a WeakSet costs about a microsecond, mostly for the garbage collector.
 */
class IssuedAllow implements Allow {
  readonly verdict = "allow";
  readonly headers: HeaderChanges;
  readonly rawQuery: string | undefined;
  readonly caller: CallerIdentity | undefined;
  readonly evidence: Evidence;
  readonly reported: Deny | undefined;
  readonly validity: Validity | undefined;
  #encoded: EncodedCalls | undefined;

  constructor(
    issue: symbol,
    { headers, rawQuery, caller }: UpstreamChanges,
    evidence: Evidence,
    reported: Deny | undefined,
    validity: Validity | undefined,
  ) {
    if (issue !== ISSUE) {
      throw new TypeError("only createAllow creates an Allow");
    }
    this.headers = headers;
    this.rawQuery = rawQuery;
    this.caller = caller;
    this.evidence = evidence;
    this.reported = reported;
    this.validity = validity;
    Object.freeze(this);
  }

  static isIssued(value: unknown): value is IssuedAllow {
    return typeof value === "object" && value !== null && #encoded in value;
  }

  static encodedCallsOf(allow: Allow): EncodedCalls | undefined {
    return IssuedAllow.isIssued(allow) ? allow.#encoded : undefined;
  }

  static keepEncodedCalls(allow: Allow, calls: EncodedCalls): void {
    if (IssuedAllow.isIssued(allow)) {
      allow.#encoded = calls;
    }
  }
}

/** Creates the only kind of value that lets a request reach the upstream. */
export function createAllow(changes: UpstreamChanges, evidence: Evidence, reported?: Deny, validity?: Validity): Allow {
  return new IssuedAllow(ISSUE, changes, evidence, reported, validity);
}

/** The encoded calls that {@link keepEncodedCalls} stored with the Allow. */
export const encodedCallsOf: (allow: Allow) => EncodedCalls | undefined = IssuedAllow.encodedCallsOf;

/**
 * If an Allow may be reused, stores the encoded calls with the Allow. An Allow never changes, so its encoded calls stay
 * the same.
 */
export const keepEncodedCalls: (allow: Allow, calls: EncodedCalls) => void = IssuedAllow.keepEncodedCalls;

/**
 * @param reply how to answer the client. The default reply is for cases in which the policy or the request is not
 * known.
 */
export function createDeny(denial: Denial, evidence: Evidence, reply: Reply = PLAIN_REPLY): Deny {
  return { verdict: "deny", denial, evidence, reply };
}

export function createAnswer(metadataRequest: MetadataRequest): Answer {
  return { verdict: "answer", metadataRequest };
}

/** Whether `value` is an Allow made by {@link createAllow} in this process. */
export function isAllow(value: unknown): value is Allow {
  return IssuedAllow.isIssued(value);
}

/**
 * Changes to the request's headers. Each string in a list sets one header line. An empty list removes the header, in
 * the same call to Kong.
 */
export type HeaderChanges = Readonly<Record<string, string | readonly string[]>>;

/** A request for the API's description, or the CORS preflight that a browser sends before this request. */
export interface MetadataRequest {
  readonly asks: "text" | "preflight";
  readonly resource: ProtectedResource;
}

/** What is known about a request that passes or is refused. */
export interface Known {
  /** The verified token: present once signature and claims are valid, even if the rule then denies the request. */
  readonly verified?: (VerifiedToken & { readonly sent: SentToken }) | undefined;
  /** Present if the token names a caller for Kong. */
  readonly caller?: CallerIdentity | undefined;
  /** The requirements that the token must meet. */
  readonly requirements?: Requirements | undefined;
  readonly evidence: Evidence;
  /** See {@link Allow.validity}. */
  readonly validity?: Validity | undefined;
}

/**
 * Facts about one decision, for the decision log and the metrics. The pipeline writes these facts and never reads them,
 * so they cannot change a decision.
 */
export interface Trace {
  /** The mode of the rule or operation that applied. */
  mode?: Mode | undefined;
  /** The source in which the token was found. */
  source?: TokenSource | undefined;
  /** The claims of a token with a valid signature. The claims may fail a later check. */
  claims?: JsonObject | undefined;
  /** The signed text of a token whose signature and claims are valid. */
  signed?: Uint8Array | undefined;
}

/** The result of checking a request's token. */
export interface Judgement extends Known {
  readonly outcome: Result<undefined, Denial>;
}
