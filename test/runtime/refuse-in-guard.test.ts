import { expect, it } from "vitest";
import { Generation } from "../../plugin/runtime/generation.ts";
import { refuseInGuard } from "../../plugin/runtime/refuse-in-guard.ts";

it("refused tokens begin at most one generation in a second, and never wait longer", () => {
  const generation = new Generation();
  const waiting: { readonly atMs: number; readonly callback: () => void }[] = [];
  let nowMs = 0;
  const refuse = refuseInGuard(generation, {
    now: () => nowMs,
    wait: (callback, ms) => waiting.push({ atMs: nowMs + ms, callback }),
  });
  const counts: number[] = [];
  for (; nowMs < 5_000; nowMs += 10) {
    for (const { callback } of waiting.splice(0, waiting[0] && waiting[0].atMs <= nowMs ? 1 : 0)) {
      callback();
    }
    refuse();
    if (nowMs % 1_000 === 0) {
      counts.push(generation.count);
    }
  }
  expect(counts).toEqual([2, 3, 4, 5, 6]);
  expect(waiting).toHaveLength(1);
});
