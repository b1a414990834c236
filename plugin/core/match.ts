import type { Denial } from "./denial.ts";
import { hasDotSegment } from "./dot-segments.ts";
import { findOperation } from "./operation-tree.ts";
import type { CompiledPolicy, CompiledRule, Mode, Requirements } from "./policy.ts";
import { readPreflight } from "./preflight.ts";
import { type Binding, type RequestFacts, RULE_TAG_PREFIX } from "./request.ts";
import { splitPath } from "./request-path.ts";

export interface Match {
  readonly requirements: Requirements;
  /** Of the request's path; empty when the rule does not decide by it. */
  readonly segments: readonly string[];
  /** Whether no token is asked for: the rule is public, or lets this CORS preflight pass. */
  readonly isOpen: boolean;
}

/** A request that is refused before a token is looked for. */
export interface Mismatch {
  readonly denial: Denial;
  /** Of what the request is for; where that is not certain, the strictest of what it may be for. */
  readonly mode: Mode;
  /** Of the rule or operation that the request met; undefined where it met none. */
  readonly requirements?: Requirements;
}

// Connection options proper, or nothing. Anything else in `Connection` names a header, and Kong deletes it after all plugins ran.
// Letters of other alphabets are none of these, even where lower case makes them one (the Kelvin sign becomes k).
const CONNECTION_OPTION =
  /^[ \t]*(?:(?:close|keep-alive|upgrade|te|trailer|transfer-encoding|http2-settings|proxy-connection)[ \t]*)?$/i;

/** There are eight options. A list of thousands takes long to read, and no client sends one. */
const MAX_CONNECTION_OPTIONS = 64;

/**
 * Rejects a path that may leave the Kong Route, whatever the rule says: the upstream may read a path of another Route. Requests have no
 * fragment (RFC 9112 section 3.2), and readers disagree where a path with one ends.
 *
 * @returns undefined when the path is fine.
 */
export function checkPath(policy: CompiledPolicy, { requestLine }: RequestFacts): Mismatch | undefined {
  if (!requestLine) {
    // Report mode cannot report a decision that was not possible.
    return { denial: { reason: "path_ambiguous", detail: "the request line is malformed" }, mode: "enforce" };
  }
  const { target } = requestLine;
  const hasFragment = target.includes("#");
  if (!hasFragment && !hasDotSegment(target)) {
    return undefined;
  }
  const detail = hasFragment
    ? "a # in the request line"
    : "a dot segment in the path, or what some servers read as one";
  return { denial: { reason: "path_ambiguous", detail }, mode: strictestModeOfAll(policy) };
}

/**
 * Finds what the rule asks of the request, and refuses requests whose reading is not certain.
 *
 * @param isBare whether no source of tokens carries anything.
 */
export function matchRequest(rule: CompiledRule, facts: RequestFacts, isBare: boolean): Match | Mismatch {
  const match = matchOperation(rule, facts, isBare);
  const met =
    "denial" in match ? { mode: match.mode } : { mode: match.requirements.mode, requirements: match.requirements };
  if (facts.connection !== undefined && !hasOnlyConnectionOptions(facts.connection)) {
    return { denial: { reason: "connection_header_refused" }, ...met };
  }
  return "denial" in match || match.isOpen || match.requirements.allowsHttp || facts.transport !== "plain"
    ? match
    : { denial: { reason: "insecure_transport" }, ...met };
}

function matchOperation(rule: CompiledRule, facts: RequestFacts, isBare: boolean): Match | Mismatch {
  const preflight = readPreflight(facts, isBare);
  const found = (requirements: Requirements, segments: readonly string[], isPreflight: boolean): Match => {
    const isOpen = requirements.access === "public" || (isPreflight && requirements.passesPreflight);
    return { requirements, segments, isOpen };
  };
  if (!rule.operations) {
    return found(rule.requirements, [], preflight !== undefined);
  }
  const segments = facts.requestLine && splitPath(facts.requestLine.target);
  if (!facts.requestLine || !segments) {
    return { denial: { reason: "path_ambiguous" }, mode: strictestMode(rule.requirements, rule.operations.values) };
  }
  const own = findOperation(rule.operations, facts.requestLine.method, segments);
  if (own) {
    return found(own, segments, false);
  }
  // A preflight speaks for the request that will follow it.
  const asked = preflight === undefined ? undefined : findOperation(rule.operations, preflight, segments);
  if (asked?.passesPreflight) {
    return found(asked, segments, true);
  }
  const detail = `no operation of rule "${rule.id}" fits method and path`;
  return { denial: { reason: "no_matching_rule", detail }, mode: rule.requirements.mode };
}

/** The upstream may read the path as that of any operation: one that enforces must not be reached by another spelling. */
function strictestMode(rule: Requirements, operations: readonly Requirements[]): Mode {
  return [rule, ...operations].some(({ mode }) => mode === "enforce") ? "enforce" : "report";
}

/** The path may be that of any Kong Route. */
function strictestModeOfAll({ rules, unmatchedMode }: CompiledPolicy): Mode {
  const modes = [...rules.values()].map((rule) => strictestMode(rule.requirements, rule.operations?.values ?? []));
  return [unmatchedMode, ...modes].includes("enforce") ? "enforce" : "report";
}

/** The rule that the plugin's configuration names, else the one of the Route's name, else the one of its tag. */
export function findRule(policy: CompiledPolicy, binding: Binding): CompiledRule | Denial {
  if (binding.by === "rule") {
    return (
      policy.rules.get(binding.rule) ?? {
        reason: "policy_unavailable",
        detail: `policy "${policy.name}" has no rule "${binding.rule}", which the plugin's config names`,
      }
    );
  }
  const byName = binding.name === undefined ? undefined : policy.rules.get(binding.name);
  const tag = binding.tags.find((candidate) => candidate.startsWith(RULE_TAG_PREFIX));
  const byTag = tag === undefined ? undefined : policy.rules.get(tag.slice(RULE_TAG_PREFIX.length));
  return (
    byName ??
    byTag ?? {
      reason: "no_matching_rule",
      detail: `policy "${policy.name}" names no rule for Kong Route "${binding.name ?? ""}"`,
    }
  );
}

function hasOnlyConnectionOptions(connection: string): boolean {
  const options = connection.split(",", MAX_CONNECTION_OPTIONS + 1);
  return options.length <= MAX_CONNECTION_OPTIONS && options.every((option) => CONNECTION_OPTION.test(option));
}
