import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { serveApi } from "../../../sandbox/api/serve-api.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { MAIN, runCli } from "../run-cli.ts";
import { createFolders } from "../write-files.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../../..");
const home = temporaryFolder();

const POLICY = readFileSync(join(ROOT, "policies/payments.yaml"), "utf8");
const TESTS = readFileSync(join(ROOT, "policies/payments.test.yaml"), "utf8");
const KONG = `_format_version: "3.0"
services:
- name: payments
  url: http://payments.internal
  routes:
  - { name: payments-read, paths: [/payments], methods: [GET] }
  - { name: payments-write, paths: [/payments], methods: [POST] }
  - { name: refunds, paths: [/refunds], strip_path: false }
  plugins: [{ name: jwt-policy, config: { policy_file: payments.yaml } }]
`;

const folderOf = createFolders(home);

interface Checked {
  readonly folder: string;
  readonly status: number | null;
  readonly stdout: string;
  readonly comment: string;
  /** The JSON form. */
  readonly steps: Readonly<Record<string, { readonly status: string; readonly summary: readonly string[] }>>;
}

/** Checks `after` against `before`, both with the name policies/payments.yaml. */
function check(
  before: string,
  after: string,
  files: Readonly<Record<string, string>> = {},
  ...args: string[]
): Checked {
  const old = folderOf({ "payments.yaml": before });
  const folder = folderOf({ "policies/payments.yaml": after, "kong.yml": KONG, ...files });
  const comment = join(folder, "comment.md");
  const { status, stdout, stderr } = runCli([
    "check",
    join(folder, "policies"),
    "--against",
    old,
    "--comment",
    comment,
    "--format=json",
    `--approvals=${join(folder, "approvals.yaml")}`,
    ...args,
  ]);
  expect(stderr).toBe("");
  return { folder, status, stdout, comment: readFileSync(comment, "utf8"), steps: JSON.parse(stdout).steps };
}

function edit(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

const READERS_PAY = edit(
  POLICY,
  "required_scopes: [payments:write]",
  "required_scopes: { any_of: [payments:write, payments:read] }",
);

describe("check", () => {
  it("passes if all steps pass, and measures coverage only with --min", () => {
    const tests = { "policies/payments.test.yaml": TESTS.replace("../kong.yml", join(ROOT, "kong.yml")) };
    const { status, steps, comment } = check(POLICY, POLICY, tests);
    expect([status, Object.values(steps).map((step) => step.status)]).toEqual([
      0,
      ["passed", "skipped", "passed", "passed", "passed"],
    ]);
    expect(steps.test?.summary.join()).not.toContain("coverage");
    expect(comment).toMatch(/^<!-- kong-jwt-policy check -->\n### ✅/);
    const measured = check(POLICY, POLICY, tests, "--min=100");
    expect([measured.status, measured.steps.test?.summary.join()]).toEqual([0, expect.stringContaining("100 %")]);
  });

  it("fails if a policy has no tests and --min requires coverage, so that deleting the tests does not help", () => {
    expect(check(POLICY, POLICY).status).toBe(0);
    const { status, stdout } = check(POLICY, POLICY, {}, "--min=1");
    expect([status, stdout]).toEqual([1, expect.stringContaining("No test file tests this policy.")]);
  });

  it("exits with 1 for a mistake in the new policy, and with 2 if the old policy cannot be compared", () => {
    const broken = edit(POLICY, "payments-read:", "payments-read: [");
    expect([check(POLICY, broken).status, check(broken, POLICY).status]).toEqual([1, 2]);
  });

  it("still reports all other steps if one cannot run", () => {
    const folder = folderOf({ "policies/payments.yaml": edit(POLICY, "required_scopes", "scopes") });
    const comment = join(folder, "c.md");
    const args = ["check", join(folder, "policies"), "--against=git:no-such-commit", `--kong=${folder}/none.yml`];
    const { status, stdout } = runCli([...args, "--comment", comment]);
    expect([status, stdout]).toEqual([2, expect.stringMatching(/unknown_key/)]);
    expect(stdout).toMatch(/kong\.yml could not run: .*none\.yml/);
    expect(stdout).toMatch(/diff could not run: .*no-such-commit/);
    expect(readFileSync(comment, "utf8")).toContain("### ❌");
  });

  it("exits with 2 if there is no policy", () => {
    const folder = folderOf({ "other.yaml": "a: 1\n" });
    expect(runCli(["check", folder])).toMatchObject({ status: 2, stderr: expect.stringContaining("no policy here") });
    expect(runCli(["check", "-"])).toMatchObject({ status: 2, stderr: expect.stringContaining("standard input") });
  });

  it.each([
    ["text", /failed: diff\n$/],
    ["json", /"code": "policy_looser"/],
    ["sarif", /"ruleId": "policy_looser"/],
    ["github", /^::error file=[^\n]*title=policy_looser::/m],
    ["gitlab", /"check_name": "policy_looser"/],
    ["junit", /<testcase classname="validate"/],
  ])("writes one report as %s", (format, expected) => {
    const [old, folder] = [folderOf({ "p.yaml": POLICY }), folderOf({ "p.yaml": READERS_PAY })];
    const sarif = join(folder, "out.sarif");
    const { status, stdout } = runCli(["check", folder, "--against", old, "--format", format, "--sarif", sarif]);
    expect([status, stdout]).toEqual([1, expect.stringMatching(expected)]);
    expect(JSON.parse(readFileSync(sarif, "utf8"))).toHaveProperty("version", "2.1.0");
  });
});

/**
 * The part of the comment that Markdown interprets. It has no blocks and spans of code (CommonMark sections 4.5 and
 * 6.1).
 */
function outsideCode(markdown: string): string {
  const lines: string[] = [];
  let fence = "";
  for (const line of markdown.split("\n")) {
    const [, ticks = ""] = /^(`{3,})[^`]*$/.exec(line) ?? [];
    if (fence === "" && ticks !== "") {
      fence = ticks;
    } else if (fence !== "") {
      fence = ticks.length >= fence.length && line.trimEnd() === ticks ? "" : fence;
    } else {
      lines.push(line);
    }
  }
  expect(fence).toBe("");
  return lines.map((line) => line.replaceAll(/(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)/g, "")).join("\n");
}

describe("the comment", () => {
  it("shows a looser change with its test, which passes with the old policy only", () => {
    const { status, comment } = check(POLICY, READERS_PAY);
    expect(status).toBe(1);
    expect(comment).toContain("**1 change without approval lets more requests pass than before.**");
    expect(comment).toMatch(/#### Looser: access of `payments-write` in `payments\.yaml`/);
    expect(comment).toMatch(/before: {3}refused, scope_insufficient.*\nnow: {6}passes/);
    const [, test = ""] = /```yaml\n(.*?)```/s.exec(comment) ?? [];
    const suite = `jwt_policy_test: 1\ntests:\n${test.replaceAll(/^(?=.)/gm, "  ")}`;
    const runTest = (policy: string): number | null =>
      runCli(["test", folderOf({ "payments.yaml": policy, "payments.test.yaml": suite })]).status;
    expect([runTest(POLICY), runTest(READERS_PAY)]).toEqual([0, 1]);
  });

  it("says that a change is approved, with exit code 0", () => {
    const { comment } = check(POLICY, READERS_PAY);
    const [, fingerprint = ""] = /fingerprint ([0-9a-f]{16})/.exec(comment) ?? [];
    const approvals = `approvals:\n  - { fingerprint: "${fingerprint}", reason: agreed }\n`;
    const approved = check(POLICY, READERS_PAY, { "approvals.yaml": approvals });
    expect([approved.status, approved.comment]).toEqual([0, expect.stringContaining("#### Looser (approved): access")]);
  });

  it.each([
    ["an image and a link", "![x](https://evil.example/x) [y](https://evil.example)"],
    ["HTML", "<img src=x onerror=alert(1)></code></pre></details>"],
    ["a mention and an issue", "@everyone #1 :tada:"],
    ["the end of code", "``` \n```\n# big\n/approve\n```` ` `` "],
    ["cells of a table", "a|b\\\\|c |\n| d | e |"],
    ["a shell command", "'; touch /tmp/x; $(id) `id` \"$(id)"],
    ["marks that are not shown", "a\u202e\u200b\u0007b"],
  ])("writes %s of a policy as code, which has no effect in Markdown", (_what, text) => {
    const value = JSON.stringify(text);
    const before = edit(POLICY, "required_scopes: [payments:write]", `required_claims: { tier: { equals: ${value} } }`);
    const after = edit(before, `equals: ${value}`, `one_of: [${value}, other]`);
    const { comment } = check(before, after, {
      "policies/payments.test.yaml": `jwt_policy_test: 1\ntests: [{ name: ${value}, rule: payments-read, expect: allow }]\n`,
    });
    expect(comment).toContain("#### Looser");
    expect(outsideCode(comment)).not.toMatch(/evil|img|@|#1|approve$|touch|\u202e|\u200b|\$\(/);
  });

  it("fits into a comment on GitHub, and says which parts are omitted", () => {
    const rules = Array.from({ length: 60 }, (_, index) => `  rule-${index}: { required_scopes: [s${index}] }\n`);
    const before = `${POLICY.slice(0, POLICY.indexOf("\nroutes:"))}\nroutes:\n${rules.join("")}`;
    const after = before.replaceAll(/\[s(\d+)\]/g, "{ any_of: [s$1, other] }");
    const { comment } = check(before, after);
    expect(comment.length).toBeLessThan(65_536);
    expect(comment).toMatch(/\n\d+ more sections do not fit into this comment/);
    expect(comment.match(/```/g)?.length).toSatisfy((fences: number) => fences % 2 === 0);
  });
});

describe("the curl command of the comment", () => {
  let stop: (() => Promise<void>) | undefined;
  afterEach(async () => {
    await stop?.();
    stop = undefined;
  });

  /**
   * Runs the comment's lines in a shell. In this test, `npx` runs this build, and `curl` prints the status from the
   * sandbox at this address.
   */
  async function paste(lines: string, folder: string, url: string): Promise<string> {
    const script = `
npx() { shift 2; ${process.execPath} ${MAIN} "$@" --keys ${home}/keys; }
curl() { command curl -s -o /dev/null -w '%{http_code}' "\${@//http:\\/\\/127.0.0.1:8000/${url.replaceAll("/", "\\/")}}"; }
${lines
  .split("\n")
  .filter((line) => line.startsWith("curl "))
  .join("\n")}`;
    return (await run("bash", ["-c", script], { cwd: folder })).stdout;
  }

  async function serve(folder: string): Promise<string> {
    let url = "";
    const served = await serveApi({
      configFile: join(folder, "kong.yml"),
      policyRoot: join(folder, "policies"),
      standIn: ["acme"],
      keys: join(home, "keys"),
      proxyPort: 0,
      usesServices: false,
      fetchSettings: undefined,
      findProblems: async () => "",
      print: (text) => {
        url = /gateway (http:\/\/[\d.:]+)/.exec(text)?.[1] ?? url;
      },
    });
    stop = served.stop;
    return url;
  }

  it("passes in a sandbox with the new policy, and is refused with the old policy", async () => {
    const folder = folderOf({ "policies/payments.yaml": POLICY, "kong.yml": KONG });
    const identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    for (const args of [
      ["init", "-q"],
      ["add", "-A"],
      [...identity, "commit", "-qm", "one"],
    ]) {
      await run("git", args, { cwd: folder });
    }
    writeFileSync(join(folder, "policies/payments.yaml"), READERS_PAY);
    const args = ["check", "policies", "--against=git:HEAD", "--kong=kong.yml", "--comment=comment.md"];
    await expect(run(process.execPath, [MAIN, ...args], { cwd: folder })).rejects.toMatchObject({ code: 1 });
    const shown = readFileSync(join(folder, "comment.md"), "utf8");
    const [, lines = ""] = /```sh\n(.*?)```/s.exec(shown) ?? [];
    expect(lines).toContain("--stand-in=acme");
    const url = await serve(folder);
    expect(await paste(lines, folder, url)).toBe("200");
    await stop?.();
    const old = folderOf({ "policies/payments.yaml": POLICY, "kong.yml": KONG });
    expect(await paste(lines, old, await serve(old))).toBe("403");
  });
});
