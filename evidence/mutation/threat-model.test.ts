import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ATTACK_CLASSES } from "../../test/attacks/classes/classes.ts";

const ROOT = join(import.meta.dirname, "../..");
const TEXT = readFileSync(join(ROOT, "SECURITY.md"), "utf8");
const PATH = /\b(?:plugin|test|evidence|docs|schema)\/[a-z0-9/.-]*[a-z0-9]/g;

interface Row {
  readonly section: string;
  readonly files: readonly string[];
  readonly attacks: readonly string[];
}

/** The tables of defences. These are all tables whose last column names attacks. */
function readRows(): Row[] {
  const tables = TEXT.split(/\n\n+/).filter((part) => /^\|.*\| attacks, among others \|$/m.test(part));
  return tables.flatMap((table) =>
    table
      .trim()
      .split("\n")
      .slice(2)
      .map((line) => {
        const [section = "", files = "", attacks = ""] = line.split(" | ");
        return {
          section: section.replace(/^\| /, ""),
          files: files.match(PATH) ?? [],
          attacks: attacks.replace(/ \|$/, "").split(", "),
        };
      }),
  );
}

const ROWS = readRows();
const IDS = new Set(ATTACK_CLASSES.flatMap(({ attacks }) => attacks.map(({ id }) => id)));
/** Stryker's lists have only three forms: whole files, `DIR/**` + `/*.ts`, and exclusions with `!`. */
const STRYKER_LISTS: readonly string[][] = ["stryker.config.json", "stryker.core.config.json"].map(
  (name) => JSON.parse(readFileSync(join(import.meta.dirname, "stryker", name), "utf8")).mutate,
);
const isMutated = (file: string): boolean =>
  STRYKER_LISTS.some(
    (list) =>
      !list.includes(`!${file}`) &&
      list.some((entry) => entry === file || file.startsWith(entry.replace("**/*.ts", ""))),
  );

it("names no file that does not exist", () => {
  const paths = TEXT.match(PATH) ?? [];
  expect(paths.length).toBeGreaterThan(50);
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

it("has a row for each section of RFC 8725 and for the threats that its successor adds", () => {
  const numbers = (prefix: string, first: number, last: number): string[] =>
    Array.from({ length: last - first + 1 }, (_, index) => `${prefix}${first + index}`);
  const due = [...numbers("2.", 1, 9), ...numbers("bis 2.", 10, 13), ...numbers("3.", 1, 12)];
  const told = ROWS.map(({ section }) => /^(?:bis )?\d\.\d+/.exec(section)?.[0]).filter(
    (number) => number !== undefined,
  );
  expect(told).toEqual(due);
});

it("names attacks of every class", () => {
  const named = new Set(ROWS.flatMap(({ attacks }) => attacks));
  const silent = ATTACK_CLASSES.filter(({ attacks }) => !attacks.some(({ id }) => named.has(id)));
  expect(silent.map(({ name }) => name)).toEqual([]);
});

describe.each(ROWS)("$section", ({ files, attacks }) => {
  it("names attacks that exist", () => {
    expect(attacks.filter((id) => !IDS.has(id))).toEqual([]);
  });

  it("names defences that Stryker mutates", () => {
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => file.endsWith(".ts") && !isMutated(file))).toEqual([]);
  });
});

it("names in Stryker's lists only paths that exist", () => {
  const paths = STRYKER_LISTS.flat().map((entry) => entry.replace(/^!/, "").replace("/**/*.ts", ""));
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
