import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** The pages below a folder, with paths relative to the root of the repository, sorted. */
export function listPages(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name))
    .sort();
}

/** All pages that users and contributors read. */
export const PAGES: readonly string[] = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md", "OWNER.md", "CHANGELOG.md"],
  ...listPages("docs"),
];

export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}
