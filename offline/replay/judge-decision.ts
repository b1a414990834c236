import type { Reason } from "../../plugin/core/model/denial.ts";
import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type { CompiledIssuer, CompiledPolicy, Mode, Requirements } from "../../plugin/core/model/policy.ts";
import { type Binding, RULE_TAG_PREFIX } from "../../plugin/core/model/request.ts";
import { findRule } from "../../plugin/core/request/match-rule.ts";
import type { Both, PolicyVersion } from "../compare/cells/policy-version.ts";
import { type CellRequirements, resolveFor } from "../compare/cells/resolve-cell.ts";
import { writeRequirements } from "../compare/cells/write-requirements.ts";
import { createFormula, type Formula, type Requirement } from "../compare/search/formula.ts";
import type { TokenFrame } from "../compare/search/token-space.ts";
import { rememberTexts, write } from "../compare/search/write-value.ts";
import { type Facts, readLoggedClaims } from "../explain/logged-claims.ts";
import type { DecisionLine } from "../logs/read-recorded-line.ts";
import { ALLOW, denyIn, type UnknownWhy, unknown, type Verdict } from "./verdict.ts";

/** Reasons that do not depend on the policy's text. */
const ALWAYS_SAME: ReadonlySet<Reason> = new Set<Reason>([
  "connection_header_refused",
  "deadline_exceeded",
  "internal_error",
  "overloaded",
  "token_refused",
  "too_many_headers",
]);

/** Reasons that depend on the token's issuer and not on the rule. */
const OF_ISSUER: ReadonlySet<Reason> = new Set<Reason>([
  "token_expired",
  "token_not_yet_valid",
  "token_too_old",
  "token_type_mismatch",
]);

/** What one version of a policy requires of the request in a log line, and the mode that applies to this request. */
interface Place {
  readonly policy: CompiledPolicy;
  readonly requirements: CellRequirements;
  /** The mode of the rule or operation. */
  readonly mode: Mode;
  /** Whether this policy version lacks the rule. */
  readonly isGone: boolean;
}

/**
 * Judges the request of a line of the decision log by both policy versions. One of the versions must have made the
 * logged decision. Of the other version, the code uses only two facts about the token: the requirements that the token
 * met, and the values of its claims.
 */
export function judgeDecisionLine(line: DecisionLine, versions: Both<PolicyVersion>): Both<Verdict> {
  const side = versions.findIndex(({ policy }) => policy.hash === line.policyVersion);
  const [recorded, other] = side === 1 ? versions.toReversed() : versions;
  if (side === -1 || !recorded || !other) {
    return [unknown("other_version"), unknown("other_version")];
  }
  const was: Verdict =
    line.outcome === "allow" ? ALLOW : { is: "deny", reason: line.reason, isReported: line.outcome === "would_deny" };
  const is = recorded.policy.hash === other.policy.hash ? was : judgeOther(line, was, [recorded, other]);
  return side === 1 ? [is, was] : [was, is];
}

function judgeOther(line: DecisionLine, was: Verdict, versions: Both<PolicyVersion>): Verdict {
  const [known, found] = [findPlace(line, versions[0].policy), findPlace(line, versions[1].policy)];
  if (typeof known === "string" || typeof found === "string") {
    return unknown(typeof found === "string" ? found : (known as UnknownWhy));
  }
  return judgeSame(line, was, versions, [known, found]) ?? judgeDifferent(line, was, versions, [known, found]);
}

/**
 * Returns a verdict if the rule is gone, or if both versions decide about the request in the same way. If neither is
 * true, the result is undefined.
 */
function judgeSame(
  { reason }: DecisionLine,
  was: Verdict,
  [before, after]: Both<PolicyVersion>,
  [known, found]: Both<Place>,
): Verdict | undefined {
  if (found.isGone) {
    // The rule is named by the plugin's configuration or by the Route, and the reason depends on which of the two names
    // it. So the reason is unknown.
    return denyIn("enforce", undefined);
  }
  if (reason !== undefined && ALWAYS_SAME.has(reason)) {
    return denyIn(found.mode, reason);
  }
  const isSame = writeFrame(before) === writeFrame(after);
  if (isSame && writeRequirements(known.requirements) === writeRequirements(found.requirements)) {
    return was.is === "deny" ? denyIn(found.mode, was.reason) : was;
  }
  return undefined;
}

function judgeDifferent(
  line: DecisionLine,
  was: Verdict,
  versions: Both<PolicyVersion>,
  [known, found]: Both<Place>,
): Verdict {
  if (line.method === "OPTIONS") {
    return unknown("preflight");
  }
  if (was.is === "deny" && was.reason === undefined) {
    return unknown("reason_not_logged");
  }
  const { requirements } = found.requirements;
  if (!requirements) {
    return line.reason === "path_ambiguous" ? unknown("path_hidden") : denyIn(found.mode, "no_matching_rule");
  }
  return judgeBeforeToken(line, known, requirements) ?? judgeToken(line, versions, known, found);
}

// These texts depend only on the policies. The code caches these texts, because a log may have millions of lines, and a
// policy may have thousands of rules.

/** Writes the parts of a policy, without its rules, on which a decision about a token depends. */
const writeFrame = rememberTexts(({ document }: PolicyVersion) =>
  write({ ...document, routes: {}, name: "", answers: undefined, protected_resource: undefined }),
);
const writeSources = rememberTexts(({ document }: PolicyVersion) => write(document.token));
const writeIssuers = rememberTexts(({ document }: PolicyVersion) => write(document.issuers));
const writeEffects = rememberTexts(({ document }: PolicyVersion) =>
  write([document.identity, document.header_mappings]),
);
const writeKeys = rememberTexts(({ keys, algorithms }: CompiledIssuer) => write([keys, algorithms]));
const writeAccepted = rememberTexts(({ accept }: Requirements) => write(accept));
const writeAudiences = rememberTexts(({ accept, alternatives }: Requirements) =>
  write([accept, alternatives.map(({ audiences }) => audiences)]),
);

function findPlace(line: DecisionLine, policy: CompiledPolicy): Place | UnknownWhy {
  const binding = bindingOf(line);
  const rule = binding && findRule(policy, binding);
  if (!rule?.ok) {
    return describeGone(binding, policy);
  }
  const { operations, requirements: own } = rule.value;
  const missing = operations ? findMissing(line) : undefined;
  if (missing !== undefined) {
    return missing;
  }
  const place = { method: line.method ?? "GET", path: operations ? (line.path ?? "/") : "/" };
  const requirements = resolveFor(policy, binding as Binding, place);
  return { policy, requirements, mode: (requirements.requirements ?? own).mode, isGone: false };
}

/**
 * Describes a policy version without the rule. A version without the rule refuses every request. The only exception is
 * report mode.
 */
function describeGone(binding: Binding | undefined, policy: CompiledPolicy): Place | UnknownWhy {
  if (!binding || policy.unmatchedMode === "report") {
    return "rule_not_logged";
  }
  const requirements = { requirements: undefined, segments: [], passesPreflight: false };
  return binding.by === "rule" ? { policy, mode: "enforce", requirements, isGone: true } : "tags_not_logged";
}

/** Finds a fact that the log line lacks, but that is needed to choose an operation. */
function findMissing({ path, method }: DecisionLine): UnknownWhy | undefined {
  if (path === undefined) {
    return "path_not_logged";
  }
  if (method === undefined) {
    return "method_not_logged";
  }
  return /\.\.\.|^"/.test(path) ? "path_hidden" : undefined;
}

/** If a Route uses a rule with another name, a tag of the Route names the rule. */
function bindingOf({ route, rule }: DecisionLine): Binding | undefined {
  if (route !== undefined) {
    return {
      by: "route",
      name: route,
      tags: rule === undefined || rule === route ? [] : [`${RULE_TAG_PREFIX}${rule}`],
    };
  }
  return rule === undefined ? undefined : { by: "rule", rule };
}

/**
 * Judges a request that is decided before the token is read. Returns undefined if the decision depends on the token.
 */
function judgeBeforeToken(line: DecisionLine, known: Place, requirements: Requirements): Verdict | undefined {
  const { mode } = requirements;
  if (line.reason === "path_ambiguous") {
    return unknown("path_hidden");
  }
  if (requirements.access === "public") {
    return ALLOW;
  }
  const before = known.requirements.requirements;
  const isPlain = line.transport === "plain" || line.reason === "insecure_transport";
  if (!requirements.allowsHttp && isPlain) {
    return denyIn(mode, "insecure_transport");
  }
  const mayBePlain =
    line.transport === undefined && (before === undefined || before.allowsHttp || before.access === "public");
  if (!requirements.allowsHttp && mayBePlain) {
    return unknown("transport_not_logged");
  }
  if (requirements.otherAuthentication !== "ignore" || before?.otherAuthentication !== "ignore") {
    return unknown(before ? "other_authentication" : "token_not_judged");
  }
  return before.access === "public" || line.stage === "match" ? unknown("token_not_judged") : undefined;
}

function judgeToken(line: DecisionLine, versions: Both<PolicyVersion>, known: Place, found: Place): Verdict {
  const requirements = found.requirements.requirements as Requirements;
  const { mode } = requirements;
  const [before, after] = versions;
  if (writeSources(before) !== writeSources(after)) {
    return unknown("token_sources_changed");
  }
  if (line.reason === "token_missing") {
    return requirements.access === "optional" ? ALLOW : denyIn(mode, "token_missing");
  }
  return judgeIssuer(line, versions, known, requirements) ?? judgeVerified(line, versions, known, found);
}

/**
 * Judges a request whose token was refused before the rule was checked. Returns undefined if the token was valid for
 * its issuer.
 */
function judgeIssuer(
  line: DecisionLine,
  [before, after]: Both<PolicyVersion>,
  known: Place,
  requirements: Requirements,
): Verdict | undefined {
  const { mode } = requirements;
  const { reason, stage } = line;
  const was = known.requirements.requirements;
  if (stage === "extract" || stage === "decode") {
    return denyIn(mode, reason);
  }
  const isSame = writeIssuers(before) === writeIssuers(after);
  if (stage === "key" || stage === "verify") {
    const isTrusted =
      isSame &&
      was !== undefined &&
      writeAccepted(was) === writeAccepted(requirements) &&
      reason !== "keys_unavailable";
    return isTrusted ? denyIn(mode, reason) : unknown("issuer_changed");
  }
  if (!isSame || reason === undefined || !OF_ISSUER.has(reason)) {
    return undefined;
  }
  // The stage that gave the reason also checks the audience. So if the versions accept different audiences, the reason may
  // be different.
  const hasSameAudience = was !== undefined && writeAudiences(was) === writeAudiences(requirements);
  return denyIn(mode, hasSameAudience ? reason : undefined);
}

function judgeVerified(line: DecisionLine, versions: Both<PolicyVersion>, known: Place, found: Place): Verdict {
  return line.issuer === undefined ? unknown("issuer_not_logged") : judgeClaims(line, versions, known, found);
}

function judgeClaims(line: DecisionLine, versions: Both<PolicyVersion>, known: Place, found: Place): Verdict {
  const [old, current] = [known, found].map(({ policy }) => listIssuers(policy).find(({ id }) => id === line.issuer));
  const { mode, accept } = found.requirements.requirements as Requirements;
  if (!old || !current || old.issuer !== current.issuer || writeKeys(old) !== writeKeys(current)) {
    return unknown("issuer_changed");
  }
  if (old.template || old.tenantOf !== undefined) {
    return unknown("tenant_not_logged");
  }
  if (!accept.has(current.id)) {
    return denyIn(mode, "issuer_untrusted");
  }
  const [alg = ""] = current.algorithms;
  const frame = { iss: current.issuer, alg, now: line.nowSeconds };
  const formulaOf = (issuer: typeof current, { requirements: { requirements, segments } }: Place): Formula =>
    createFormula({ ...issuer, otherEntries: [] }, requirements, frame, { segments, headers: new Map() });
  const facts = collectFacts(line, formulaOf(old, known), frame);
  const verdict = judgeFormula(formulaOf(current, found), facts, mode);
  const [before, after] = versions.map(writeEffects);
  const isPropagation = line.stage === "propagate" || before !== after;
  return verdict.is === "allow" && isPropagation ? unknown("effects_changed") : verdict;
}

/** Collects the requirements that the token meets or misses, from the logged decision and the logged claims. */
function collectFacts(line: DecisionLine, formula: Formula, frame: TokenFrame): Facts {
  const [first = [], ...others] = formula;
  const isMet = line.outcome === "allow" || line.stage === "propagate";
  const met = new Set(
    isMet ? first.map(keyOf).filter((key) => others.every((way) => way.some((one) => keyOf(one) === key))) : [],
  );
  const suspects =
    line.reason === undefined || isMet || others.length > 0
      ? []
      : first.filter(({ reasons }) => reasons.includes(line.reason as Reason));
  const missed =
    suspects.length === 1 && line.reason === "scope_insufficient" ? keyOf(suspects[0] as Requirement) : undefined;
  const ofClaims = readLoggedClaims(line.claims, frame);
  return (requirement) => {
    const key = keyOf(requirement);
    if (met.has(key)) {
      return true;
    }
    return key === missed ? false : ofClaims(requirement);
  };
}

function keyOf({ reads, text }: Requirement): string {
  return `${reads.join(" ")} ${text}`;
}

function judgeFormula(formula: Formula, facts: Facts, mode: Mode): Verdict {
  const ways = formula.map((way) => way.map((requirement) => ({ requirement, isMet: facts(requirement) })));
  if (ways.some((way) => way.every(({ isMet }) => isMet === true))) {
    return ALLOW;
  }
  if (!ways.every((way) => way.some(({ isMet }) => isMet === false))) {
    const open = ways.flat().filter(({ isMet }) => isMet === undefined);
    return unknown(
      open.some(({ requirement }) => requirement.text.includes("equals_header"))
        ? "header_not_logged"
        : "claims_not_logged",
    );
  }
  const [only = [], ...others] = ways;
  const failing = only.filter(({ isMet }) => isMet !== true);
  const [first] = failing;
  const isCertain = others.length === 0 && failing.length === 1 && first !== undefined;
  const [reason, ...otherReasons] = isCertain ? first.requirement.reasons : [];
  return denyIn(mode, otherReasons.length === 0 ? reason : undefined);
}
