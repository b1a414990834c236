import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { MAIN } from "../../test/cli/run-cli.ts";
import { temporaryFolder } from "../../test/temporary-folder.ts";

// Runs `check` in repositories like those of users: without tests, without Git, shallow, at the first commit, and with
// renamed or deleted policies.

const ROOT = join(import.meta.dirname, "../..");
const home = temporaryFolder();

const EXAMPLES = ["kong.yml", "policies/payments.yaml", "policies/payments.test.yaml", "policies/platform.yaml"];

/** A folder with the example policies of this repository. */
function folderOf(name: string): string {
  const folder = join(home, name);
  mkdirSync(join(folder, "policies"), { recursive: true });
  for (const file of EXAMPLES) {
    writeFileSync(join(folder, file), readFileSync(join(ROOT, file)));
  }
  return folder;
}

const GIT = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null", GIT_CEILING_DIRECTORIES: home };

function git(folder: string, ...args: readonly string[]): void {
  const identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"];
  execFileSync("git", ["-C", folder, ...identity, ...args], { stdio: "pipe", env: { ...process.env, ...GIT } });
}

/** A repository that has one commit. */
function repositoryOf(name: string): string {
  const folder = folderOf(name);
  git(folder, "init", "-q");
  git(folder, "add", "-A");
  git(folder, "commit", "-qm", "one");
  return folder;
}

interface Checked {
  readonly status: number;
  readonly stdout: string;
}

function check(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Checked {
  const options = { cwd: folder, encoding: "utf8", env: { ...process.env, ...GIT, ...env }, stdio: "pipe" } as const;
  try {
    return { status: 0, stdout: execFileSync(process.execPath, [MAIN, "check", ...args], options) };
  } catch (error) {
    const { status, stdout } = error as Checked;
    return { status, stdout };
  }
}

it("lints kong.yml with its suppressions, and says each thing once", () => {
  const folder = folderOf("kong");
  const clean = check(folder, ["policies", "--kong=kong.yml"]);
  expect(clean).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^lint +passed +0 findings, 2 suppressed$/m),
  });
  const kong = readFileSync(join(folder, "kong.yml"), "utf8");
  writeFileSync(join(folder, "kong.yml"), kong.replace(/^ *# lint-ignore .*\n/m, ""));
  const { status, stdout } = check(folder, ["policies", "--kong=kong.yml"]);
  expect([status, stdout.match(/route_without_rule/g)?.length]).toEqual([1, 2]); // A finding and its page.
  writeFileSync(join(folder, "kong.yml"), kong.replace("rule: refunds", "rule: refund"));
  const mistake = check(folder, ["policies", "--kong=kong.yml"]);
  expect([mistake.status, mistake.stdout.match(/^kong\.yml:\d+:\d+ rule_unknown/gm)?.length]).toEqual([1, 1]);
});

it("says how to check a kong.yml that it finds, because a directory may have those of several gateways", () => {
  const folder = folderOf("hint");
  expect(check(folder, ["."]).stdout).toMatch(
    /^kong\.yml +skipped +no --kong was given; to check kong\.yml, add --kong kong\.yml$/m,
  );
  expect(check(folder, ["policies", "kong.yml"]).stdout).toMatch(/^kong\.yml +passed +1 file, no mistakes$/m);
});

it("finds the directory of the policies that kong.yml names", () => {
  const folder = folderOf("root");
  renameSync(join(folder, "policies"), join(folder, "rules"));
  expect(check(folder, [".", "--kong=kong.yml"]).stdout).toMatch(/^kong\.yml +passed/m);
});

it("warns of policies without tests, and passes unless --min wants coverage", () => {
  const folder = folderOf("untested");
  rmSync(join(folder, "policies/payments.test.yaml"));
  const { status, stdout } = check(folder, ["policies"]);
  expect([status, stdout.match(/No test file tests this policy/g)?.length]).toEqual([0, 2]);
  expect(stdout).toMatch(/^test +skipped +no test files$/m);
  expect(check(folder, ["policies", "--min=1"]).status).toBe(1);
});

it("does not call a policy untested whose test file has a mistake", () => {
  const folder = folderOf("mistake");
  rmSync(join(folder, "policies/platform.yaml"));
  writeFileSync(
    join(folder, "policies/payments.test.yaml"),
    "jwt_policy_test: 1\ntests: [{ rule: no-such-rule, expect: allow }]\n",
  );
  const { status, stdout } = check(folder, ["policies"]);
  expect([status, stdout]).toEqual([1, expect.not.stringContaining("not_covered")]);
});

const OUTSIDE = folderOf("outside");
const EMPTY = folderOf("empty");
const FIRST = repositoryOf("first");
const BRANCH = join(home, "branch");
const SHALLOW = join(home, "shallow");

it.each([
  ["outside of a repository", OUTSIDE, "main", /this directory is not in a Git repository/],
  ["in a repository without commits", EMPTY, "main", /it has no commits yet/],
  ["at the first commit", FIRST, "HEAD~1", /no commit "HEAD~1": write the name of a branch, a tag or a commit/],
  [
    "in a clone that has the branch at its origin only",
    BRANCH,
    "main",
    /it has "origin\/main": write git:origin\/main/,
  ],
  ["in a shallow clone", SHALLOW, "HEAD~1", /the clone is shallow\. Fetch the whole history: "fetch-depth: 0"/],
  ["with a reference that looks like an option", FIRST, "--output=x", /is not a commit/],
])("cannot compare %s, says why, and still reports the other steps", (_where, folder, reference, expected) => {
  prepareClones();
  const { status, stdout } = check(folder, ["policies", `--against=git:${reference}`]);
  expect([status, stdout]).toEqual([2, expect.stringMatching(expected)]);
  expect(stdout).toMatch(/^test +passed/m);
  expect(stdout).toMatch(/^could not run: diff$/m);
});

let arePrepared = false;
function prepareClones(): void {
  if (!arePrepared) {
    arePrepared = true;
    git(EMPTY, "init", "-q");
    git(FIRST, "clone", "-q", FIRST, BRANCH);
    git(BRANCH, "checkout", "-q", "-b", "change");
    git(BRANCH, "branch", "-q", "-D", "main");
    const source = repositoryOf("source");
    git(source, "commit", "-q", "--allow-empty", "-m", "two");
    git(source, "clone", "-q", "--depth=1", `file://${source}`, SHALLOW);
  }
}

it("cannot compare if there is no command git", () => {
  const { status, stdout } = check(FIRST, ["policies", "--against=git:main"], { PATH: home });
  expect([status, stdout]).toEqual([2, expect.stringMatching(/the command git is missing/)]);
});

it("compares a renamed policy with its old file, so that only its change counts", () => {
  const folder = repositoryOf("renamed");
  git(folder, "mv", "policies/platform.yaml", "policies/shop.yaml");
  const same = check(folder, ["policies", "--against=git:HEAD"]);
  expect(same).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("policies/shop.yaml is compared with policies/platform.yaml"),
  });
  const text = readFileSync(join(folder, "policies/shop.yaml"), "utf8");
  writeFileSync(
    join(folder, "policies/shop.yaml"),
    text.replace("required_scopes: [orders:read]", "required_scopes: []"),
  );
  const { status, stdout } = check(folder, ["policies", "--against=git:HEAD"]);
  expect([status, stdout]).toEqual([1, expect.stringMatching(/^diff .* 1 looser$/m)]);
});

it("reports the requests that a deleted policy refuses now, and the plugins that still name it", () => {
  const folder = repositoryOf("deleted");
  rmSync(join(folder, "policies/platform.yaml"));
  const without = check(folder, ["policies", "--against=git:HEAD"]);
  expect(without).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^policies\/platform\.yaml warning policy_stricter/m),
  });
  const { status, stdout } = check(folder, ["policies", "--against=git:HEAD", "--kong=kong.yml"]);
  expect([status, stdout]).toEqual([1, expect.stringMatching(/^kong\.yml:\d+:\d+ file_missing/m)]);
});

it("reports before it writes its files, and exits with 2 if it cannot write them", () => {
  const { status, stdout } = check(FIRST, ["policies", "--comment=no/such/folder.md"]);
  expect([status, stdout]).toEqual([2, expect.stringContaining("check passed")]);
});

it("shows no failure for a warning in JUnit's XML, except for warnings of lint", () => {
  const folder = folderOf("junit");
  rmSync(join(folder, "policies/payments.test.yaml"));
  expect(check(folder, ["policies", "--format=junit"]).stdout).toMatch(/<testsuites [^>]*failures="0"/);
  const policy = readFileSync(join(folder, "policies/payments.yaml"), "utf8");
  writeFileSync(join(folder, "policies/payments.yaml"), policy.replace("clock_skew: 30s", "clock_skew: 5m"));
  expect(check(folder, ["policies", "--format=junit"]).stdout).toMatch(/<testsuites [^>]*failures="1"/);
});
