import { stat } from "node:fs/promises";
import { explainRecipe } from "../../offline/explain/explain-recipe.ts";
import { findRecipe, readRecipe } from "../../offline/suite/read-recipe.ts";
import { isTestDocument } from "../../offline/suite/read-suite.ts";
import type { TokenRecipe } from "../../offline/tokens/recipe.ts";
import type { Consumer } from "../../plugin/core/model/caller.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { STDIN } from "../files/list-files.ts";
import { nameInput, readInput } from "../files/read-input.ts";
import { inFile, type LoadedSuite, loadSuite } from "../policy-tests/load-suite.ts";
import type { Explained } from "./explain-one-token.ts";
import { type Form, formatExplanation } from "./format-explanation.ts";
import { type RequestOptions, readNow, readRequest } from "./read-request.ts";

export interface RecipeOptions extends RequestOptions {
  /**
   * A recipe: a file with one recipe, `-` for standard input, `FILE#NAME`, or the name of a token in the policy's test
   * file.
   */
  readonly recipe: string;
}

/** A recipe, and the settings of the test file that contains it. */
interface Source {
  readonly recipe: TokenRecipe;
  readonly consumers: readonly Consumer[];
  /** The time of the decision, in seconds since the epoch; undefined if the recipe has no test file. */
  readonly nowSeconds: number | undefined;
}

/**
 * Explains what the policy decides about one request with a token that a recipe describes.
 *
 * @param findTests finds the policy's test file; undefined if there is none.
 */
export async function explainOneRecipe(
  policy: CompiledPolicy,
  options: RecipeOptions,
  form: Form,
  findTests: () => Promise<string | undefined>,
): Promise<Result<Explained, readonly Finding[]>> {
  const request = readRequest(options, policy);
  const source = await findSource(policy, options.recipe, findTests);
  if (!source.ok) {
    return source;
  }
  const { recipe, consumers, nowSeconds } = source.value;
  const now = options.now === undefined && nowSeconds !== undefined ? nowSeconds : readNow(options.now);
  const explanation = await explainRecipe({ policy, request, recipe, consumers, nowSeconds: now });
  if (!explanation.ok) {
    throw new Error(explanation.failure);
  }
  return succeed({
    text: formatExplanation(explanation.value, form),
    isAllowed: explanation.value.verdict !== "deny",
  });
}

async function findSource(
  policy: CompiledPolicy,
  argument: string,
  findTests: () => Promise<string | undefined>,
): Promise<Result<Source, readonly Finding[]>> {
  const hash = argument.lastIndexOf("#");
  if (hash > 0) {
    return findNamed(policy, argument.slice(0, hash), argument.slice(hash + 1));
  }
  if (argument === STDIN || (await isFile(argument))) {
    return readAlone(policy, argument);
  }
  const tests = await findTests();
  if (tests === undefined) {
    throw new Error(
      `--recipe: no file has the name ${argument}, and no test file is beside the policy. Give a file, or FILE#NAME`,
    );
  }
  return findNamed(policy, tests, argument);
}

async function findNamed(
  policy: CompiledPolicy,
  file: string,
  name: string,
): Promise<Result<Source, readonly Finding[]>> {
  const { result } = await loadSuite(file);
  if (!result.ok) {
    return result;
  }
  const { source, text, suite } = result.value satisfies LoadedSuite;
  const recipe = findRecipe(source, name, policy);
  const { consumers, nowSeconds } = suite;
  return recipe.ok
    ? succeed({ recipe: recipe.value, consumers, nowSeconds })
    : fail(inFile(recipe.failure, file, text));
}

async function readAlone(policy: CompiledPolicy, file: string): Promise<Result<Source, readonly Finding[]>> {
  const text = await readInput(file);
  const name = nameInput(file);
  if (isTestDocument(text)) {
    throw new Error(`${name} is a test file: write --recipe ${file}#NAME, with the name of one of its tokens`);
  }
  const recipe = readRecipe(text, policy);
  // The findings have no excerpt: if the file is of another kind, its content may be secret.
  return recipe.ok
    ? succeed({ recipe: recipe.value, consumers: [], nowSeconds: undefined })
    : fail(inFile(recipe.failure, name, ""));
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}
