import { describe, expect, it } from "vitest";
import { createRandom } from "../../test/random.ts";
import { type Campaign, fuzz } from "./engine.ts";
import { tryMutatedTokens } from "./mutate/try-mutated-tokens.ts";
import { createPolicyTarget } from "./policy-target.ts";
import { readCorpus } from "./seeds/corpus.ts";
import { createTokenTarget } from "./token-target.ts";

const findingsOf = <T>({ findings }: Campaign<T>): readonly string[] => findings.map(({ what }) => what);

/**
 * A short form of `npm run fuzz`: the whole corpus, and some mutations. The mutations are the same in each run, and
 * take a few seconds.
 */
describe("the fuzzer finds nothing", () => {
  it("in the decisions about its corpus of requests, and 1,500 mutations of them", async () => {
    const corpus = readCorpus<ReturnType<typeof createTokenTarget>["seeds"][number]>("token");
    const campaign = await fuzz(createTokenTarget(), corpus, createRandom(1), undefined, (done) => done < 1_500);
    expect(findingsOf(campaign)).toEqual([]);
    expect(campaign.features.size).toBeGreaterThan(100);
  }, 300_000);

  it("in the compilation of its corpus of policies, and 250 mutations of them", async () => {
    const corpus = readCorpus<string>("policy");
    const campaign = await fuzz(createPolicyTarget(), corpus, createRandom(1), undefined, (done) => done < 250);
    expect(findingsOf(campaign)).toEqual([]);
    expect(campaign.features.size).toBeGreaterThan(20);
  }, 300_000);
});

/** A short form of `npm run test:mutated-tokens`. */
it("refuses 2,000 mutated tokens, except tokens with the same signed text and tokens that were signed again and are right", async () => {
  const { rows, unexpected } = await tryMutatedTokens(2_000, 2);
  expect(unexpected).toEqual([]);
  expect(rows.filter(({ reasons }) => reasons.size === 0)).toEqual([]);
}, 300_000);
