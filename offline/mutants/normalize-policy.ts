import { isDeepStrictEqual } from "node:util";
import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type { CompiledPolicy, CompiledRule, Requirements } from "../../plugin/core/model/policy.ts";
import { listOperations } from "../../plugin/policy/satisfy/list-operations.ts";

/**
 * The parts of a compiled policy on which decisions depend. If all these parts of two policies are equal, the two
 * policies make the same decisions.
 */
export interface DecidingParts {
  /** The parts of each rule, by rule id. */
  readonly rules: ReadonlyMap<string, unknown>;
  /** The parts outside of rules. */
  readonly common: unknown;
}

const normalized = new WeakMap<CompiledRule, unknown>();

/**
 * Lists the parts of a policy on which decisions depend. The list omits the requirements of public rules. The function
 * also omits the sources of keys, and issuers that no rule accepts.
 */
export function listDecidingParts(policy: CompiledPolicy): DecidingParts {
  const { hash, rules, issuers, issuerTemplates, needsTransport, readHeaders, decidingFacts, ...others } = policy;
  const accepted = new Set([...rules.values()].flatMap(listJudging).flatMap(({ accept }) => [...accept]));
  const used = listIssuers(policy)
    .filter(({ id }) => accepted.has(id))
    .map((issuer) => ({ ...issuer, keys: undefined, keyRefresh: undefined }));
  return {
    rules: new Map([...rules].map(([id, rule]) => [id, normalizeOnce(rule)])),
    common: { ...others, used },
  };
}

/** The ids of the rules whose parts differ. `all` if parts outside of rules differ. */
export function findChanged(one: DecidingParts, other: DecidingParts): readonly string[] | "all" {
  if (!isDeepStrictEqual(one.common, other.common)) {
    return "all";
  }
  const ids = new Set([...one.rules.keys(), ...other.rules.keys()]);
  return [...ids].filter((id) => !isDeepStrictEqual(one.rules.get(id), other.rules.get(id)));
}

function listJudging({ requirements, operations }: CompiledRule): readonly Requirements[] {
  return (operations?.values ?? [requirements]).filter(({ access }) => access !== "public");
}

/**
 * Caches the parts of a rule. Mutants share most rules, so most parts are the same object, and comparing them takes no
 * time.
 */
function normalizeOnce(rule: CompiledRule): unknown {
  const parts = normalized.get(rule) ?? normalizeRule(rule);
  normalized.set(rule, parts);
  return parts;
}

function normalizeRule(rule: CompiledRule): unknown {
  const { requirements, operations } = rule;
  return operations
    ? {
        mode: requirements.mode,
        operations: listOperations(rule).map((operation) => ({
          ...operation,
          requirements: normalizeRequirements(operation.requirements),
        })),
      }
    : normalizeRequirements(requirements);
}

function normalizeRequirements(requirements: Requirements): unknown {
  const { access, mode, alternatives, ...others } = requirements;
  // A rule with two equal alternatives lets the same requests pass as a rule with one of them. So the second
  // alternative is omitted.
  const distinct = alternatives.filter(
    (one, index) => !alternatives.slice(0, index).some((other) => isDeepStrictEqual(one, other)),
  );
  return access === "public" ? { access, mode } : { access, mode, ...others, alternatives: distinct };
}
