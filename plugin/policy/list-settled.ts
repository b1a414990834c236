import type { PolicyDocument } from "../../schema/generated/policy-document.ts";
import type { DocumentPath } from "./issue.ts";
import { type PlacedSource, type SettledRequirements, settleRequirements } from "./settle-requirements.ts";

/** A rule, or one operation of a rule, with what holds for it. */
export interface SettledRule {
  readonly rule: string;
  /** Undefined for a rule without operations. */
  readonly operation: { readonly methods: readonly string[]; readonly path: string } | undefined;
  readonly path: DocumentPath;
  readonly settled: SettledRequirements;
}

/** All that requests can meet, in the order of the document: of a rule with operations only its operations. */
export function listSettled(document: PolicyDocument): readonly SettledRule[] {
  const defaults: PlacedSource = { source: document.defaults ?? {}, path: ["defaults"] };
  return Object.entries(document.routes).flatMap(([rule, source]): SettledRule[] => {
    const own: PlacedSource = { source, path: ["routes", rule] };
    const operations = source.operations?.map((operation, index) => ({
      rule,
      operation,
      path: [...own.path, "operations", index],
      settled: settleRequirements(
        [{ source: operation, path: [...own.path, "operations", index] }, own, defaults],
        document,
      ),
    }));
    return (
      operations ?? [
        { rule, operation: undefined, path: own.path, settled: settleRequirements([own, defaults], document) },
      ]
    );
  });
}
