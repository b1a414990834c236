import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { CHECK_LISTS } from "./check-lists/all.ts";
import { type CheckList, readPositions } from "./check-lists/check-list.ts";
import { missingVectors, readVectors } from "./vector-folder.ts";

interface Title {
  /** Absent where all titles are of one file. */
  readonly file?: string;
  /** What it stands under, outermost first, with ` / ` between. */
  readonly suite: string;
  readonly title: string;
}

const TESTS = fileURLToPath(new URL("../../test/", import.meta.url));

describe.each(CHECK_LISTS.map((list) => [list.source, list] as const))("the check-list %s", (source, list) => {
  const rows = Object.values(list.files).flat();

  it("names tests of ours that are there", () => {
    const named = rows.flatMap(([, coverage]) => ("sentence" in coverage ? [coverage] : []));
    const lost = named.filter(({ file, sentence }) => !existsSync(TESTS + file) || !readTest(file).includes(sentence));
    expect(lost).toEqual([]);
  });

  it("says of every position once what covers it", () => {
    const wrong = Object.entries(list.files).filter(([, fileRows]) => {
      const positions = fileRows.flatMap(([text]) => readPositions(text)).sort((one, other) => one - other);
      return positions.some((position, index) => position !== index + 1);
    });
    expect(wrong).toEqual([]);
  });

  if (missingVectors === undefined) {
    it("has a row for every title, and was made for these titles", () => {
      const titles = readVectors<Title[]>(`${source}/scenarios.json`);
      expect(countRows(list)).toEqual(countTitles(titles));
      expect(fingerprintOf(titles)).toBe(list.fingerprint);
    });
  }
});

const readTest = (file: string): string => readFileSync(TESTS + file, "utf8");

function countRows({ files }: CheckList): Record<string, number> {
  const counts = Object.entries(files).map(([file, rows]) => [
    file,
    rows.flatMap(([positions]) => readPositions(positions)).length,
  ]);
  return Object.fromEntries(counts);
}

/** Titles by file, or by suite where there is one file; what other titles stand under is a heading and no test. */
function countTitles(titles: readonly Title[]): Record<string, number> {
  const headings = new Set(titles.map(({ file, suite }) => `${file}: ${suite}`));
  const counts: Record<string, number> = {};
  for (const { file, suite, title } of titles) {
    const name = suite === "" ? title : `${suite} / ${title}`;
    if (!headings.has(`${file}: ${name}`)) {
      counts[file ?? suite] = (counts[file ?? suite] ?? 0) + 1;
    }
  }
  return counts;
}

function fingerprintOf(titles: readonly Title[]): string {
  const text = titles.map(({ title }) => title).join("\n");
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
