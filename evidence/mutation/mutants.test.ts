import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MUTATED_FILES } from "./mutants.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Quick: whether the list still fits the sources. The mutants themselves are run by `npm run test:mutation`. */
describe.each(MUTATED_FILES)("the mutants of $file", ({ file, killers, mutants }) => {
  const source = readFileSync(join(ROOT, file), "utf8");

  it.each(mutants)("fit: $name", ({ find, replace }) => {
    expect(source.split(find).length - 1, `${JSON.stringify(find)} must stand exactly once in ${file}`).toBe(1);
    expect(replace).not.toBe(find);
  });

  it("have names of their own", () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  it("name tests that exist", () => {
    expect(killers.filter((test) => !existsSync(join(ROOT, test)))).toEqual([]);
  });
});
