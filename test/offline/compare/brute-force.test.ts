import { expect, test } from "vitest";
import { checkPairs } from "./check-pairs.ts";

test("for any edit of a policy, diff misses no looser rule, and each example has the reported decisions", async () => {
  expect(await checkPairs(1, 30)).toMatchObject({ pairs: 30, unknown: 0 });
});
