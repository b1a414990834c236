import { expect } from "vitest";
import type { PolicyVersion } from "../../../offline/compare/cells/policy-version.ts";
import { isLooser } from "../../../offline/compare/change.ts";
import { listChanges } from "../../../offline/compare/list-changes.ts";
import { Replayer } from "../../../offline/compare/replay.ts";
import type { Decision } from "../../../plugin/core/model/decision.ts";
import { validateDocument } from "../../../plugin/policy/read/validate-document.ts";
import { readPolicy } from "../../../plugin/policy/read-policy.ts";
import { NOW } from "../../core/fixtures.ts";
import { findLooserRules } from "./brute-force.ts";
import { createRandom, editDocument, randomDocument } from "./random-policies.ts";

function load(data: unknown): PolicyVersion | undefined {
  const compiled = readPolicy(JSON.stringify(data), "0".repeat(64));
  const valid = validateDocument(structuredClone(data));
  return compiled.ok && valid.ok ? { document: valid.value, policy: compiled.value } : undefined;
}

interface Pair {
  readonly document: unknown;
  readonly edited: unknown;
  readonly before: PolicyVersion;
  readonly after: PolicyVersion;
}

/** Pairs of valid policies. The two policies of a pair differ in one edit. */
function* makePairs(seed: number, count: number): Generator<Pair> {
  const random = createRandom(seed);
  for (let made = 0; made < count; ) {
    const document = randomDocument(random);
    const edited = editDocument(document, random);
    const [before, after] = [load(document), load(edited)];
    if (before && after) {
      made += 1;
      yield { document, edited, before, after };
    }
  }
}

export interface PairCounts {
  readonly pairs: number;
  /** Rules that became looser. */
  readonly looser: number;
  /** Searches that ended without an answer. Such changes count as looser. */
  readonly unknown: number;
  /** Examples that were replayed. */
  readonly examples: number;
}

/** Compares random pairs of policies, and checks each result against every request of a small world. Fails at the first mistake. */
export async function checkPairs(seed: number, count: number): Promise<PairCounts> {
  const replayer = new Replayer(NOW);
  const counts = { pairs: 0, looser: 0, unknown: 0, examples: 0 };
  for (const { document, edited, before, after } of makePairs(seed, count)) {
    const changes = listChanges(before, after, NOW).filter(({ class: kind }) => kind !== "mode");
    const found = new Set(changes.filter(isLooser).flatMap(({ cells }) => cells.map(({ rule }) => rule)));
    const looser = findLooserRules(before.policy, after.policy);
    const missed = [...looser].filter((rule) => !found.has(rule));
    expect(missed, JSON.stringify({ document, edited })).toEqual([]);
    for (const { example } of changes) {
      if (example && example.direction !== "unknown") {
        const replay = await replayer.replay(example, before.policy, after.policy);
        const isLooserExample = example.direction === "looser";
        expect([passes(replay.before), passes(replay.after)], JSON.stringify({ example, document, edited })).toEqual([
          !isLooserExample,
          isLooserExample,
        ]);
        counts.examples += 1;
      }
    }
    counts.pairs += 1;
    counts.looser += looser.size;
    counts.unknown += changes.filter(({ direction }) => direction === "unknown").length;
  }
  return counts;
}

/** Report mode lets denied requests pass, but the policy would refuse them. */
function passes(decision: Decision): boolean {
  return decision.verdict === "allow" && decision.reported === undefined;
}
