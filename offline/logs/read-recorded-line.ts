import { DENIALS, denialRow, type Reason, type Stage } from "../../plugin/core/model/denial.ts";
import type { Transport } from "../../plugin/core/model/request.ts";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import { parseFactsVariable, type VariableFacts } from "../../plugin/kong/facts/facts-variable.ts";
import { type Counted, countSampled, exactly } from "./counted.ts";

/** A line of the decision log about one request. The line contains no token. */
export interface DecisionLine {
  readonly kind: "decision";
  /** The number of requests that the line represents. */
  readonly counted: Counted;
  readonly nowSeconds: number;
  readonly outcome: "allow" | "deny" | "would_deny";
  readonly reason: Reason | undefined;
  /** Kong's id of the request. */
  readonly requestId: string | undefined;
  readonly stage: Stage | undefined;
  readonly status: number | undefined;
  readonly policy: string | undefined;
  readonly policyFile: string | undefined;
  readonly policyVersion: string | undefined;
  readonly rule: string | undefined;
  readonly route: string | undefined;
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly transport: Transport | undefined;
  readonly issuer: string | undefined;
  /** The claims whose values the line has in plain text, by claim reference. */
  readonly claims: ReadonlyMap<string, unknown>;
}

/** A request as the facts variable records it. The facts contain the token, so no part of them is ever printed. */
export interface FactsLine {
  readonly kind: "facts";
  readonly nowSeconds: number;
  readonly facts: VariableFacts;
  readonly policy: string | undefined;
  readonly rule: string | undefined;
  readonly route: string | undefined;
}

/** A line that is not about one judged request. */
export interface OtherLine {
  readonly kind: "other";
  /** A line about an alarm (`abuse`) belongs to no request. */
  readonly why: "reused" | "dropped" | "answer" | "abuse";
  readonly counted: Counted;
}

export type ReplayLine = DecisionLine | FactsLine | OtherLine;

type Members = Readonly<Record<string, unknown>>;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const ISO_TIME = /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,16}(?:Z|[+-][0-9]{2}:?[0-9]{2})/;
const NGINX_TIME = /([0-9]{2})\/([A-Z][a-z]{2})\/([0-9]{4}):([0-9:]{8}) ([+-][0-9]{2})([0-9]{2})/;
/** Matches recorded facts. In a field of a log, nginx writes a line feed as `\x0A`. */
const RAW_FACTS = /(?<![0-9])[0-9]{1,2} connection authorization (?:[^"\\]|\\x[0-9A-Fa-f]{2}|\\[\\"])*/;
const TRANSPORTS: readonly unknown[] = ["tls", "loopback", "plain"];

/** Reads a log line for a replay. The failure is a short reason for a table, and never quotes the line. */
export function readRecordedLine(line: string): Result<ReplayLine, string> {
  return line.trimStart().startsWith("{") ? readJsonLine(line) : readRawLine(line);
}

function readJsonLine(line: string): Result<ReplayLine, string> {
  const members = parseObject(line);
  if (members === undefined) {
    return fail("not JSON, or cut");
  }
  if (members.decision_log !== undefined) {
    return members.decision_log === 1 ? readDecision(members) : fail("a decision log of another version");
  }
  const text = members.facts ?? members.jwt_facts;
  return typeof text === "string"
    ? readFacts(text, members.time ?? members.time_iso8601 ?? members.msec, {
        policy: textOf(members.policy_file ?? members.policy),
        rule: textOf(members.rule),
        route: textOf(members.route),
      })
    : fail("JSON that is neither a decision nor recorded facts");
}

function readRawLine(line: string): Result<ReplayLine, string> {
  const [text] = RAW_FACTS.exec(line) ?? [];
  if (text === undefined) {
    return fail("neither a decision nor recorded facts");
  }
  const unescaped = text.replaceAll(/\\x([0-9A-Fa-f]{2})|\\([\\"])/g, (_, hex?: string, other = "") =>
    hex === undefined ? other : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const rest = line.replace(text, "");
  const time = ISO_TIME.exec(rest)?.[0] ?? readNginxTime(rest);
  return readFacts(unescaped, time, { policy: undefined, rule: undefined, route: undefined });
}

function readNginxTime(text: string): string | undefined {
  const [, day, month = "", year, time, hours, minutes] = NGINX_TIME.exec(text) ?? [];
  const number = MONTHS.indexOf(month) + 1;
  return number === 0 ? undefined : `${year}-${String(number).padStart(2, "0")}-${day}T${time}${hours}:${minutes}`;
}

function readFacts(
  text: string,
  time: unknown,
  binding: Pick<FactsLine, "policy" | "rule" | "route">,
): Result<FactsLine, string> {
  const facts = parseFactsVariable(text);
  const nowSeconds = readSeconds(time);
  if (!facts) {
    return fail("recorded facts that are cut, or of another version");
  }
  return nowSeconds === undefined
    ? fail("recorded facts without a time")
    : succeed({ kind: "facts", nowSeconds, facts, ...binding });
}

/** Reads a time: an ISO 8601 time, or seconds since the epoch as in nginx's `$msec`. */
function readSeconds(time: unknown): number | undefined {
  const seconds =
    typeof time === "number"
      ? time
      : typeof time === "string" && /^[0-9]{9,11}(?:\.[0-9]+)?$/.test(time)
        ? Number(time)
        : Date.parse(String(time)) / 1000;
  return Number.isFinite(seconds) ? Math.floor(seconds) : undefined;
}

function readDecision(members: Members): Result<ReplayLine, string> {
  const { event, outcome, reason, time, sampled } = members;
  if (event === "reused" || event === "dropped") {
    return succeed({ kind: "other", why: event, counted: exactly(countOf(members.requests ?? members.lines)) });
  }
  if (event === "abuse") {
    return succeed({ kind: "other", why: "abuse", counted: exactly(0) });
  }
  if (sampled !== undefined && !isShare(sampled)) {
    return fail("a decision whose sampled is not a number above 0 and at most 1");
  }
  const counted = countSampled(sampled);
  if (event === "decision" && outcome === "answer") {
    return succeed({ kind: "other", why: "answer", counted });
  }
  const nowSeconds = readSeconds(time);
  if (event !== "decision" || !isOutcome(outcome) || nowSeconds === undefined) {
    return fail("a decision without a known event, outcome or time");
  }
  if (reason !== undefined && !isReason(reason)) {
    return fail("a decision with a reason that this version does not know");
  }
  return succeed({ kind: "decision", counted, nowSeconds, outcome, reason, ...readFields(members) });
}

function readFields(members: Members): Omit<DecisionLine, "kind" | "counted" | "nowSeconds" | "outcome" | "reason"> {
  const { method, transport, reason } = members;
  return {
    requestId: textOf(members.request_id),
    status: typeof members.status === "number" ? members.status : undefined,
    stage: isReason(reason) ? denialRow(reason).stage : undefined,
    policy: textOf(members.policy),
    policyFile: textOf(members.policy_file),
    policyVersion: textOf(members.policy_version),
    rule: textOf(members.rule),
    route: textOf(members.route),
    method: method === "other" ? undefined : textOf(method),
    path: textOf(members.path),
    transport: TRANSPORTS.includes(transport) ? (transport as Transport) : undefined,
    issuer: textOf(members.issuer),
    claims: readClaims(members.claims),
  };
}

/**
 * Reads logged claims. Skips pseudonyms (`hmac`) and omitted values, because they do not show the claim's value.
 */
function readClaims(claims: unknown): ReadonlyMap<string, unknown> {
  const entries = isMap(claims) ? Object.entries(claims) : [];
  return new Map(entries.filter(([, value]) => !isMap(value) || !("hmac" in value || "omitted" in value)));
}

/** Reads a count. A count is one number, or several numbers by cause. The function adds the numbers up. */
function countOf(counts: unknown): number {
  if (typeof counts === "number") {
    return counts;
  }
  const values = isMap(counts) ? Object.values(counts) : [];
  return values.reduce<number>((sum, value) => sum + (typeof value === "number" ? value : 0), 0);
}

function parseObject(text: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isMap(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isShare(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value <= 1 && Number.isFinite(1 / value);
}

function isOutcome(value: unknown): value is DecisionLine["outcome"] {
  return value === "allow" || value === "deny" || value === "would_deny";
}

function isReason(value: unknown): value is Reason {
  return typeof value === "string" && Object.hasOwn(DENIALS, value);
}
