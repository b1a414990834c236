import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import type { CompiledPolicy, Requirements } from "../../plugin/core/model/policy.ts";
import type { DocumentPath } from "../../plugin/policy/language/finding.ts";
import { listSettled, type SettledRule } from "../../plugin/policy/requirements/list-settled.ts";
import type { PolicyDocument } from "../../schema/generated/policy-document.ts";
import { listAccess, listIssuerRequirements, listRequirements, type Requirement, replacing } from "./requirement.ts";

/**
 * `passes`: a test's request met the item and passed. `refuses`: a test's request was refused only because of the item.
 */
export type Direction = "passes" | "refuses";

/**
 * A part of the policy. Tests must show the effect of the part in one or two directions. If many rules inherit one part
 * of the document, this part is only one item.
 */
export interface CoverageItem {
  readonly label: string;
  readonly path: DocumentPath;
  /** The rule or the issuer that contains the item, for reports and filters. */
  readonly owner: { readonly rule: string } | { readonly issuer: string };
  readonly directions: readonly Direction[];
  /** The places where the item has an effect. There is one place for each rule or operation with the item. */
  readonly uses: readonly Use[];
}

/** One place in the policy where an item has an effect. */
export interface Use {
  /**
   * The requirements of the rule or operation. Undefined for an issuer's requirements, because they apply to every
   * rule.
   */
  readonly requirements: Requirements | undefined;
  /** The issuer whose tokens the item concerns; undefined if the item concerns every issuer. */
  readonly issuer: string | undefined;
  /** The index of the alternative that contains the item; undefined if the item concerns all alternatives. */
  readonly alternative: number | undefined;
  /** Judges a request by the policy without the item. Undefined if the item cannot refuse any request. */
  readonly without: Requirement["without"] | undefined;
}

const BOTH: readonly Direction[] = ["passes", "refuses"];

/** Lists all items of a policy. `policy` must be compiled from `document`. */
export function listItems(document: PolicyDocument, policy: CompiledPolicy): readonly CoverageItem[] {
  const items = new Map<string, CoverageItem>();
  const add = (item: CoverageItem): void => {
    const key = JSON.stringify([item.path, item.label]);
    const known = items.get(key);
    items.set(key, known ? { ...known, uses: [...known.uses, ...item.uses] } : item);
  };
  const indexes = new Map<string, number>();
  for (const settled of listSettled(document)) {
    const { rule, operation } = settled;
    const compiled = policy.rules.get(rule);
    const index = indexes.get(rule) ?? 0;
    indexes.set(rule, index + 1);
    const requirements = operation ? compiled?.operations?.values[index] : compiled?.requirements;
    for (const item of requirements ? listSettledItems(settled, requirements, policy) : []) {
      add(item);
    }
  }
  for (const item of listIssuerItems(policy)) {
    add(item);
  }
  return [...items.values()];
}

function listSettledItems(
  { rule, operation, own, settled }: SettledRule,
  requirements: Requirements,
  policy: CompiledPolicy,
): readonly CoverageItem[] {
  const owner = { rule };
  const name = operation ? `${rule}, ${operation.methods.join("/")} ${operation.path}` : rule;
  const whole = listRuleItems(name, requirements, own.path).map((item) => ({ ...item, owner }));
  if (requirements.access === "public") {
    return whole;
  }
  const parts = requirements.alternatives.flatMap((alternative, index) => {
    const pathOf = (key: string): DocumentPath => settled.alternatives[index]?.placeOf(key as never) ?? own.path;
    return listRequirements(alternative, { requirements, policy, pathOf }).map(({ label, path, without }) => ({
      label,
      path,
      owner,
      directions: BOTH,
      uses: [{ requirements, issuer: undefined, alternative: index, without }],
    }));
  });
  return [...whole, ...parts];
}

/** Lists the items of the rule or operation itself, and of each of its alternatives. */
function listRuleItems(
  name: string,
  requirements: Requirements,
  path: DocumentPath,
): readonly Omit<CoverageItem, "owner">[] {
  const use = { requirements, issuer: undefined, alternative: undefined };
  const access = listAccess(requirements, path);
  const whole: readonly Omit<CoverageItem, "owner">[] =
    access.length === 0
      ? [{ label: name, path, directions: ["passes"], uses: [{ ...use, without: undefined }] }]
      : access.map(({ label, path: place, without }) => ({
          label: `${name}: ${label}`,
          path: place,
          directions: BOTH,
          uses: [{ ...use, without }],
        }));
  const { alternatives } = requirements;
  if (alternatives.length < 2 || requirements.access === "public") {
    return whole;
  }
  const ways = alternatives.map((_, index) => ({
    label: `${name}: alternative ${index + 1}`,
    path: [...path, "any_of", index],
    directions: ["passes"] as const,
    uses: [
      {
        ...use,
        alternative: index,
        without: replacing(requirements, "alternatives", alternatives.toSpliced(index, 1)),
      },
    ],
  }));
  return [...whole, ...ways];
}

/** Lists the items of issuers. If no rule accepts an issuer, the issuer has no effect, so it has no items. */
function listIssuerItems(policy: CompiledPolicy): readonly CoverageItem[] {
  const rules = [...policy.rules.values()].flatMap(
    ({ requirements, operations }) => operations?.values ?? [requirements],
  );
  const judging = rules.filter(({ access }) => access !== "public");
  return listIssuers(policy)
    .filter(({ id }) => judging.some(({ accept }) => accept.has(id)))
    .flatMap((issuer) => {
      const overridden = judging.every(({ alternatives }) =>
        alternatives.every(({ accept, audiences }) => audiences !== undefined || !accept.has(issuer.id)),
      );
      return listIssuerRequirements(issuer)
        .filter(({ path }) => !overridden || path.at(-1) !== "audiences")
        .map(({ label, path, without }) => ({
          label: `issuer ${issuer.id}: ${label}`,
          path,
          owner: { issuer: issuer.id },
          directions: BOTH,
          uses: [{ requirements: undefined, issuer: issuer.id, alternative: undefined, without }],
        }));
    });
}
