import { explainRecipe } from "../../offline/explain/explain-recipe.ts";
import { compareOutcome } from "../../offline/judge/compare-outcome.ts";
import { describeOutcome } from "../../offline/judge/describe-outcome.ts";
import { Judge } from "../../offline/judge/judge.ts";
import type { TestCase } from "../../offline/suite/test-case.ts";
import { quoteText } from "../../plugin/core/text/printable.ts";
import type { LoadedSuite } from "../policy-tests/load-suite.ts";
import type { Explained } from "./explain-one-token.ts";
import { type Context, type Form, formatExplanation } from "./format-explanation.ts";

const MAX_LISTED = 10;

/** Explains the request of one test, and says whether its outcome is as the test expects. */
export async function explainTest(loaded: LoadedSuite, title: string, form: Form): Promise<Explained> {
  const { suite, policy } = loaded;
  const test = pickTest(loaded, title);
  const { request, token: recipe } = test;
  if (!request) {
    throw new Error(`Kong has no Route for the request of test ${quoteText(test.name)}, so Kong itself answers 404`);
  }
  const { nowSeconds, consumers } = suite;
  const explanation = await explainRecipe({ policy, request, recipe, consumers, nowSeconds });
  if (!explanation.ok) {
    throw new Error(explanation.failure);
  }
  const judged = await new Judge(nowSeconds, consumers, "real").judge(test, policy);
  const differences = judged.ok ? compareOutcome(test.expect, describeOutcome(judged.value)) : [];
  const failures = differences.map(({ what, expected, actual }) => `${what}: expected ${expected}, got ${actual}`);
  const context: Context = {
    lines: [
      `test: ${test.name}`,
      ...(failures.length === 0 ? ["as the test expects"] : failures.map((text) => `not as the test expects: ${text}`)),
    ],
    members: { test: test.name, differences },
  };
  return {
    text: formatExplanation(explanation.value, form, context),
    isAllowed: explanation.value.verdict !== "deny",
  };
}

/**
 * Finds the test with this name or on this line. If there is none, finds the only test whose name contains the string.
 */
function pickTest({ suite: { cases }, source }: LoadedSuite, title: string): TestCase {
  const lineOf = ({ path }: TestCase): number =>
    source.locate([{ code: "test_failed", path, message: "" }])[0]?.line ?? 0;
  const exact = /^[0-9]+$/.test(title)
    ? cases.filter((test) => lineOf(test) === Number(title))
    : cases.filter(({ name }) => name === title || name.endsWith(` › ${title}`));
  const found = exact.length > 0 ? exact : cases.filter(({ name }) => name.includes(title));
  const [first, ...others] = found;
  if (first && others.length === 0) {
    return first;
  }
  const all = first ? found : cases;
  const names = all.slice(0, MAX_LISTED).map((test) => `\n  line ${lineOf(test)}: ${test.name}`);
  const more = all.length > MAX_LISTED ? `\n  and ${all.length - MAX_LISTED} more` : "";
  throw new Error(
    first
      ? `${found.length} tests match ${quoteText(title)}. Give a longer part of the name, or the line:${names.join("")}${more}`
      : `no test's name contains ${quoteText(title)}. The tests are:${names.join("")}${more}`,
  );
}
