import { expect, it } from "vitest";
import { NameTable } from "../../../plugin/core/json/name-table.ts";

/** Numbers that spread names over the whole table, as nearly all secret numbers do. */
const SEEDS = [0xc2b2ae35, 0x85ebca6b, 0x27d4eb2f, 0x165667b1, 0xd6e8feb9, 0x5bd1e995, 0xff51afd7, 0x2545f491];

/** For each of these names, whether it is new in its text. */
const addAll = (table: NameTable, names: string): boolean[] =>
  [...names].map((name, index) => table.add(0, table.hash(name), index, index + 1));

it("has the same hash for a whole name and for its characters one after another", () => {
  const table = new NameTable(SEEDS[0] ?? 0);
  expect(table.hash("")).toBe(table.seed);
  expect(table.hash("a\u00e9")).toBe(table.mix(table.mix(table.seed, 0x61), 0xe9));
});

it("has an empty text until the first text begins", () => {
  expect(new NameTable(5).read(0, 1)).toBe("");
});

it("names of one text are forgotten with the next text, even if the numbers of names start again", () => {
  for (const next of [1, 2 ** 32 - 2_048 - 3, 2 ** 32 - 2_048 - 1, 2 ** 32 - 2_048, 2 ** 32 - 1]) {
    const table = new NameTable(5, next);
    for (let text = 0; text < 5; text += 1) {
      table.begin("aba");
      expect(addAll(table, "aba"), `first number ${next}, text ${text}`).toEqual([true, true, false]);
    }
  }
});

it("a table whose numbers start again finds none of the names that it has met before", () => {
  const names = "abcdefghijklmnopqrstuvwxyz";
  const table = new NameTable(5, 2 ** 32 - 2_048 - 20);
  for (let text = 0; text < 4; text += 1) {
    table.begin(names);
    expect(addAll(table, names)).toEqual(Array(26).fill(true));
  }
});

it("has room for 2,048 names, and reports the next name as a duplicate", () => {
  const table = new NameTable(7);
  const names = Array.from({ length: 2_049 }, (_, index) => String(index).padStart(4, "0"));
  table.begin(names.join(""));
  const added = names.map((name, index) => table.add(0, table.hash(name), 4 * index, 4 * index + 4));
  expect([added.indexOf(false), added.lastIndexOf(true)]).toEqual([2_048, 2_047]);
});

it("distinguishes the names of two objects, and treats an escaped name as the same name", () => {
  const table = new NameTable(9);
  table.begin("a\\u0061");
  const hash = table.hash("a");
  expect([table.add(0, hash, 0, 1), table.add(1, hash, 0, 1), table.add(0, hash, 1, 7)]).toEqual([true, true, false]);
});

it.each(SEEDS)("keeps the same two names of a thousand objects apart, and knows each name again: seed %i", (seed) => {
  const table = new NameTable(seed);
  table.begin("ab");
  const hashes = [table.hash("a"), table.hash("b")];
  const objects = Array.from({ length: 1_000 }, (_, index) => index);
  const addBoth = (object: number): boolean[] => hashes.map((hash, at) => table.add(object, hash, at, at + 1));
  expect(objects.flatMap(addBoth)).toEqual(Array(2_000).fill(true));
  expect(objects.flatMap(addBoth)).toEqual(Array(2_000).fill(false));
});

it.each(SEEDS)("knows each of two thousand names again, wherever it is in the table: seed %i", (seed) => {
  const table = new NameTable(seed);
  const names = Array.from({ length: 2_000 }, (_, index) => String(index).padStart(4, "0"));
  table.begin(names.join(""));
  const add = (name: string, index: number): boolean => table.add(0, table.hash(name), 4 * index, 4 * index + 4);
  expect([names.every(add), names.some(add)]).toEqual([true, false]);
});

it("distinguishes two names with the same hash", () => {
  const table = new NameTable(5);
  const byHash = new Map<number, string>();
  let twins: readonly [string, string] | undefined;
  for (let count = 1_000_000; twins === undefined; count += 1) {
    const name = String(count);
    const other = byHash.get(table.hash(name));
    twins = other === undefined ? undefined : [other, name];
    byHash.set(table.hash(name), name);
  }
  const [one, other] = twins;
  table.begin(one + other);
  const hash = table.hash(one);
  const added = [table.add(0, hash, 0, 7), table.add(0, hash, 7, 14), table.add(0, hash, 7, 14)];
  expect(added).toEqual([true, true, false]);
});
