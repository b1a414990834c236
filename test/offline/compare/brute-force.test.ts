import { expect, test } from "vitest";
import { checkPairs } from "./check-pairs.ts";

test("whatever the edit of a policy is, no rule that became looser is missed, and each example replays", async () => {
  expect(await checkPairs(1, 30)).toMatchObject({ pairs: 30, unknown: 0 });
});
