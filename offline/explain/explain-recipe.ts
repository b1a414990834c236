import type { Consumer } from "../../plugin/core/model/caller.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { type Result, succeed } from "../../plugin/core/model/result.ts";
import type { OfflineRequest } from "../requests/request.ts";
import type { TokenRecipe } from "../tokens/recipe.ts";
import { ThrowAwayKeys } from "../tokens/throw-away-keys.ts";
import { TokenMaker } from "../tokens/token-maker.ts";
import { type Explanation, explainToken } from "./explain-token.ts";

export interface RecipeQuestion {
  readonly policy: CompiledPolicy;
  readonly request: OfflineRequest;
  /** The recipe for the token; undefined for a request without a token. */
  readonly recipe: TokenRecipe | undefined;
  readonly consumers: readonly Consumer[];
  /** Seconds since the epoch. */
  readonly nowSeconds: number;
}

/** Explains a request with the token of a recipe. A key that exists only for this run signs the token. */
export async function explainRecipe({ recipe, ...question }: RecipeQuestion): Promise<Result<Explanation, string>> {
  const maker = new TokenMaker(question.nowSeconds, "real");
  const token = maker.makeFor(recipe, question.policy);
  if (!token.ok) {
    return token;
  }
  const published = new ThrowAwayKeys(maker);
  const keys = { isChecked: true, find: published.find.bind(published) };
  return succeed(await explainToken({ ...question, token: token.value, keys }));
}
