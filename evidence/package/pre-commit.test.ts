import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

// Runs the hooks of .pre-commit-hooks.yaml with the real pre-commit. As on a user's machine, pre-commit
// installs and builds a clone of this repository, so npm must reach the npm registry. PRE_COMMIT names another command,
// for example one in a virtual environment.

const ROOT = join(import.meta.dirname, "../..");
const PRE_COMMIT = process.env.PRE_COMMIT ?? "pre-commit";
const MINUTES = 60_000;
const isThere = spawnSync(PRE_COMMIT, ["--version"]).status === 0;

const home = mkdtempSync(join(tmpdir(), "jwt-policy-hooks-"));
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }), 5 * MINUTES);

function git(folder: string, ...args: readonly string[]): string {
  const identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
  return execFileSync("git", ["-C", folder, ...identity, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
}

/** A clone with the current files, including uncommitted changes. */
function cloneSources(): { readonly source: string; readonly commit: string } {
  const source = join(home, "source");
  git(ROOT, "clone", "-q", ROOT, source);
  const changed = git(ROOT, "ls-files", "--modified", "--others", "--exclude-standard").split("\n");
  for (const file of changed.filter((name) => name !== "")) {
    cpSync(join(ROOT, file), join(source, file));
  }
  git(source, "add", "-A");
  git(source, "commit", "-q", "--allow-empty", "-m", "as it is now");
  return { source, commit: git(source, "rev-parse", "HEAD") };
}

/** A user's repository with the three hooks. */
function createRepository(): string {
  const { source, commit } = cloneSources();
  const folder = join(home, "repository");
  mkdirSync(join(folder, "policies"), { recursive: true });
  for (const file of ["kong.yml", "policies/payments.yaml", "policies/payments.test.yaml"]) {
    cpSync(join(ROOT, file), join(folder, file));
  }
  const ids = ["validate", "lint", "test"].map((name) => `      - id: jwt-policy-${name}\n`).join("");
  writeFileSync(
    join(folder, ".pre-commit-config.yaml"),
    `repos:\n  - repo: file://${source}\n    rev: ${commit}\n    hooks:\n${ids}`,
  );
  git(folder, "init", "-q");
  git(folder, "add", "-A");
  return folder;
}

describe.skipIf(!isThere)(isThere ? "pre-commit" : `pre-commit: no command ${PRE_COMMIT}`, () => {
  it("installs the hooks, passes good policies, corrects one, and refuses mistakes and failing tests", {
    timeout: 25 * MINUTES,
  }, () => {
    const folder = createRepository();
    const policy = join(folder, "policies/payments.yaml");
    const text = readFileSync(policy, "utf8");
    const run = (): readonly [status: number | null, output: string] => {
      git(folder, "add", "-A");
      const { status, stdout, stderr } = spawnSync(PRE_COMMIT, ["run", "--all-files"], {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, PRE_COMMIT_HOME: join(home, "pre-commit"), PRE_COMMIT_COLOR: "never" },
      });
      return [status, stdout + stderr];
    };
    const runWith = (from: string, to: string): ReturnType<typeof run> => {
      expect(text).toContain(from);
      writeFileSync(policy, text.replace(from, to));
      return run();
    };
    const [status, output] = run();
    expect([status, output.match(/\.\.Passed$/gm)?.length]).toEqual([0, 3]);

    expect(runWith("clock_skew: 30s", "clock_skew: 5m")).toEqual([
      1,
      expect.stringContaining("files were modified by this hook"),
    ]);
    expect(readFileSync(policy, "utf8")).toBe(text);
    expect(runWith("clock_skew: 30s", "clock_skew: 30 sec")).toEqual([1, expect.stringContaining("duration_invalid")]);
    expect(runWith("required_scopes: [payments:write]", "required_scopes: [payments:read]")).toEqual([
      1,
      expect.stringContaining("test_failed"),
    ]);
  });
});
