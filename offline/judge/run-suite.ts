import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import type { TestCase } from "../suite/test-case.ts";
import { compareOutcome, type Difference } from "./compare-outcome.ts";
import { type DescribedOutcome, describeOutcome } from "./describe-outcome.ts";
import type { Judge } from "./judge.ts";

/** The result of one test. */
export interface TestResult {
  readonly test: TestCase;
  readonly status: "passed" | "failed" | "skipped";
  readonly differences: readonly Difference[];
  /** The outcome; undefined if the test is skipped or could not be judged. */
  readonly outcome: DescribedOutcome | undefined;
}

/** Runs one test. If the policy cannot judge the request, the test fails. */
export async function runTest(test: TestCase, policy: CompiledPolicy, judge: Judge): Promise<TestResult> {
  if (test.skip !== undefined) {
    return { test, status: "skipped", differences: [], outcome: undefined };
  }
  const judged = await judge.judge(test, policy);
  if (!judged.ok) {
    const differences = [{ what: "request", expected: "a request that the policy can judge", actual: judged.failure }];
    return { test, status: "failed", differences, outcome: undefined };
  }
  const outcome = describeOutcome(judged.value);
  const differences = [...compareOutcome(test.expect, outcome), ...compareRoute(test)];
  return { test, status: differences.length === 0 ? "passed" : "failed", differences, outcome };
}

function compareRoute({ expect: { route }, request }: TestCase): readonly Difference[] {
  return route === undefined || route === request?.route
    ? []
    : [{ what: "Route", expected: route, actual: request?.route ?? "none" }];
}
