import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import type { Judge } from "../judge/judge.ts";
import { runTest } from "../judge/run-suite.ts";
import { readTestDocument, resolveSuite } from "../suite/read-suite.ts";
import type { TestCase } from "../suite/test-case.ts";
import type { ProbeWorld } from "./probe.ts";

/**
 * Reads a test as part of a test document. Returns undefined if the document has a mistake.
 *
 * @param text one element of `tests`.
 */
export function readPasted(
  text: string,
  policy: CompiledPolicy,
  { nowSeconds, consumers }: ProbeWorld,
): TestCase | undefined {
  const now = new Date(nowSeconds * 1000).toISOString().replace(".000", "");
  const source = readTestDocument(`jwt_policy_test: 1\nnow: ${now}\ntests:\n${indent(text)}\n`);
  const suite = source.ok ? resolveSuite(source.value, { policy, kong: undefined, consumers }) : undefined;
  return suite?.ok ? suite.value.cases[0] : undefined;
}

/** Whether a test passes with a policy. */
export async function passes(test: TestCase, policy: CompiledPolicy, judge: Judge): Promise<boolean> {
  return (await runTest(test, policy, judge)).status === "passed";
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
