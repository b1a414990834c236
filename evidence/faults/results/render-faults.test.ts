import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { RENDERED, readFaultResults, renderAll } from "./fault-files.ts";

it("docs/faults.md is what the committed results say", () => {
  expect(readFileSync(RENDERED, "utf8")).toBe(renderAll());
});

it("no committed result has a request that passed without a right, or was judged by another", () => {
  const figures = readFaultResults().flatMap(({ runs }) => runs.flatMap(({ faults }) => faults));
  expect(figures.filter(({ leaked, judgedByAnother }) => leaked + judgedByAnother > 0)).toEqual([]);
});
