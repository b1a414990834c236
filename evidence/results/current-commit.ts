import { execFileSync } from "node:child_process";

/**
 * The commit that is checked out, for results. Changed pages do not count as a change, because commands write results
 * into the pages.
 */
export function currentCommit(): string {
  const git = (...args: string[]): string => execFileSync("git", args, { encoding: "utf8" }).trim();
  const changes = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs");
  return `${git("rev-parse", "HEAD")}${changes === "" ? "" : " and changes"}`;
}
