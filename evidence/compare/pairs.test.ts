import { expect, test } from "vitest";
import { checkPairs } from "../../test/offline/compare/check-pairs.ts";

// `PAIRS=20000 SEED=5 npx vitest run --project proofs evidence/compare` compares that many pairs.
const PAIRS = Number(process.env.PAIRS ?? 400);
const SEED = Number(process.env.SEED ?? 2);

test("diff finds every rule that became looser in thousands of edited policies, and each example replays", async () => {
  const counts = await checkPairs(SEED, PAIRS);
  console.log(JSON.stringify(counts));
  expect(counts.pairs).toBe(PAIRS);
}, 3_600_000);
