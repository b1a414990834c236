import { describe, expect, it } from "vitest";
import { FAILURES } from "./failing-provider.ts";
import { floodKeySource } from "./flood-key-source.ts";
import { noteFigures, SECONDS } from "./results/proof-files.ts";
import { simulateOutage } from "./simulate-outage.ts";

const MAX_STALE_SECONDS = 3 * 86_400;
const COOLDOWN_SECONDS = 30;
const MAX_SECONDS = 900;

describe("a provider that is down for a day", () => {
  const table = [
    ...FAILURES.map((failure) => ({ failure, unknownKids: false })),
    { failure: FAILURES[0], unknownKids: true },
  ];
  it.each(table)("$failure, unknown kids beside: $unknownKids", async ({ failure, unknownKids }) => {
    const figures = await simulateOutage(failure, 24, unknownKids);
    noteFigures("outages", `${failure}, 24 h${unknownKids ? ", unknown kids" : ""}`, figures);
    expect(figures).toMatchObject({ refused: 0 });
    expect(figures.shortestGapSeconds).toBeGreaterThanOrEqual(COOLDOWN_SECONDS);
    expect(figures.longestGapSeconds).toBeLessThanOrEqual(MAX_SECONDS);
    expect(figures.backAfterSeconds).toBeLessThanOrEqual(MAX_SECONDS);
    expect(figures.shown.failures).toBe(figures.attempts);
  });
});

it("a provider that is down: its tokens get 503 after max_stale, and not earlier", async () => {
  const figures = await simulateOutage(FAILURES[0], 73);
  noteFigures("outages", `${FAILURES[0]}, 73 h`, figures);
  expect(figures.unavailableAfterSeconds).toBe(MAX_STALE_SECONDS);
});

it.each([20, 1_500])("10,000 unknown kids per second, of a provider that takes %i ms", async (providerMs) => {
  const figures = await floodKeySource(SECONDS / 2, 10_000, providerMs);
  noteFigures("floods", `provider takes ${providerMs} ms`, figures);
  expect(figures.known.notFound).toBe(0);
  expect(figures.shortestGapMs ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(figures.cooldownSeconds * 1000);
  expect(figures.outcomes.found).toBeUndefined();
});
