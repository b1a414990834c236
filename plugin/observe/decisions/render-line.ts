import type { Field } from "../../../schema/generated/decision-log-document.ts";
import { tellClient } from "../../core/answer/tell-client.ts";
import { showKid, showPath } from "../../core/detail/quote-value.ts";
import type { JsonValue } from "../../core/json/json.ts";
import { readClaim } from "../../core/model/claim-reference.ts";
import type { Answer, Decision, Deny, Evidence } from "../../core/model/decision.ts";
import { denialRow } from "../../core/model/denial.ts";
import { toPrintableJson } from "../../core/text/printable.ts";
import { describeSource } from "../../core/token/find-credentials.ts";
import type { JudgedEvent, SeenRequest } from "./judged-event.ts";
import type { DecisionLogSettings } from "./log-settings.ts";
import { denialOf, outcomeOf } from "./outcome.ts";
import type { Pseudonym, Pseudonyms } from "./pseudonyms.ts";

const MAX_KID = 64;
const MAX_CLAIM = 512;
/**
 * The methods of RFC 9110 section 9.1 and RFC 5789. The log omits all other methods, because a client can send any word
 * as the method.
 */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]);
const HOST = /^[A-Za-z0-9._-]{1,255}(?::[0-9]{1,5})?$|^\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?$/;
/** Matches `traceparent` (W3C Trace Context, level 1, section 3.2). */
const TRACE_PARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;

type Members = Readonly<Record<string, unknown>>;

/**
 * Makes the value of one field of a line. The field is omitted if its value is undefined. Only the functions in this
 * file decide which data of a request leave the process.
 */
const READ: { readonly [F in Exclude<Field, keyof RequestFields>]: (seen: Seen) => unknown } = {
  policy: ({ evidence, event }) => event.policy?.name ?? evidence?.policy,
  policy_file: ({ event }) => event.policyFile,
  policy_version: ({ event }) => event.policy?.hash,
  plugin_id: ({ event }) => event.pluginId,
  rule: ({ evidence }) => evidence?.rule,
  route: ({ event }) => event.route,
  mode: ({ event }) => event.mode,
  reason: ({ deny }) => deny?.denial.reason,
  stage: ({ deny }) => deny && denialRow(deny.denial.reason).stage,
  status: ({ deny }) => deny && tellClient(deny.denial, deny.reply.answers).status,
  issuer: ({ evidence }) => evidence?.issuer,
  // Without a valid signature, the kid may be any text that a client chose.
  kid: ({ evidence, event }) => event.claims && evidence?.kid && showKid(evidence.kid, MAX_KID),
  token_source: ({ event }) => event.source && describeSource(event.source),
  reused: ({ event }) => event.isReused || undefined,
};

interface RequestFields {
  readonly request_id: unknown;
  readonly trace_id: unknown;
  readonly method: unknown;
  readonly host: unknown;
  readonly path: unknown;
  readonly client: unknown;
  readonly headers: unknown;
  readonly transport: unknown;
}

const READ_REQUEST: { readonly [F in keyof RequestFields]: (request: SeenRequest, event: JudgedEvent) => unknown } = {
  request_id: ({ requestId }) => requestId,
  trace_id: ({ headers }) => TRACE_PARENT.exec(headers.get("traceparent") ?? "")?.[1],
  method: ({ requestLine }) => requestLine && (METHODS.has(requestLine.method) ? requestLine.method : "other"),
  host: ({ headers }) => readHost(headers.get("host")),
  path: ({ requestLine }) => requestLine && showPath(requestLine.target),
  client: ({ client }) => client,
  headers: ({ headers }, { policy }) => policy?.readHeaders.filter((name) => headers.has(name)),
  transport: ({ transport }) => transport,
};

interface Seen {
  readonly event: JudgedEvent;
  readonly evidence: Evidence | undefined;
  readonly deny: Deny | undefined;
}

/**
 * @param nowMs milliseconds since the epoch.
 * @param sampled which part of the requests without a denial is logged; undefined for a denial, because the log has all
 * denials.
 */
export function renderDecision(
  outcome: Decision | Answer,
  event: JudgedEvent,
  { fields, claims }: Pick<DecisionLogSettings, "fields" | "claims">,
  pseudonyms: Pseudonyms,
  { nowMs, sampled }: { readonly nowMs: number; readonly sampled: number | undefined },
): string {
  const evidence = outcome.verdict === "answer" ? undefined : outcome.evidence;
  const seen: Seen = { event, evidence, deny: denialOf(outcome) };
  const request = event.readRequest();
  const members: Record<string, unknown> = {};
  for (const field of fields) {
    members[field] = isRequestField(field) ? request && READ_REQUEST[field](request, event) : READ[field](seen);
  }
  if (claims.length > 0 && event.claims) {
    members.claims = renderClaims(event, claims, pseudonyms);
  }
  return renderLine("decision", nowMs, {
    outcome: outcomeOf(outcome),
    ...(sampled !== undefined && { sampled }),
    ...members,
  });
}

/** Renders a log entry as one line of JSON, without its line feed. */
export function renderLine(event: string, nowMs: number, members: Members): string {
  return toPrintableJson({ decision_log: 1, event, time: new Date(nowMs).toISOString(), ...members });
}

function isRequestField(field: Field): field is keyof RequestFields {
  return field in READ_REQUEST;
}

/** The client chooses the value of `Host`. So the log omits a value that is not a host, or that looks like a secret. */
function readHost(host: string | undefined): string | undefined {
  return host !== undefined && HOST.test(host) && showPath(host) === host ? host.toLowerCase() : undefined;
}

function renderClaims(
  { claims: all }: JudgedEvent,
  named: DecisionLogSettings["claims"],
  pseudonyms: Pseudonyms,
): Members | undefined {
  const members: Record<string, unknown> = {};
  for (const { claim, as } of named) {
    const value = all && readClaim(all, claim);
    if (value !== undefined) {
      members[claim.text] = as === "plain" ? showValue(value) : hideValue(claim.text, value, pseudonyms);
    }
  }
  return members;
}

/**
 * The log does not cut a long value, because readers could mistake the beginning of the value for a different value.
 * The log describes the value instead.
 */
function showValue(value: JsonValue): unknown {
  const length = JSON.stringify(value).length;
  return length > MAX_CLAIM ? { omitted: `${length} characters of JSON, at most ${MAX_CLAIM} are logged` } : value;
}

function hideValue(claim: string, value: JsonValue, pseudonyms: Pseudonyms): Pseudonym | null {
  return value === null ? null : pseudonyms.of(claim, JSON.stringify(value));
}
