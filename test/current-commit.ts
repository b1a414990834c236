import { execFileSync } from "node:child_process";

/** The commit that is checked out, for results: the results in this directory themselves do not count as a change. */
export function currentCommit(results: string): string {
  const git = (...args: string[]): string => execFileSync("git", args, { encoding: "utf8" }).trim();
  const changes = git("status", "--porcelain", "--untracked-files=no", "--", ".", `:!${results}`);
  return `${git("rev-parse", "HEAD")}${changes === "" ? "" : " and changes"}`;
}
