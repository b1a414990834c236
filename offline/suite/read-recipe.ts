import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import { type Finding, isWarning, wholeDocument } from "../../plugin/policy/language/finding.ts";
import { readYaml } from "../../plugin/policy/read/read-document.ts";
import { checkData } from "../../plugin/policy/read/validate-document.ts";
import type { PolicyTestDocument } from "../../schema/generated/policy-test-document.ts";
import { validatePolicyTest } from "../../schema/generated/validate-policy-test.ts";
import type { TokenRecipe } from "../tokens/recipe.ts";
import type { TestSource } from "./read-suite.ts";
import { TokenRecipes } from "./resolve-tokens.ts";

const VISIBLE = { values: () => false, keys: () => false };
/** The name and the path of a recipe that is a whole file. */
const NAME = "someone";
const PLACE = ["tokens", NAME];

/** Finds a named recipe of a test document. */
export function findRecipe(
  { document, locate }: TestSource,
  name: string,
  policy: CompiledPolicy,
): Result<TokenRecipe, readonly Finding[]> {
  const findings: Finding[] = [];
  const recipe = new TokenRecipes(document.tokens as never, policy, findings).find(name, ["tokens"]);
  return recipe && findings.every(isWarning) ? succeed(recipe) : fail(locate(findings));
}

/** Reads a file that contains one recipe. The file has the same keys as a recipe under `tokens` of a test document. */
export function readRecipe(text: string, policy: CompiledPolicy): Result<TokenRecipe, readonly Finding[]> {
  const source = readYaml(text);
  if (!source.ok) {
    return fail(source.failure.findings);
  }
  const { data, locate } = source.value;
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    const message = 'This is not a recipe: a recipe is a map such as "claims: { scope: payments:read }".';
    return fail([wholeDocument("wrong_type", message)]);
  }
  const document = {
    jwt_policy_test: 1,
    tokens: { [NAME]: data },
    tests: [{ token: NAME, rule: "r", expect: "allow" }],
  };
  const findings: Finding[] = [...checkData(validatePolicyTest, document, VISIBLE)];
  const checked = document as unknown as PolicyTestDocument;
  const recipe =
    findings.length > 0 ? undefined : new TokenRecipes(checked.tokens as never, policy, findings).find(NAME, PLACE);
  return recipe && findings.every(isWarning)
    ? succeed(recipe)
    : fail(locate(findings.map((finding) => ({ ...finding, path: (finding.path ?? []).slice(PLACE.length) }))));
}
