import type { PolicyDocument } from "../../../schema/generated/policy-document.ts";
import { type PlacedSource, type SettledRequirements, settleRequirements } from "./settle-requirements.ts";

/** A rule, or one operation of a rule, with its requirements. The requirements include all defaults. */
export interface SettledRule {
  readonly rule: string;
  /** The operation; undefined for a rule without operations. */
  readonly operation: { readonly methods: readonly string[]; readonly path: string } | undefined;
  readonly own: PlacedSource;
  /** The sources of inherited values, nearest first. */
  readonly inherited: readonly PlacedSource[];
  readonly settled: SettledRequirements;
}

/**
 * All rules and operations that a request can match, in the order of the document. For a rule with operations, the list has only
 * the operations.
 */
export function listSettled(document: PolicyDocument): readonly SettledRule[] {
  const defaults: PlacedSource = { source: document.defaults ?? {}, path: ["defaults"] };
  const settle = (
    rule: string,
    operation: SettledRule["operation"],
    [own, ...inherited]: readonly [PlacedSource, ...PlacedSource[]],
  ): SettledRule => ({
    rule,
    operation,
    own,
    inherited,
    settled: settleRequirements([own, ...inherited], document),
  });
  return Object.entries(document.routes).flatMap(([rule, source]): SettledRule[] => {
    const placed: PlacedSource = { source, path: ["routes", rule] };
    const operations = source.operations?.map((operation, index) => {
      const own: PlacedSource = { source: operation, path: [...placed.path, "operations", index] };
      return settle(rule, operation, [own, placed, defaults]);
    });
    return operations ?? [settle(rule, undefined, [placed, defaults])];
  });
}
