import { readMetadataRequest } from "../../plugin/core/answer/protected-resource.ts";
import { decide } from "../../plugin/core/decide.ts";
import type { Consumer } from "../../plugin/core/model/caller.ts";
import type { Decision } from "../../plugin/core/model/decision.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { type Result, succeed } from "../../plugin/core/model/result.ts";
import { createCallers } from "../requests/callers.ts";
import { createFacts, type OfflineRequest } from "../requests/request.ts";
import type { TokenRecipe } from "../tokens/recipe.ts";
import { ThrowAwayKeys } from "../tokens/throw-away-keys.ts";
import { type Signing, TokenMaker } from "../tokens/token-maker.ts";

/** A request, with or without a token. */
export interface Attempt {
  readonly token: TokenRecipe | undefined;
  /** The request; undefined if Kong has no Route for the request. */
  readonly request: OfflineRequest | undefined;
}

/** The outcome of a request. */
export type Outcome = { readonly verdict: "answer" } | { readonly verdict: "not_routed" } | Decision;

/**
 * Judges requests offline with `decide`, the gateway's own code. Only three things differ from a gateway: the clock
 * stands still, keys are throw-away keys, and a list of Consumers is used in place of Kong's database.
 */
export class Judge {
  readonly #maker: TokenMaker;
  readonly #keys: ThrowAwayKeys;
  readonly #nowSeconds: number;
  readonly #consumers: readonly Consumer[];

  constructor(nowSeconds: number, consumers: readonly Consumer[], signing: Signing) {
    this.#maker = new TokenMaker(nowSeconds, signing);
    this.#keys = new ThrowAwayKeys(this.#maker);
    this.#nowSeconds = nowSeconds;
    this.#consumers = consumers;
  }

  /** How many signatures were made, how many were verified, and how many counted as valid without a check. */
  get signatures(): { readonly made: number; readonly verified: number; readonly assumed: number } {
    return { made: this.#maker.signed, verified: this.#keys.verified, assumed: this.#keys.assumed };
  }

  /** Judges one request. The failure says why the policy cannot judge the request. */
  async judge({ token, request }: Attempt, policy: CompiledPolicy): Promise<Result<Outcome, string>> {
    if (!request) {
      return succeed({ verdict: "not_routed" });
    }
    const made = this.#maker.makeFor(token, policy);
    if (!made.ok) {
      return made;
    }
    const facts = createFacts(request, made.value, policy);
    if (!facts.ok) {
      return facts;
    }
    if (readMetadataRequest(policy.protectedResource, facts.value)) {
      return succeed({ verdict: "answer" });
    }
    const callers = createCallers(this.#consumers, request.authenticated);
    return succeed(await decide(facts.value, policy, this.#keys, () => this.#nowSeconds, callers));
  }
}
