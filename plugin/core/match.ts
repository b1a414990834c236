import type { Denial } from "./denial.ts";
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
}

// Connection options proper, or nothing. Anything else in `Connection` names a header, and Kong deletes it after all plugins ran.
// Letters of other alphabets are none of these, even where lower case makes them one (the Kelvin sign becomes k).
const CONNECTION_OPTION =
  /^[ \t]*(?:(?:close|keep-alive|upgrade|te|trailer|transfer-encoding|http2-settings|proxy-connection)[ \t]*)?$/i;

/** There are eight options. A list of thousands takes long to read, and no client sends one. */
const MAX_CONNECTION_OPTIONS = 64;

/**
 * Finds what the rule asks of the request, and refuses requests whose reading is not certain.
 *
 * @param isBare whether no source of tokens carries anything.
 */
export function matchRequest(rule: CompiledRule, facts: RequestFacts, isBare: boolean): Match | Mismatch {
  const match = matchOperation(rule, facts, isBare);
  const mode = "denial" in match ? match.mode : match.requirements.mode;
  if (facts.connection !== undefined && !hasOnlyConnectionOptions(facts.connection)) {
    return { denial: { reason: "connection_header_refused" }, mode };
  }
  return "denial" in match || match.isOpen || match.requirements.allowsHttp || facts.transport !== "plain"
    ? match
    : { denial: { reason: "insecure_transport" }, mode };
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
