import { type Denial, deny } from "../model/denial.ts";
import type { CompiledPolicy, CompiledRule, Mode, Requirements } from "../model/policy.ts";
import { type Binding, type RequestFacts, RULE_TAG_PREFIX } from "../model/request.ts";
import { fail, PASSED, type Result, succeed } from "../model/result.ts";
import { hasDotSegment } from "./dot-segments.ts";
import { findOperation } from "./operation-tree.ts";
import { readPreflight } from "./preflight.ts";
import { splitPath } from "./request-path.ts";

export interface Match {
  readonly requirements: Requirements;
  /** Segments of the request's path; empty when the rule does not decide by path. */
  readonly segments: readonly string[];
  /** Whether no token is needed: the rule is public, or lets this CORS preflight pass. */
  readonly isOpen: boolean;
}

/** A request that is denied before the plugin looks for a token. */
export interface Mismatch {
  readonly denial: Denial;
  /** The mode of the matched rule or operation. If the match is uncertain, the strictest mode of all that may match. */
  readonly mode: Mode;
  /** Requirements of the matched rule or operation; undefined if none matched. */
  readonly requirements?: Requirements;
}

// Matches a real connection option, or an empty text. Other texts in `Connection` name a header, which Kong deletes after all plugins ran.
// Letters of other alphabets never match, even if their lower case is an ASCII letter (the Kelvin sign becomes k).
const CONNECTION_OPTION =
  /^[ \t]*(?:(?:close|keep-alive|upgrade|te|trailer|transfer-encoding|http2-settings|proxy-connection)[ \t]*)?$/i;

/** Only eight options exist, so no client needs more options or a longer text than this. Reading thousands of them would take long. */
const MAX_CONNECTION_OPTIONS = 64;
const MAX_CONNECTION_LENGTH = 1_024;

/**
 * Rejects a path that may leave the Kong Route, whatever the rule says, because the upstream may read it as a path of another Route.
 * A `#` is rejected too. Requests have no fragment (RFC 9112 section 3.2), and servers disagree on where a path with one ends.
 */
export function checkPath(policy: CompiledPolicy, { requestLine }: RequestFacts): Result<undefined, Mismatch> {
  if (!requestLine) {
    // Report mode still rejects a request when no decision was possible.
    return fail({ denial: { reason: "path_ambiguous", detail: "the request line is malformed" }, mode: "enforce" });
  }
  const { target } = requestLine;
  const hasFragment = target.includes("#");
  if (!hasFragment && !hasDotSegment(target)) {
    return PASSED;
  }
  const detail = hasFragment
    ? "a # in the request line"
    : "a dot segment in the path, or what some servers read as one";
  return fail({ denial: { reason: "path_ambiguous", detail }, mode: strictestModeOfAll(policy) });
}

/**
 * Finds the requirements for the request. Rejects ambiguous requests, and clear-text requests unless the rule allows them.
 *
 * @param isBare whether the request has no credentials in any token source.
 */
export function matchRequest(rule: CompiledRule, facts: RequestFacts, isBare: boolean): Result<Match, Mismatch> {
  const match = matchOperation(rule, facts, isBare);
  if (facts.connection !== undefined && !hasOnlyConnectionOptions(facts.connection)) {
    return mismatch({ reason: "connection_header_refused" }, match);
  }
  return !match.ok || match.value.isOpen || match.value.requirements.allowsHttp || facts.transport !== "plain"
    ? match
    : mismatch({ reason: "insecure_transport" }, match);
}

/** Denies a request because of the way it came, in the mode of the rule or operation that it matched. */
function mismatch(denial: Denial, match: Result<Match, Mismatch>): Result<never, Mismatch> {
  if (!match.ok) {
    return fail({ denial, mode: match.failure.mode });
  }
  const { requirements } = match.value;
  return fail({ denial, mode: requirements.mode, requirements });
}

function matchOperation(rule: CompiledRule, facts: RequestFacts, isBare: boolean): Result<Match, Mismatch> {
  const preflight = readPreflight(facts, isBare);
  const found = (
    requirements: Requirements,
    segments: readonly string[],
    isPreflight: boolean,
  ): Result<Match, never> => {
    const isOpen = requirements.access === "public" || (isPreflight && requirements.passesPreflight);
    return succeed({ requirements, segments, isOpen });
  };
  if (!rule.operations) {
    return found(rule.requirements, [], preflight !== undefined);
  }
  const segments = facts.requestLine && splitPath(facts.requestLine.target);
  if (!facts.requestLine || !segments) {
    const mode = strictestMode(rule.requirements, rule.operations.values);
    return fail({ denial: { reason: "path_ambiguous" }, mode });
  }
  const own = findOperation(rule.operations, facts.requestLine.method, segments);
  if (own) {
    return found(own, segments, false);
  }
  // A preflight is matched as the request that it announces.
  const asked = preflight === undefined ? undefined : findOperation(rule.operations, preflight, segments);
  if (asked?.passesPreflight) {
    return found(asked, segments, true);
  }
  const detail = `no operation of rule "${rule.id}" fits method and path`;
  return fail({ denial: { reason: "no_matching_rule", detail }, mode: rule.requirements.mode });
}

/** The upstream may read the path as that of any operation. An operation that enforces must not be reachable by another spelling. */
function strictestMode(rule: Requirements, operations: readonly Requirements[]): Mode {
  return [rule, ...operations].some(({ mode }) => mode === "enforce") ? "enforce" : "report";
}

/** Covers all rules, because the path may lead to any Kong Route. */
function strictestModeOfAll({ rules, unmatchedMode }: CompiledPolicy): Mode {
  const modes = [...rules.values()].map((rule) => strictestMode(rule.requirements, rule.operations?.values ?? []));
  return [unmatchedMode, ...modes].includes("enforce") ? "enforce" : "report";
}

/** The rule that the configuration names. If it names no rule, the rule with the Route's name, or else the rule in the Route's tag. */
export function findRule(policy: CompiledPolicy, binding: Binding): Result<CompiledRule, Denial> {
  if (binding.by === "rule") {
    const named = policy.rules.get(binding.rule);
    return named
      ? succeed(named)
      : deny({
          reason: "policy_unavailable",
          detail: `policy "${policy.name}" has no rule "${binding.rule}", which the plugin's config names`,
        });
  }
  const byName = binding.name === undefined ? undefined : policy.rules.get(binding.name);
  const tag = binding.tags.find((candidate) => candidate.startsWith(RULE_TAG_PREFIX));
  const byTag = tag === undefined ? undefined : policy.rules.get(tag.slice(RULE_TAG_PREFIX.length));
  const rule = byName ?? byTag;
  return rule
    ? succeed(rule)
    : deny({
        reason: "no_matching_rule",
        detail: `policy "${policy.name}" names no rule for Kong Route "${binding.name ?? ""}"`,
      });
}

function hasOnlyConnectionOptions(connection: string): boolean {
  if (connection.length > MAX_CONNECTION_LENGTH) {
    return false;
  }
  const options = connection.split(",", MAX_CONNECTION_OPTIONS + 1);
  return options.length <= MAX_CONNECTION_OPTIONS && options.every((option) => CONNECTION_OPTION.test(option));
}
