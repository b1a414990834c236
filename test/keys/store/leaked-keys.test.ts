import { expect, it } from "vitest";
import { LeakedKeys } from "../../../plugin/keys/store/leaked-keys.ts";

const MAX_LEAKED = 1_000;
const namesOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `leaked ${index}`);

it("999 leaked keys refuse no other key, and the thousandth refuses every key, because no more can be remembered", () => {
  const grown: number[] = [];
  const leaked = new LeakedKeys("acme", undefined, () => grown.push(leaked.count));
  leaked.add(namesOf(MAX_LEAKED - 1));
  leaked.add(namesOf(1));
  expect(["leaked 0", "other"].map((name) => leaked.has(name))).toEqual([true, false]);
  leaked.add(["last"]);
  expect(["leaked 0", "other"].map((name) => leaked.has(name))).toEqual([true, true]);
  expect(grown).toEqual([MAX_LEAKED - 1, MAX_LEAKED]);
});

it("more leaked keys at once refuse every key, and only a thousand are remembered", () => {
  const leaked = new LeakedKeys("acme");
  leaked.add(namesOf(5 * MAX_LEAKED));
  expect([leaked.has("other"), leaked.count]).toEqual([true, MAX_LEAKED]);
});
