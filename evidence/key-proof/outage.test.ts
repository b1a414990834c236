import { expect, it } from "vitest";
import { simulateOutage } from "./simulate-outage.ts";

/** A short form of `npm run soak:keys`. docs/evidence/keys-proof.md has its figures. */

it.each([
  ["refuses connections", false, 24],
  ["refuses connections", true, 2],
  ["hangs", false, 4],
  ["answers 503", false, 4],
  ["answers with something that is not a key set", false, 4],
] as const)(
  "a provider that %s (unknown kids: %s) for %i simulated hours costs no request with a known key",
  async (failure, unknownKids, hours) => {
    const figures = await simulateOutage(failure, hours, unknownKids);
    expect(figures).toMatchObject({ requests: hours * 360, refused: 0, shown: { ageSeconds: hours * 3600 } });
    expect(figures.shortestGapSeconds).toBeGreaterThanOrEqual(30); // The cooldown.
    expect(figures.longestGapSeconds).toBeLessThanOrEqual(900); // The longest time between two refreshes.
    expect(figures.backAfterSeconds).toBeLessThanOrEqual(900);
    expect(figures.shown.failures).toBe(figures.attempts);
  },
);

it("after max_stale its tokens get 503, and not earlier", async () => {
  const { unavailableAfterSeconds } = await simulateOutage("refuses connections", 73);
  expect(unavailableAfterSeconds).toBe(3 * 86_400);
});
