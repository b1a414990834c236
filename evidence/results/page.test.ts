import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { renderHeaders, SECTIONS } from "../key-proof/results/render-proof.ts";
import { putRow, putSection } from "./page.ts";

const HEADER = "| gateway | passed |";
const PAGE = `# Page\n\n${HEADER}\n| --- | --- |\n| Kong | 1 |\n| sandbox | 2 |\n\nThe end.\n`;

describe("a row of a result", () => {
  it("replaces the row with the same first cell", () => {
    expect(putRow(PAGE, HEADER, "| Kong | 3 |")).toBe(PAGE.replace("| Kong | 1 |", "| Kong | 3 |"));
  });

  it("becomes the last row if its first cell is new, also in an empty table", () => {
    const row = "| Kong with the guard | 3 |";
    expect(putRow(PAGE, HEADER, row)).toBe(PAGE.replace("| sandbox | 2 |", `| sandbox | 2 |\n${row}`));
    const empty = `${HEADER}\n| --- | --- |\n`;
    expect(putRow(empty, HEADER, row)).toBe(`${empty}${row}\n`);
  });

  it("is refused if no table has its columns", () => {
    expect(() => putRow(PAGE, "| gateway | failed |", "| Kong | 0 |")).toThrow("no table has the columns | gateway |");
  });
});

describe("a section of results", () => {
  const page = "# Page\n\n## Kong\n\nold\n\n## Kong with the guard\n\nstays\n";

  it("replaces the section with the same heading, and does not change other sections", () => {
    expect(putSection(page, "Kong", "new")).toBe(page.replace("old", "new"));
    expect(putSection(page, "Kong with the guard", "new")).toBe(page.replace("stays", "new"));
  });

  it("is appended if its heading is new", () => {
    expect(putSection(page, "sandbox", "new")).toBe(`${page}\n## sandbox\n\nnew\n`);
  });
});

describe("the committed pages", () => {
  const read = (name: string): string => readFileSync(`docs/evidence/${name}.md`, "utf8");

  it("say of each gateway that no request passed without permission, or was judged by a wrong rule", () => {
    const counts = [...read("faults").matchAll(/\*\*(\d+) (?:passed without permission|judged by a wrong rule)\*\*/g)];
    expect(counts.length).toBeGreaterThanOrEqual(10);
    expect(counts.filter(([, count]) => count !== "0")).toEqual([]);
  });

  it("have a table for each part of the proof of keys", () => {
    const lines = read("keys-proof").split("\n");
    expect(SECTIONS.flatMap(renderHeaders).filter((header) => !lines.includes(header))).toEqual([]);
  });
});
