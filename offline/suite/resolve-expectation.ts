import { DENIALS, type PublicReason, publicReason, type Reason, type Stage } from "../../plugin/core/model/denial.ts";
import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { quoteText } from "../../plugin/core/text/printable.ts";
import type { DocumentPath, Finding } from "../../plugin/policy/language/finding.ts";
import { didYouMean } from "../../plugin/policy/language/suggest-name.ts";
import type { Expectation as ExpectationSource } from "../../schema/generated/policy-test-document.ts";
import { unknownName } from "./names.ts";
import type { Expectation, Verdict } from "./test-case.ts";

const VERDICTS: readonly Verdict[] = ["allow", "deny", "answer", "not_routed"];
const REASONS = Object.keys(DENIALS) as readonly Reason[];

/** An expectation that checks nothing yet. */
const NO_EXPECTATION: Expectation = {
  verdict: undefined,
  reason: undefined,
  reported: undefined,
  status: undefined,
  challenge: undefined,
  headers: {},
  cleared: [],
  rule: undefined,
  route: undefined,
  issuer: undefined,
  stage: undefined,
  consumer: undefined,
  credential: undefined,
  groups: undefined,
};

/** Reads an expectation: a verdict, a reason, or a map. */
export function resolveExpectation(
  source: ExpectationSource | undefined,
  policy: CompiledPolicy,
  path: DocumentPath,
  findings: Finding[],
): Expectation {
  if (source === undefined) {
    const message = 'Say what is expected: write "expect" and allow, deny, or a reason such as token_missing.';
    findings.push({ code: "missing_key", path: path.slice(0, -1), message });
    return NO_EXPECTATION;
  }
  if (typeof source === "string") {
    return resolveWord(source, path, findings);
  }
  const { decision, reason, report, headers = {}, cleared = [], stage } = source;
  const expectation: Expectation = {
    verdict: decision ?? findVerdict(source),
    reason,
    reported: report,
    status: source.status,
    challenge: source.challenge === true ? undefined : source.challenge,
    headers: lowerCased(headers),
    cleared: cleared.map((name) => name.toLowerCase()),
    rule: source.rule,
    route: source.route,
    issuer: source.issuer,
    stage,
    consumer: source.consumer === true ? undefined : source.consumer,
    credential: source.credential === true ? undefined : source.credential,
    groups: source.groups,
  };
  findings.push(...checkExpectation(source, expectation, path), ...checkNames(expectation, policy, path));
  return expectation;
}

function resolveWord(word: string, path: DocumentPath, findings: Finding[]): Expectation {
  const verdict = VERDICTS.find((candidate) => candidate === word);
  if (verdict) {
    return { ...NO_EXPECTATION, verdict };
  }
  const reason = REASONS.find((candidate) => candidate === word);
  if (!reason) {
    findings.push({ code: "reason_unknown", path, message: describeUnknown(word) });
  }
  return { ...NO_EXPECTATION, verdict: "deny", reason };
}

/**
 * Finds the verdict of an expectation that names no verdict. Some parts of an expectation, such as a status, occur only
 * with one verdict.
 */
function findVerdict({ reason, status, challenge, stage, report, headers, groups }: ObjectSource): Verdict | undefined {
  if (reason !== undefined || status !== undefined || challenge !== undefined || stage !== undefined) {
    return "deny";
  }
  return report !== undefined || headers !== undefined || groups !== undefined ? "allow" : undefined;
}

type ObjectSource = Exclude<ExpectationSource, string>;

/**
 * Finds combinations that no outcome can have. A test with such a combination would always fail, and the reason would
 * be hard to see.
 */
function checkExpectation(
  source: ObjectSource,
  { verdict, reason, stage, status }: Expectation,
  path: DocumentPath,
): readonly Finding[] {
  const refuse = (key: string, message: string): Finding[] => [{ code: "test_invalid", path: [...path, key], message }];
  if (verdict !== "deny" && (reason !== undefined || status !== undefined || stage !== undefined)) {
    return refuse(
      "decision",
      `Only a refused request has a reason, a status and a stage: write "deny", or remove "decision".`,
    );
  }
  if (verdict !== "allow" && (source.report !== undefined || source.headers !== undefined)) {
    const key = source.report === undefined ? "headers" : "report";
    return refuse(key, `Only a request that passes has "${key}": leave "reason" and "status" out.`);
  }
  const stageOf: Stage | undefined = reason && DENIALS[reason].stage;
  return stage !== undefined && stageOf !== undefined && stage !== stageOf
    ? refuse("stage", `${reason} is a reason of the stage "${stageOf}".`)
    : [];
}

function checkNames({ rule, issuer }: Expectation, policy: CompiledPolicy, path: DocumentPath): readonly Finding[] {
  const rules = [...policy.rules.keys()];
  const issuers = listIssuers(policy).map(({ id }) => id);
  return [
    ...(rule === undefined || rules.includes(rule)
      ? []
      : [unknownName("rule_unknown", "The rule", rule, rules, [...path, "rule"])]),
    ...(issuer === undefined || issuers.includes(issuer)
      ? []
      : [unknownName("issuer_unknown", "The issuer", issuer, issuers, [...path, "issuer"])]),
  ];
}

/** Describes an unknown word. The word may be a public name. Clients see a public name in place of several reasons. */
function describeUnknown(word: string): string {
  const known = [...VERDICTS, ...REASONS];
  const reasons = REASONS.filter((reason) => publicReason(reason) === (word as PublicReason));
  const hint =
    reasons.length > 0
      ? ` Clients see this name instead of the exact reason. Write one of these reasons: ${reasons.join(", ")}.`
      : suggestByMeaning(word) || didYouMean(word, known) || " docs/reference/denials.md lists the reasons.";
  return `${quoteText(word)} is neither a decision nor a reason.${hint}`;
}

/**
 * Words that users often try first. Each word has the reason or decision that the user means. For these words, a
 * suggestion by similar spelling would be wrong.
 */
const MEANINGS: readonly (readonly [tried: RegExp, reason: string])[] = [
  [/^(?:role|group|condition|value)s?_/, "condition_unmet"],
  [/^(?:method_|path_|route_|rule_|not_found)/, "no_matching_rule"],
  [/^(?:mfa|two_factor|acr|amr|authentication)/, "authentication_insufficient"],
  [/^expired$/, "token_expired"],
  [/^(?:missing|no_token|unauthenticated)$/, "token_missing"],
  [/^(?:denied|forbidden|refused|reject(?:ed)?|unauthorized|4\d\d)$/, "deny"],
  [/^(?:allowed|pass(?:es|ed)?|ok|200)$/, "allow"],
];

function suggestByMeaning(word: string): string | undefined {
  const [, reason] = MEANINGS.find(([tried]) => tried.test(word)) ?? [];
  return reason && ` Did you mean ${quoteText(reason)}?`;
}

function lowerCased(headers: NonNullable<ObjectSource["headers"]>): Expectation["headers"] {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
