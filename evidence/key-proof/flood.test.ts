import { expect, it } from "vitest";
import { floodKeySource } from "./flood-key-source.ts";

/** A short form of `npm run soak:keys`. The speed of the machine does not matter in this test. */

it("thousands of unknown kids cause one fetch and use no memory, and a known kid is still found", async () => {
  const { outcomes, fetches, known, heapGrowthKilobytes, unknownKids } = await floodKeySource(1, 10_000, 20);
  expect(outcomes.found).toBeUndefined();
  expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(unknownKids);
  expect(fetches).toBeLessThanOrEqual(2); // The first fetch. On a slow machine, perhaps also a second fetch after the cooldown.
  expect(known.notFound).toBe(0);
  expect(heapGrowthKilobytes).toBeLessThan(10_000);
});
