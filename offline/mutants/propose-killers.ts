import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { type DescribedOutcome, describeOutcome } from "../judge/describe-outcome.ts";
import type { Judge } from "../judge/judge.ts";
import { expectDifference, expectOutcome, type WrittenExpectation } from "../propose/expect-outcome.ts";
import { listProbes } from "../propose/list-probes.ts";
import type { Probe, ProbeWorld } from "../propose/probe.ts";
import { passes, readPasted } from "../propose/try-test.ts";
import { writeTest } from "../propose/write-test.ts";
import type { TestCase } from "../suite/test-case.ts";
import type { MutantResult } from "./run-mutants.ts";

/** A mutant that no test notices. */
export interface Survivor {
  readonly result: MutantResult;
  /**
   * The text of a test that passes with the policy and fails with the mutant. Undefined if the search found no such
   * test.
   */
  readonly paste: string | undefined;
  /** Whether the same test was already proposed for an earlier survivor. */
  readonly isRepeated: boolean;
}

const MAX_PROBES = 5_000;

/**
 * Proposes a test for each mutant that no test notices. Before a test is proposed, the test is run with both policies.
 */
export async function proposeKillers(
  results: readonly MutantResult[],
  policy: CompiledPolicy,
  judge: Judge,
  world: ProbeWorld,
): Promise<readonly Survivor[]> {
  const proposed = new Map<string, TestCase>();
  const survivors: Survivor[] = [];
  for (const result of results) {
    const { policy: mutated } = result;
    if (result.fate !== "survived" || !mutated) {
      continue;
    }
    const known = await findKiller(proposed, mutated, judge);
    const found = known === undefined ? await searchKiller(result, mutated, { policy, judge, world }) : undefined;
    if (found) {
      proposed.set(found.text, found.test);
    }
    survivors.push({ result, paste: known ?? found?.text, isRepeated: known !== undefined });
  }
  return survivors;
}

async function findKiller(
  proposed: ReadonlyMap<string, TestCase>,
  mutated: CompiledPolicy,
  judge: Judge,
): Promise<string | undefined> {
  for (const [text, test] of proposed) {
    if (!(await passes(test, mutated, judge))) {
      return text;
    }
  }
  return undefined;
}

interface Search {
  readonly policy: CompiledPolicy;
  readonly judge: Judge;
  readonly world: ProbeWorld;
}

/** A test that passes with the policy and fails with the mutant. */
interface Killer {
  readonly text: string;
  readonly test: TestCase;
}

async function searchKiller(
  { rules }: MutantResult,
  mutated: CompiledPolicy,
  { policy, judge, world }: Search,
): Promise<Killer | undefined> {
  let tried = 0;
  let weak: Killer | undefined;
  for await (const probe of listProbes([policy, mutated], rules, world)) {
    tried += 1;
    if (tried > MAX_PROBES) {
      break;
    }
    const [before, after] = [await describe(probe, policy, judge), await describe(probe, mutated, judge)];
    // If the mutant cannot judge the request, every test with the request fails with the mutant.
    const expect = before && (after ? expectDifference(before, after) : expectOutcome(before));
    if (expect === undefined) {
      continue;
    }
    const text = writeTest(probe, expect, policy);
    const test = readPasted(text, policy, world);
    if (test && (await passes(test, policy, judge)) && !(await passes(test, mutated, judge))) {
      if (!isWeak(expect)) {
        return { text, test };
      }
      weak ??= { text, test };
    }
  }
  return weak;
}

/**
 * If the upstream gets no value in a header, a test cannot show that the mapping of this header works. So a test with a
 * value is better.
 */
function isWeak(expect: WrittenExpectation): boolean {
  return typeof expect === "object" && "cleared" in expect;
}

async function describe(probe: Probe, policy: CompiledPolicy, judge: Judge): Promise<DescribedOutcome | undefined> {
  const judged = await judge.judge(probe, policy);
  return judged.ok ? describeOutcome(judged.value) : undefined;
}
