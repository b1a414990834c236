import { expect, it } from "vitest";
import { NameTable } from "../../../plugin/core/json/name-table.ts";

/** For each of these names, whether it is new in its text. */
const addAll = (table: NameTable, names: string): boolean[] =>
  [...names].map((name, index) => table.add(0, table.hash(name), index, index + 1));

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

it("knows each of two thousand names again, wherever it is in the table", () => {
  const table = new NameTable(7);
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
