import type { Denial } from "./denial.ts";
import { findOperation } from "./operation-tree.ts";
import type { CompiledPolicy, CompiledRule, Requirements } from "./policy.ts";
import { type Binding, type RequestFacts, RULE_TAG_PREFIX } from "./request.ts";
import { splitPath } from "./request-path.ts";

export interface Match {
  readonly rule: string;
  readonly requirements: Requirements;
  /** Of the request's path; empty when the rule does not decide by it. */
  readonly segments: readonly string[];
}

// Connection options proper, or nothing. Anything else in `Connection` names a header, and Kong deletes it after all plugins ran.
// Letters of other alphabets are none of these, even where lower case makes them one (the Kelvin sign becomes k).
const CONNECTION_OPTION =
  /^[ \t]*(?:(?:close|keep-alive|upgrade|te|trailer|transfer-encoding|http2-settings|proxy-connection)[ \t]*)?$/i;

/** Finds the one rule that governs the request, and refuses requests whose reading is not certain. */
export function matchRule(policy: CompiledPolicy, facts: RequestFacts): Match | Denial {
  const rule = findRule(policy, facts.binding);
  if ("reason" in rule) {
    return rule;
  }
  if (facts.connection !== undefined && !hasOnlyConnectionOptions(facts.connection)) {
    return { reason: "connection_header_refused" };
  }
  if (!rule.operations) {
    return { rule: rule.id, requirements: rule.requirements, segments: [] };
  }
  const segments = facts.requestLine && splitPath(facts.requestLine.target);
  if (!facts.requestLine || !segments) {
    return { reason: "path_ambiguous" };
  }
  const requirements = findOperation(rule.operations, facts.requestLine.method, segments);
  return requirements
    ? { rule: rule.id, requirements, segments }
    : { reason: "no_matching_rule", detail: `no operation of rule "${rule.id}" fits method and path` };
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
  return connection.split(",").every((option) => CONNECTION_OPTION.test(option));
}
