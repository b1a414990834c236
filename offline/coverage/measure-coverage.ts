import type { CompiledPolicy, Requirements } from "../../plugin/core/model/policy.ts";
import { chooseOperation } from "../../plugin/core/request/choose-operation.ts";
import { findRule } from "../../plugin/core/request/match-rule.ts";
import { splitPath } from "../../plugin/core/request/request-path.ts";
import { type DescribedOutcome, describeOutcome } from "../judge/describe-outcome.ts";
import type { Attempt, Judge } from "../judge/judge.ts";
import type { CoverageItem, Direction, Use } from "./list-items.ts";
import { replacing } from "./requirement.ts";

/** Records for each item the directions in which tests have shown its effect so far. */
export class Coverage {
  readonly items: readonly CoverageItem[];
  readonly #policy: CompiledPolicy;
  readonly #judge: Judge;
  readonly #shown = new Map<CoverageItem, Set<Direction>>();

  /**
   * @param policy the object from which the items were listed. It must not be a copy, because `add` changes this object
   * for a moment.
   */
  constructor(items: readonly CoverageItem[], policy: CompiledPolicy, judge: Judge) {
    this.items = items;
    this.#policy = policy;
    this.#judge = judge;
  }

  isShown(item: CoverageItem, direction: Direction): boolean {
    return this.#shown.get(item)?.has(direction) ?? false;
  }

  /** The directions of the item that no request has shown. */
  missing(item: CoverageItem): readonly Direction[] {
    return item.directions.filter((direction) => !this.isShown(item, direction));
  }

  /** Judges one request and records the directions that it shows. Returns whether the request shows a new direction. */
  async add(attempt: Attempt): Promise<boolean> {
    const outcome = await this.#judgeOnce(attempt);
    if (!outcome || outcome.verdict === "answer" || outcome.verdict === "not_routed") {
      return false;
    }
    const requirements = matchedRequirements(attempt, this.#policy);
    const direction: Direction = isPassed(outcome) ? "passes" : "refuses";
    let isNew = false;
    for (const item of this.items) {
      if (item.directions.includes(direction) && !this.isShown(item, direction)) {
        const uses = item.uses.filter((use) => isConcerned(use, requirements, outcome));
        if (await this.#showsAny(direction, uses, attempt)) {
          this.#shown.set(item, (this.#shown.get(item) ?? new Set()).add(direction));
          isNew = true;
        }
      }
    }
    return isNew;
  }

  async #showsAny(direction: Direction, uses: readonly Use[], attempt: Attempt): Promise<boolean> {
    for (const use of uses) {
      if (await this.#shows(direction, use, attempt)) {
        return true;
      }
    }
    return false;
  }

  async #shows(direction: Direction, use: Use, attempt: Attempt): Promise<boolean> {
    const { requirements, alternative, without } = use;
    if (direction === "refuses") {
      const outcome = await without?.(() => this.#judgeOnce(attempt));
      return outcome !== undefined && isPassed(outcome);
    }
    if (!requirements || alternative === undefined || requirements.alternatives.length === 1) {
      return true;
    }
    // Another alternative of the rule may have let the request pass. So the request must also pass if the rule has no
    // other alternative.
    const only = requirements.alternatives.slice(alternative, alternative + 1);
    const outcome = await replacing(requirements, "alternatives", only)(() => this.#judgeOnce(attempt));
    return outcome !== undefined && isPassed(outcome);
  }

  async #judgeOnce(attempt: Attempt): Promise<DescribedOutcome | undefined> {
    const judged = await this.#judge.judge(attempt, this.#policy);
    return judged.ok ? describeOutcome(judged.value) : undefined;
  }
}

/** Whether the request passed. A request that passes only because of report mode counts as refused. */
function isPassed({ verdict, reported }: DescribedOutcome): boolean {
  return verdict === "allow" && reported === undefined;
}

function isConcerned(use: Use, requirements: Requirements | undefined, { issuer }: DescribedOutcome): boolean {
  if (use.requirements !== undefined) {
    return use.requirements === requirements;
  }
  return issuer === undefined || use.issuer === issuer;
}

/** The requirements of the rule or operation that the request matches. */
function matchedRequirements({ request }: Attempt, policy: CompiledPolicy): Requirements | undefined {
  const rule = request && findRule(policy, request.binding);
  if (!rule?.ok || !request) {
    return undefined;
  }
  const { operations, requirements } = rule.value;
  if (!operations) {
    return requirements;
  }
  const segments = splitPath(request.target);
  const chosen = segments && chooseOperation(operations, request.method, request.target, segments);
  return chosen?.ok ? chosen.value.value : undefined;
}
