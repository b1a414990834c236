import { expect, it } from "vitest";
import { floodKeySource } from "./flood-key-source.ts";

/** `npm run soak:keys` in short; how fast the machine is does not matter here. */

it("thousands of unknown kids cause one fetch and use no memory, and a known kid is still found", async () => {
  const { outcomes, fetches, known, heapGrowthKilobytes, unknownKids } = await floodKeySource(1, 10_000, 20);
  expect(outcomes.found).toBeUndefined();
  expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(unknownKids);
  expect(fetches).toBeLessThanOrEqual(2); // The first one, and one when the cooldown is over on a slow machine.
  expect(known.notFound).toBe(0);
  expect(heapGrowthKilobytes).toBeLessThan(10_000);
});
