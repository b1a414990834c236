import { expect, it } from "vitest";
import { NameTable } from "../../../plugin/core/text/name-table.ts";

/** Whether each of these names is new in its text. */
const addAll = (table: NameTable, names: string): boolean[] =>
  [...names].map((_, index) => table.add(0, index, index + 1, undefined));

it("names of one text are forgotten with the next, also when the count of texts is at its end", () => {
  const table = new NameTable(5, 2 ** 32 - 3);
  for (let text = 0; text < 5; text += 1) {
    table.begin("aba");
    expect(addAll(table, "aba"), `text ${text}`).toEqual([true, true, false]);
  }
});

it("names of the first text are not those that follow when the count begins anew", () => {
  const table = new NameTable(5);
  table.begin("ab");
  expect(addAll(table, "ab")).toEqual([true, true]);
  const restarted = new NameTable(5, 2 ** 32 - 1);
  for (const text of ["ab", "ab"]) {
    restarted.begin(text);
    expect(addAll(restarted, text)).toEqual([true, true]);
  }
});

it("has room for 2,048 names, and refuses one more as if it were there", () => {
  const table = new NameTable(7);
  table.begin("");
  const added = Array.from({ length: 2_049 }, (_, index) => table.add(0, 0, 0, `name ${index}`));
  expect([added.indexOf(false), added.lastIndexOf(true)]).toEqual([2_048, 2_047]);
});

it("tells the names of one object from those of another, and takes an escaped name for the same", () => {
  const table = new NameTable(9);
  table.begin("a");
  expect([table.add(0, 0, 1, undefined), table.add(1, 0, 1, undefined), table.add(0, 0, 0, "a")]).toEqual([
    true,
    true,
    false,
  ]);
});
