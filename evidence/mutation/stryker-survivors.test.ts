import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { SURVIVORS } from "./stryker-survivors.mjs";

// Stryker itself reports explanations that are out of date, but a whole run of Stryker takes an hour.
it("each explanation of a mutant that no test notices is about a line that the file still has", () => {
  const readLines = (file: string): readonly string[] =>
    readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.trim());
  const lines = new Map([...new Set(SURVIVORS.map(({ file }) => file))].map((file) => [file, readLines(file)]));
  expect(SURVIVORS.filter(({ file, line }) => !lines.get(file)?.includes(line))).toEqual([]);
});
