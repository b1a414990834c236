import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { SURVIVORS } from "./stryker-survivors.mjs";

// Stryker itself reports explanations that are out of date, but a whole run of Stryker takes an hour.
it("each explanation of a mutant that no test notices is about a line that the file still has", () => {
  const linesOf = (file: string): readonly string[] =>
    readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.trim());
  expect(SURVIVORS.filter(({ file, line }) => !linesOf(file).includes(line))).toEqual([]);
});
