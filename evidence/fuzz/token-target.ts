import { isDeepStrictEqual } from "node:util";
import { decide } from "../../plugin/core/decide.ts";
import { type Decision, type Deny, isAllow } from "../../plugin/core/model/decision.ts";
import { denialRow } from "../../plugin/core/model/denial.ts";
import type { RequestFacts } from "../../plugin/core/model/request.ts";
import { createExit } from "../../plugin/kong/calls/create-exit.ts";
import { formatDenial } from "../../plugin/observe/decision-log.ts";
import { NOW } from "../../test/core/fixtures.ts";
import { mutateToken } from "./mutate/mutate-token.ts";
import { judgeSlowly } from "./oracle/oracle.ts";
import type { HeadersWanted } from "./oracle/oracle-claims.ts";
import { plantSeed, SEEDS } from "./seeds/seed-tokens.ts";
import { type KeyRing, writeRing } from "./seeds/signers.ts";
import { createWorlds, type World } from "./seeds/worlds.ts";
import { describeThrown, type Outcome, type Target } from "./target.ts";
import { renderRequest, type SignedTexts, type TokenInput } from "./token-input.ts";

/** If one of these stages refuses a token, the client sees only that its token is invalid. */
const SAME_FOR_ALL = new Set(["decode", "key", "verify"]);

/**
 * The target is the whole pipeline with real keys and signatures, from a request to a decision or to the bytes of a
 * refusal.
 */
export function createTokenTarget(ring?: KeyRing): Target<TokenInput> {
  const { worlds, signers } = createWorlds(ring);

  const run = async (input: TokenInput): Promise<Outcome> => {
    const world = worlds.find(({ name }) => name === input.world);
    if (!world) {
      throw new Error(`there is no policy "${input.world}"`);
    }
    const signed: SignedTexts = new Map();
    const facts = renderRequest(input, signers, signed);
    const now = (): number => NOW + input.later;
    const start = performance.now();
    try {
      const decision = await decide(facts, world.policy, world.keys, now);
      const took = performance.now() - start;
      const wanted = judgeSlowly(world, facts, signers, signed, input.later);
      return { features: describe(input, decision), finding: checkDecision(decision, wanted, facts, world), took };
    } catch (error) {
      return { features: [], finding: describeThrown(error), took: performance.now() - start };
    }
  };

  return {
    name: "token",
    seeds: SEEDS.map(plantSeed),
    mutate: mutateToken,
    run,
    surroundings: writeRing(signers),
    size: (input) => JSON.stringify(input).length,
  };
}

function describe(input: TokenInput, decision: Decision): readonly string[] {
  if (decision.verdict === "allow") {
    return [`${input.world} ${decision.evidence.rule} allow`, `allow ${input.key}`];
  }
  const { reason, detail } = decision.denial;
  return [`${reason} ${detail?.replace(/\d+/g, "0")}`];
}

/** The fault of a decision; undefined if the decision has no fault. */
function checkDecision(
  decision: Decision,
  wanted: HeadersWanted | undefined,
  facts: RequestFacts,
  world: World,
): string | undefined {
  if (isAllow(decision)) {
    if (wanted === undefined) {
      return "allows a request that the oracle refuses";
    }
    return isDeepStrictEqual({ ...decision.headers }, wanted) ? undefined : "sets other headers than the oracle";
  }
  if (decision.verdict !== "deny") {
    return "is not a Deny, and not an Allow that createAllow made";
  }
  if (wanted !== undefined) {
    return `refuses a request that the oracle allows (${decision.denial.reason})`;
  }
  return checkDenial(decision, facts, world);
}

function checkDenial(decision: Deny, { authorization }: RequestFacts, { policy }: World): string | undefined {
  const { reason } = decision.denial;
  const { stage, status } = denialRow(reason);
  if ("headers" in decision) {
    return "a Deny carries headers for the upstream";
  }
  if (status >= 500 && reason !== "policy_unavailable") {
    return `${reason} for what a client sent`;
  }
  const answer = JSON.stringify(createExit(decision));
  const plain = createExit({ ...decision, denial: { reason: "signature_invalid" }, evidence: { policy: policy.name } });
  if (SAME_FOR_ALL.has(stage) && answer !== JSON.stringify(plain)) {
    return `the answer to ${reason} differs from the one to a bad signature`;
  }
  const line = formatDenial(decision);
  if (!/^[ -~]{1,600}$/.test(line)) {
    return "the log line is too long, or has a character that is not printable";
  }
  const secret = authorization?.split(".").find((segment) => segment.length > 20 && line.includes(segment));
  return secret === undefined ? undefined : "the log line holds a part of the token";
}
