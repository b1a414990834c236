import { expect, it } from "vitest";
import type { KeyStore } from "../../../plugin/keys/store/key-store.ts";
import { combineLeaks, LeakedKeys } from "../../../plugin/keys/store/leaked-keys.ts";
import { createDeferred } from "../../deferred.ts";
import { emptyStore } from "../life/issuer-scene.ts";

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

it("leaked keys of earlier processes count as soon as they are read, and all leaked keys are stored when one is new", async () => {
  const events: unknown[] = [];
  const store: KeyStore = {
    ...emptyStore,
    readLeaked: async (name) => (name === "acme" ? ["old"] : []),
    saveLeaked: async (...saved) => void events.push(saved),
  };
  const leaked = new LeakedKeys("acme", store, () => events.push("more"));
  expect(leaked.has("old")).toBe(false);
  await leaked.restored;
  expect([leaked.has("old"), events]).toEqual([true, ["more"]]);
  leaked.add(["old"]);
  leaked.add([]);
  expect(events).toEqual(["more"]);
  leaked.add(["old", "new"]);
  expect(events).toEqual(["more", "more", ["acme", ["old", "new"]]]);
});

it("the sources of one policy share the leaked keys, but each source remembers only its own", async () => {
  const isRead = createDeferred();
  const slow: KeyStore = { ...emptyStore, readLeaked: () => isRead.promise.then(() => ["old"]) };
  const [first, second] = [new LeakedKeys("first"), new LeakedKeys("second", slow)];
  const [one, two, ...others] = combineLeaks([first, second]);
  let isRestored = false;
  const restored = one?.restored.then(() => {
    isRestored = true;
  });
  await first.restored;
  await new Promise(setImmediate);
  expect([isRestored, others]).toEqual([false, []]);
  isRead.resolve();
  await restored;
  two?.add(["new"]);
  for (const name of ["old", "new"]) {
    expect([one?.has(name), two?.has(name), first.has(name), second.has(name)]).toEqual([true, true, false, true]);
  }
  expect(one?.has("other")).toBe(false);
});
