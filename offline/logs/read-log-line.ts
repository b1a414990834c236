import { DENIALS, denialRow, type Reason } from "../../plugin/core/model/denial.ts";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import { readRecordedLine } from "./read-recorded-line.ts";

/** Facts that a line of the decision log has and a line of the operator's log lacks. */
export interface LoggedDecision {
  /** SHA-256 of the policy that made the decision. */
  readonly policyVersion: string | undefined;
  readonly requestId: string | undefined;
  readonly nowSeconds: number;
  /** The claims whose values the line has in plain text, by claim reference. */
  readonly claims: ReadonlyMap<string, unknown>;
}

/** A line of the operator's log, or of the decision log, about one refused request. */
export interface LogLine {
  /** Whether the request passed only because of report mode. */
  readonly isReported: boolean;
  readonly reason: Reason;
  readonly status: number;
  /** The policy's name; undefined if the settings of the decision log exclude the name. */
  readonly policy: string | undefined;
  /** The rule's id; undefined if no rule matched the request. */
  readonly rule: string | undefined;
  /**
   * The issuer's id in the policy. Undefined if the token named no issuer of the policy, or if the plugin did not read
   * the token.
   */
  readonly issuer: string | undefined;
  /** The plugin's text about the value that failed. The person who pastes the line may have changed the text. */
  readonly detail: string | undefined;
  /**
   * The method and the target, as nginx adds them to each line of its log. Undefined if the line lacks them.
   */
  readonly request: { readonly method: string; readonly target: string } | undefined;
  readonly host: string | undefined;
  /** The facts that only the decision log has; undefined for a line of the operator's log. */
  readonly decision: LoggedDecision | undefined;
}

/** Matches a line of the decision log about a refused request. */
const REFUSED = /^\s*\{.*"decision_log":.*"outcome":\s*"(?:would_)?deny"/;
const DENIED = /jwt-policy (denied|would have denied) the request: (.*)/s;
/** Matches the detail. In a log line, `detail` comes after the values without spaces. */
const DETAIL = / detail="((?:[^"\\]|\\.)*)/;
const REQUEST = /, request: "([A-Z]{1,20}) ([^" ]+) HTTP\/[0-9.]+/;
const HOST = /, host: "([^"]{1,255})"/;
const NOT_ONE_DECISION = {
  reused: "this line is a count of requests that the guard let pass, and not about one refused request",
  dropped: "this line is a count of missing lines, and not about one refused request",
  abuse: "this line is an alarm about a replayed or stolen token, and not about one refused request",
  answer: "the plugin answered this request itself, with the API's metadata: no rule refused it",
  facts:
    "this line has the recorded request, with its token: use replay, which judges the request by two versions of the policy",
} as const;
const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** Whether a line is about a refused request. */
export function isDenialLine(line: string): boolean {
  return DENIED.test(line) || REFUSED.test(line);
}

/**
 * Reads a log line. The failure says what the line lacks. It does not quote the line, because the line may contain a
 * secret.
 */
export function readLogLine(line: string): Result<LogLine, string> {
  if (line.trimStart().startsWith("{")) {
    return readDecisionLine(line);
  }
  const [, did, text = ""] = DENIED.exec(line) ?? [];
  if (did === undefined) {
    return fail('this is not a line about a refused request: it does not contain "jwt-policy denied the request:"');
  }
  const pairs = text.split(/ (?:detail|next)="/, 1)[0] ?? "";
  const read = (name: string): string | undefined => new RegExp(`(?:^| )${name}=([^ ,]+)`).exec(pairs)?.[1];
  const [reason, status, policy] = [read("reason"), Number(read("status")), read("policy")];
  if (reason === undefined || !isReason(reason)) {
    return fail(
      `the line has no reason that this version knows: it must contain "reason=" and one of the reasons in the list`,
    );
  }
  if (policy === undefined || !Number.isInteger(status)) {
    return fail(`the line is cut: it has a reason, but no ${policy === undefined ? "policy" : "status"}`);
  }
  const [, method, target] = REQUEST.exec(line) ?? [];
  return succeed({
    isReported: did !== "denied",
    reason,
    status,
    policy,
    rule: read("rule"),
    issuer: read("issuer"),
    detail: readDetail(text),
    request: method === undefined || target === undefined ? undefined : { method, target },
    host: HOST.exec(line)?.[1],
    decision: undefined,
  });
}

/** A line of the decision log has no detail and no token. */
function readDecisionLine(text: string): Result<LogLine, string> {
  const read = readRecordedLine(text);
  if (!read.ok) {
    return fail(`this is not a line of the decision log about a refused request: ${read.failure}`);
  }
  const line = read.value;
  if (line.kind !== "decision") {
    return fail(NOT_ONE_DECISION[line.kind === "facts" ? "facts" : line.why]);
  }
  const { outcome, reason, policy, rule, issuer, method, path, policyVersion, requestId, nowSeconds, claims } = line;
  if (outcome === "allow") {
    return fail(
      "this request was allowed, so there is no refusal to explain. To see what the rule requires, use --effective",
    );
  }
  if (reason === undefined) {
    return fail('the line has no reason: add "reason" to `fields` in the settings of the decision log');
  }
  return succeed({
    isReported: outcome === "would_deny",
    reason,
    status: line.status ?? denialRow(reason).status,
    policy,
    rule,
    issuer,
    detail: undefined,
    request: method === undefined || path === undefined || isHidden(path) ? undefined : { method, target: path },
    host: undefined,
    decision: { policyVersion, requestId, nowSeconds, claims },
  });
}

/**
 * Whether a logged path differs from the path of the request. The log may have omitted parts (`...`), or quoted the
 * path (`"`).
 */
function isHidden(path: string): boolean {
  return /\.\.\.|^"/.test(path);
}

function isReason(name: string): name is Reason {
  return Object.hasOwn(DENIALS, name);
}

/** Reads the detail, which is a JSON string. If the detail is cut, its first part is read. */
function readDetail(text: string): string | undefined {
  return DETAIL.exec(text)?.[1]?.replaceAll(/\\(u[0-9a-f]{4}|[^u{])/g, (_, code: string) =>
    code.length > 1 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (ESCAPES[code] ?? code),
  );
}
