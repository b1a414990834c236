import { type AccessChange, compareAccess } from "./cells/compare-access.ts";
import type { Difference } from "./cells/compare-cell.ts";
import type { Cell } from "./cells/list-cells.ts";
import { type Both, ofBoth, type PolicyVersion } from "./cells/policy-version.ts";
import { resolveCells } from "./cells/resolve-cell.ts";
import { writeIssuers } from "./cells/write-requirements.ts";
import type { Change } from "./change.ts";
import { compareEffects } from "./compare-effects.ts";
import { compareModes } from "./compare-modes.ts";
import { compareTrust } from "./compare-trust.ts";
import { describeDifference } from "./describe-difference.ts";

/**
 * Lists all changes between two versions of a policy.
 *
 * @param now seconds since the epoch, for the times of examples.
 */
export function listChanges(before: PolicyVersion, after: PolicyVersion, now: number): readonly Change[] {
  const versions = [before, after] as const;
  const issuers = ofBoth(versions, ({ policy }) => writeIssuers(policy));
  const rules = [...new Set([...before.policy.rules.keys(), ...after.policy.rules.keys()])].map((rule) => ({
    rule,
    cells: resolveCells(rule, versions),
  }));
  const access = rules.flatMap(({ cells }) => compareAccess(cells ?? [], versions, issuers[0] !== issuers[1], now));
  return [
    ...mergeRules(access.map((change) => toChange(change, versions, issuers))),
    ...rules.flatMap(({ rule, cells }) => (cells ? [] : [reportUnknown(rule)])),
    ...compareTrust(before.policy, after.policy),
    ...rules.flatMap(({ rule, cells }) => compareModes(rule, cells ?? [])),
    ...compareEffects(before.policy, after.policy),
  ];
}

function toChange(
  { example, cells, requirements }: AccessChange,
  versions: Both<PolicyVersion>,
  issuers: Both<string>,
): Change {
  const { cell, cause, direction, transport } = example;
  return {
    class: transport === "plain" ? "transport" : cause === "rule" ? "access" : "trust",
    direction,
    subject: cell.rule,
    summary: describeDifference(
      example,
      versions.map(({ policy }) => policy),
    ),
    cells,
    example,
    content: JSON.stringify([writeSender(example), ...(cause === "rule" ? requirements : issuers)]),
  };
}

/** Writes the kind of sender, without the example values that the search chose. */
function writeSender({ sender, transport, lacks }: Difference): readonly unknown[] {
  return sender.sends === "token"
    ? [sender.sends, sender.isKnownToKong, sender.token.claims.iss, transport, lacks]
    : [sender, transport];
}

/** Reports a change of an issuer once. The report has the cells of all rules that the change affects. */
function mergeRules(changes: readonly Change[]): readonly Change[] {
  const merged = new Map<string, Change>();
  for (const change of changes) {
    const key = change.class === "trust" ? `${change.direction} ${change.content}` : `${merged.size}`;
    const known = merged.get(key);
    merged.set(key, known ? { ...known, cells: [...known.cells, ...change.cells] } : change);
  }
  return [...merged.values()].map((change) =>
    change.class === "trust" ? { ...change, subject: nameRules(change.cells) } : change,
  );
}

function nameRules(cells: readonly Cell[]): string {
  const rules = [...new Set(cells.map(({ rule }) => rule))];
  return rules.length > 3 ? `${rules.slice(0, 3).join(", ")} and ${rules.length - 3} more rules` : rules.join(", ");
}

function reportUnknown(rule: string): Change {
  return {
    class: "access",
    direction: "unknown",
    subject: rule,
    summary: "The rule has too many paths to compare. Requests that were refused before may now pass.",
    cells: [],
    content: "too many paths",
  };
}
