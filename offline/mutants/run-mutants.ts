import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { readDocument, type SourceDocument } from "../../plugin/policy/read/read-document.ts";
import type { Judge } from "../judge/judge.ts";
import type { ProbeWorld } from "../propose/probe.ts";
import { passes } from "../propose/try-test.ts";
import type { TestCase, TestSuite } from "../suite/test-case.ts";
import { compileMutant } from "./compile-mutant.ts";
import { listMutants } from "./list-mutants.ts";
import type { Mutant, MutationWorld } from "./mutant.ts";
import { type DecidingParts, findChanged, listDecidingParts } from "./normalize-policy.ts";

/**
 * `invalid`: the changed policy does not compile. `equivalent`: every decision of the changed policy is the same as
 * before.
 */
type Fate = "killed" | "survived" | "equivalent" | "invalid";

export interface MutantResult {
  readonly mutant: Mutant;
  readonly fate: Fate;
  /** The changed policy; undefined if the mutant did not survive. */
  readonly policy: CompiledPolicy | undefined;
  /** Ids of the rules that the mutant changes. */
  readonly rules: readonly string[];
}

/** A policy with its tests. */
export interface MutationInput {
  /** The policy as the text of one document. */
  readonly text: string;
  readonly policy: CompiledPolicy;
  readonly suite: TestSuite;
  readonly judge: Judge;
  /** The largest number of mutants to run; undefined for all. */
  readonly most?: number;
}

/**
 * Changes the policy in every known way, and checks whether a test then fails. All tests must pass with the unchanged
 * policy.
 */
export async function runMutants({
  text,
  policy,
  suite,
  judge,
  most,
}: MutationInput): Promise<readonly MutantResult[]> {
  const source = readDocument(text);
  if (!source.ok) {
    throw new Error("the policy cannot be read again");
  }
  const original = listDecidingParts(policy);
  const cases = suite.cases.filter(({ skip }) => skip === undefined);
  const results: MutantResult[] = [];
  for (const mutant of listMutants(source.value.data, collectWorld(policy, suite)).slice(0, most)) {
    results.push(await runMutant(mutant, source.value, { policy, original, cases, judge }));
  }
  return results;
}

interface Context {
  readonly policy: CompiledPolicy;
  readonly original: DecidingParts;
  readonly cases: readonly TestCase[];
  readonly judge: Judge;
}

async function runMutant(mutant: Mutant, source: SourceDocument, context: Context): Promise<MutantResult> {
  const nothing = { mutant, policy: undefined, rules: [] };
  const compiled = compileMutant(mutant, source.data, context.policy);
  if (!compiled.ok) {
    return { ...nothing, fate: "invalid" };
  }
  const changed = findChanged(context.original, listDecidingParts(compiled.value));
  if (changed !== "all" && changed.length === 0) {
    return { ...nothing, fate: "equivalent" };
  }
  for (const test of context.cases) {
    if (concerns(test, changed) && !(await passes(test, compiled.value, context.judge))) {
      return { ...nothing, fate: "killed" };
    }
  }
  const rules = changed === "all" ? [...context.policy.rules.keys()] : changed;
  return { mutant, policy: compiled.value, rules, fate: "survived" };
}

/** A test that names another rule cannot notice the change. */
function concerns({ request }: TestCase, changed: readonly string[] | "all"): boolean {
  return changed === "all" || request?.binding.by !== "rule" || changed.includes(request.binding.rule);
}

/**
 * Collects values from the tests. Mutants add these values to lists of the policy. So a test with a wrong value notices
 * the mutant.
 */
function collectWorld(policy: CompiledPolicy, { cases }: TestSuite): MutationWorld {
  const audiences = cases.flatMap(({ token }) => [token?.claims.aud ?? []].flat());
  const origins = cases.flatMap(({ request }) => request?.headers.get("origin") ?? []);
  return {
    policy,
    audiences: [...new Set(audiences.filter((audience) => typeof audience === "string"))],
    origins: [...new Set(origins.filter((origin) => URL.canParse(origin) && new URL(origin).origin === origin))],
  };
}

/** The share of killed mutants among killed and surviving mutants, from 0 to 1. */
export function scoreOf(results: readonly MutantResult[]): number {
  const count = (fate: Fate): number => results.filter((result) => result.fate === fate).length;
  const all = count("killed") + count("survived");
  return all === 0 ? 1 : count("killed") / all;
}

/** The clock and the Consumers of the tests, for generated requests. */
export function worldOf({ nowSeconds, consumers }: TestSuite): ProbeWorld {
  return { nowSeconds, consumers };
}
