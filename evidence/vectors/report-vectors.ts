import type { TestModule } from "vitest/node";
import { HEADINGS, rowOf, type VectorFigures } from "./figures.ts";

declare module "vitest" {
  interface TaskMeta {
    /** The results of the public vectors. */
    vectors?: readonly VectorFigures[];
  }
}

/** The table of the public vectors, as lines; empty if no vectors were judged. */
export function reportVectors(modules: readonly TestModule[]): string[] {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const figures = tests.flatMap((test) => test.meta().vectors ?? []);
  if (figures.length === 0) {
    return [];
  }
  const rows = [HEADINGS, ...figures.map(rowOf)];
  const widths = HEADINGS.map((_heading, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
  return ["\nPublic vectors:", ...lines];
}
