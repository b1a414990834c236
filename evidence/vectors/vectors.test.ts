import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { judgeSource, rowOf, type VectorFigures } from "./figures.ts";
import { renderVectors } from "./render-vectors.ts";
import { DISAGREEMENTS } from "./sources/disagreements.ts";
import { SOURCES } from "./sources.ts";
import { missingVectors } from "./vector-folder.ts";

/** The list may become shorter. It may become longer only by vectors that were not judged before. */
const MOST_DISAGREEMENTS = 18;
const DOCUMENT = new URL("../../docs/evidence/vectors.md", import.meta.url);

it("there are no new disagreements with public vectors, and each disagreement has a source, ids and a reason", () => {
  expect(DISAGREEMENTS.flatMap(({ ids }) => ids).length).toBeLessThanOrEqual(MOST_DISAGREEMENTS);
  expect(DISAGREEMENTS.filter(({ source }) => !SOURCES.some(({ name }) => name === source))).toEqual([]);
  expect(DISAGREEMENTS.filter(({ ids, why }) => ids.length === 0 || why === "")).toEqual([]);
});

it("docs/evidence/vectors.md has the current text, even where the vectors are missing", () => {
  const document = readFileSync(DOCUMENT, "utf8");
  expect(document).toBe(renderVectors(rowsOf(document)));
});

if (missingVectors !== undefined) {
  it("public vectors", (context) => {
    expect(process.env.JWT_VECTORS, missingVectors).toBeUndefined(); // If a folder is named, it must exist on this machine.
    context.skip(missingVectors);
  });
} else {
  const all: Promise<readonly VectorFigures[]> = Promise.all(SOURCES.map(judgeSource));

  describe("public vectors", () => {
    it.each(SOURCES.map(({ name }, index) => [name, index] as const))(
      "%s",
      { timeout: 60_000 },
      async (_name, index) => {
        const figures = (await all)[index];
        expect(figures?.wrong).toEqual([]);
        expect(figures?.judged.length).toBeGreaterThan(0);
      },
    );

    it("docs/evidence/vectors.md has the current results; RESULTS=1 npm run test:vectors writes it", async ({
      task,
    }) => {
      task.meta.vectors = await all;
      const text = renderVectors((await all).map(rowOf));
      if (process.env.RESULTS === "1") {
        writeFileSync(DOCUMENT, text);
      }
      expect(readFileSync(DOCUMENT, "utf8")).toBe(text);
    });
  });
}

/** The figures in the document: the rows of its first table. */
function rowsOf(document: string): string[][] {
  const [, rows = ""] = /\n\| --- .*\n((?:\|.*\n)+)/.exec(document) ?? [];
  return rows
    .trimEnd()
    .split("\n")
    .map((row) => row.slice("| ".length, -" |".length).split(" | "));
}
