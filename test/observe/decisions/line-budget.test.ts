import { expect, it } from "vitest";
import { LineBudget } from "../../../plugin/observe/decisions/line-budget.ts";

function takeAll(budget: LineBudget, kind: string): number {
  let count = 0;
  while (budget.take(kind)) {
    count += 1;
  }
  return count;
}

it("gives one kind at most half of the remaining lines, so a flood of one kind hides no other kind", () => {
  const budget = new LineBudget(1_000, () => 5_000);
  expect(takeAll(budget, "flood")).toBe(500);
  expect(takeAll(budget, "flood")).toBe(0);
  expect(takeAll(budget, "another")).toBe(250);
  expect(budget.take("rare")).toBe(true);
});

it("gives no more than its limit in a second, whatever the number of kinds, and starts again in the next", () => {
  let nowMs = 0;
  const budget = new LineBudget(100, () => nowMs);
  const take = (): number =>
    Array.from({ length: 10_000 }, (_, kind) => takeAll(budget, `${kind}`)).reduce((a, b) => a + b, 0);
  expect(take()).toBe(100);
  nowMs = 999;
  expect(take()).toBe(0);
  nowMs = 1_000;
  expect(take()).toBe(100);
  nowMs = 500;
  expect(take(), "after the clock was set back").toBe(100);
});
