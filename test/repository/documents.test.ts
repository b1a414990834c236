import { existsSync, readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { listPages, PAGES, readPage } from "../readme/pages.ts";

const ROOT = join(import.meta.dirname, "../..");
const MOST_LINES = 150;
/** Paths of this repository in running text, such as `plugin/core/decide.ts` and test/attacks. Placeholders have `…`, `*` or `<`. */
const PATH =
  /(?<![\w./…<>{}$@-])(?:plugin|cli|sandbox|schema|tools|test|evidence|deploy|docs|policies)\/[\w./-]*\w(?![\w…<{*-]*[…<{*])/g;
/** ADRs and findings report a decision or a test of their day. */
const IS_HISTORY = /^docs\/adr\/\d|^docs\/evidence\/findings-/;
/** Files that a command writes and Git ignores, and files that the reader of a guide writes. */
const MADE_LATER = /^(?:evidence\/fuzz\/findings|policies\/shop\.yaml|policies\/orders\.(?:test\.)?yaml)/;

interface Link {
  readonly page: string;
  readonly target: string;
}

function withoutBlocks(text: string): string {
  return text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, "");
}

/** A regular expression in code can look like a link. */
function withoutCode(text: string): string {
  return withoutBlocks(text).replaceAll(/`[^`\n]*`/g, "");
}

function findLinks(page: string): readonly Link[] {
  const targets = [...withoutCode(readPage(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => !/^(?:https?|mailto):/.test(target)).map((target) => ({ page, target }));
}

/** The page to which a link leads, relative to the root, and the heading on this page. */
function resolveLink({ page, target }: Link): readonly [path: string, heading: string | undefined] {
  const [path = "", heading] = target.split("#");
  return [path === "" ? page : posix.join(posix.dirname(page), path), heading];
}

/**
 * Anchors in the form of GitHub: lower case, without punctuation, with a dash for each blank. A second heading with the
 * same name gets `-1`.
 */
function findAnchors(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of withoutBlocks(readPage(page)).matchAll(/^#+ (.*)$/gm)) {
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-");
    anchors.add(anchors.has(anchor) ? `${anchor}-1` : anchor);
  }
  return anchors;
}

function isBroken(link: Link): boolean {
  const [path, heading] = resolveLink(link);
  if (!existsSync(join(ROOT, path))) {
    return true;
  }
  return heading !== undefined && path.endsWith(".md") && !findAnchors(path).has(heading);
}

/** A word of a test command names all files whose path begins with the word. */
function isThere(path: string): boolean {
  const folder = join(ROOT, posix.dirname(path));
  const begins = (name: string): boolean => name.startsWith(`${posix.basename(path)}.`);
  return existsSync(join(ROOT, path)) || (existsSync(folder) && readdirSync(folder).some(begins));
}

/** Paths that a page names outside of links. Links have a separate test. */
function findPaths(page: string): readonly string[] {
  const text = readPage(page).replaceAll(/\]\([^)\s]+\)/g, "]");
  return [...text.matchAll(PATH)].map(([path]) => path).filter((path) => !MADE_LATER.test(path));
}

describe("the pages", () => {
  it("have no marks of a merge", () => {
    expect(PAGES.filter((page) => /^(?:<{7}|={7}|>{7})(?: |$)/m.test(readPage(page)))).toEqual([]);
  });

  it("have links that lead somewhere", () => {
    const links = PAGES.flatMap(findLinks);
    expect(links.length).toBeGreaterThan(200);
    expect(links.filter(isBroken)).toEqual([]);
  });

  it("name only files and folders that exist", () => {
    const named = PAGES.filter((page) => !IS_HISTORY.test(page)).flatMap((page) =>
      findPaths(page).map((path) => ({ page, path })),
    );
    expect(named.length).toBeGreaterThan(200);
    expect(named.filter(({ path }) => !isThere(path))).toEqual([]);
  });
});

it.each(["README.md", ...listPages("docs/guides")])(`%s has at most ${MOST_LINES} lines`, (page) => {
  const lines = readPage(page).trimEnd().split("\n").length;
  expect(lines, `Shorten ${page}, or move a part of it to a page of its own.`).toBeLessThanOrEqual(MOST_LINES);
});

it("docs/README.md leads to every guide, every reference and every page of evidence", () => {
  const linked = new Set(findLinks("docs/README.md").map((link) => resolveLink(link)[0]));
  const pages = ["docs/guides", "docs/reference", "docs/evidence"].flatMap(listPages);
  expect(pages.filter((page) => !linked.has(page))).toEqual([]);
});
