import { hideCredentials } from "../../plugin/core/detail/quote-value.ts";
import { denialRow, type Reason } from "../../plugin/core/model/denial.ts";
import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type { CompiledPolicy, CompiledRule } from "../../plugin/core/model/policy.ts";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import { type Match, matchRequest } from "../../plugin/core/request/match-rule.ts";
import { quoteText } from "../../plugin/core/text/printable.ts";
import { describePath, listOperations, type Operation } from "../../plugin/policy/satisfy/list-operations.ts";
import type { LogLine } from "../logs/read-log-line.ts";
import { createFacts } from "../requests/request.ts";
import { type ExplainedDenial, listStages, type StageResult } from "./explain-token.ts";
import { listNeeded, listWays } from "./list-needed.ts";

/** An explanation why the request of a log line was refused. It contains only what the line shows. */
export interface LogExplanation {
  readonly verdict: "allow" | "deny";
  readonly isReported: boolean;
  readonly stages: readonly StageResult[];
  readonly rule: string | undefined;
  readonly issuer: string | undefined;
  readonly denial: ExplainedDenial;
  /** The requirements of the rule. Each list is one way to pass. */
  readonly expected: readonly (readonly string[])[];
  /** The fewest requirements that the request must still meet to pass; undefined if the log line does not show them. */
  readonly nearestAllow: readonly string[] | undefined;
  /** The facts that the log line does not contain, and the consequences. */
  readonly unknown: readonly string[];
}

const MAX_OPERATIONS = 10;

/** Explains a log line with a policy. The failure says why the line does not belong to this policy. */
export function explainLogLine(line: LogLine, policy: CompiledPolicy): Result<LogExplanation, string> {
  const mismatch = findMismatch(line, policy);
  if (mismatch !== undefined) {
    return fail(mismatch);
  }
  const rule = policy.rules.get(line.rule ?? "");
  const issuer = listIssuers(policy).find(({ id }) => id === line.issuer);
  const { stage, meaning, spec, next } = denialRow(line.reason);
  const match = rule && matchLine(line, rule, policy);
  const requirements = match?.requirements ?? (rule?.operations ? undefined : rule?.requirements);
  const ways = requirements ? listWays(policy, requirements, match?.segments ?? [], issuer) : [];
  const needed = rule && (stage === "match" || requirements === undefined) ? undefined : listNeeded(line, policy, ways);
  return succeed({
    verdict: line.isReported ? "allow" : "deny",
    isReported: line.isReported,
    stages: listStages(line.reason, issuer !== undefined, true),
    rule: rule?.id,
    issuer: issuer?.id,
    denial: {
      reason: line.reason,
      status: line.status,
      detail: line.detail === undefined ? undefined : hideCredentials(line.detail),
      meaning,
      spec,
      next,
    },
    expected:
      stage === "match"
        ? [describeMatch(line.reason, policy, rule)]
        : ways.map(({ heads, others }) => [...heads, ...others.map(({ text }) => text)]),
    nearestAllow: needed,
    unknown: [...listUnknown(line, rule, requirements !== undefined), ...listMissing(line, policy)],
  });
}

/** Returns why the log line does not belong to this policy. Returns undefined if the line may belong to the policy. */
function findMismatch({ policy: name, rule }: LogLine, policy: CompiledPolicy): string | undefined {
  if (name !== undefined && name !== policy.name) {
    return `the line is about the policy ${quoteText(name)}, but this file is the policy "${policy.name}"`;
  }
  if (rule === undefined || policy.rules.has(rule)) {
    return undefined;
  }
  const known = [...policy.rules.keys()].slice(0, MAX_OPERATIONS).join(", ");
  return `the policy has no rule ${quoteText(rule)}: give the version of the file that was in effect. The rules of this file: ${known}`;
}

/**
 * The operation that the log line's request matches. Returns undefined if the line has no request. Also returns
 * undefined if no operation matches.
 */
function matchLine({ request }: LogLine, rule: CompiledRule, policy: CompiledPolicy): Match | undefined {
  const facts =
    request &&
    createFacts(
      {
        binding: { by: "rule", rule: rule.id },
        ...request,
        headers: new Map(),
        transport: "tls",
        tokenIn: undefined,
        authenticated: undefined,
        route: undefined,
      },
      undefined,
      policy,
    );
  const match = facts?.ok ? matchRequest(rule, facts.value, false) : undefined;
  return match?.ok ? match.value : undefined;
}

function describeMatch(reason: Reason, policy: CompiledPolicy, rule: CompiledRule | undefined): readonly string[] {
  if (reason === "insecure_transport") {
    return ["TLS, because the rule has no allow_http"];
  }
  if (reason !== "no_matching_rule") {
    return [];
  }
  const list = (what: string, all: readonly string[]): readonly string[] => {
    const more = all.length - MAX_OPERATIONS;
    return [`${what}: ${all.slice(0, MAX_OPERATIONS).join(", ")}${more > 0 ? ` and ${more} more` : ""}`];
  };
  return rule
    ? list(`an operation of rule "${rule.id}"`, listOperations(rule).map(describeOperation))
    : list("a Kong Route with the name, or a tag, of one of the rules", [...policy.rules.keys()]);
}

function describeOperation({ methods = [], segments = [] }: Operation): string {
  return `${methods.filter((method) => method !== "HEAD" || methods.length === 1).join("/")} ${describePath(segments)}`;
}

/** Lists facts that a line of the decision log lacks, and says where to find them. */
function listMissing({ decision, policy: name, rule }: LogLine, policy: CompiledPolicy): readonly string[] {
  if (!decision) {
    return [];
  }
  const { policyVersion, requestId } = decision;
  return [
    `the detail about the value that failed: Kong's log has it, in the line ${requestId === undefined ? "of the same time" : `with request_id ${quoteText(requestId)}`}`,
    ...(name === undefined ? ["the name of the policy: the command assumes that this file made the decision"] : []),
    ...(rule === undefined && policy.rules.size > 0 ? ["the rule"] : []),
    ...(policyVersion === policy.hash
      ? []
      : [
          policyVersion === undefined
            ? "the version of the policy: the command assumes that this file is the version that made the decision"
            : `this version of the policy: the version with SHA-256 ${quoteText(policyVersion)} made the decision, so give that file`,
        ]),
  ];
}

function describeToken(decision: LogLine["decision"]): string {
  if (!decision) {
    return "the claims of the token, except the values that the detail quotes; so requirements of later stages may fail too";
  }
  const names = [...decision.claims.keys()].map((claim) => quoteText(claim)).join(", ");
  return names === ""
    ? "the token and its claims: under `claims` in the settings of the decision log, name the claims that your rules read"
    : `the claims of the token, except ${names}; so other requirements may fail too`;
}

function describeRequest(decision: LogLine["decision"], rule: CompiledRule | undefined): readonly string[] {
  if (!decision) {
    return ["method and path"];
  }
  return rule?.operations
    ? ["the whole path, or the method: add `method` and `path` to `fields` in the settings of the decision log"]
    : [];
}

function listUnknown(
  { request, decision }: LogLine,
  rule: CompiledRule | undefined,
  hasRequirements: boolean,
): readonly string[] {
  return [
    describeToken(decision),
    "the request's headers and body",
    ...(request ? [] : describeRequest(decision, rule)),
    ...(rule?.operations && !hasRequirements
      ? [
          request
            ? "the operation: no operation of this version of the policy matches the line's request"
            : "the operation, because the rule decides by method and path",
        ]
      : []),
  ];
}
