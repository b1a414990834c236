import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { MAIN } from "../cli/run-cli.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { readPage } from "./pages.ts";
import { findBlocks, findTranscripts, toPattern } from "./transcripts.ts";

const ROOT = join(import.meta.dirname, "../..");
const GUIDE = "docs/guides/ci.md";
const PULL_REQUEST = "docs/guides/pull-requests.md";

const folder = temporaryFolder();
beforeAll(() => {
  mkdirSync(join(folder, "policies"));
  const names = ["payments.yaml", "payments.test.yaml", "platform.yaml", "platform.test.yaml"];
  for (const file of ["kong.yml", ...names.map((name) => `policies/${name}`)]) {
    cpSync(join(ROOT, file), join(folder, file));
  }
  git("init", "-q");
  git("add", "-A");
  git("commit", "-qm", "one");
  git("update-ref", "refs/remotes/origin/main", "HEAD");
});

function git(...args: readonly string[]): void {
  const identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
  execFileSync("git", ["-C", folder, ...identity, ...args], { stdio: "pipe" });
}

function check(...args: readonly string[]): { readonly status: number | null; readonly stdout: string } {
  return spawnSync(process.execPath, [MAIN, "check", ...args], { cwd: folder, encoding: "utf8" });
}

it("shows what the command prints", () => {
  const [{ command, output } = { command: "", output: "" }] = findTranscripts(readPage(GUIDE));
  const args = command.split(" ").slice(4);
  expect(command).toMatch(/^npx --no-install kong-jwt-policy check /);
  expect(check(...args)).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(toPattern(output.replace(/^…\n/, "…"))),
  });
});

it("shows the comment that the edit of the page causes", () => {
  const page = readPage(PULL_REQUEST);
  const [diff] = findBlocks(page).filter(({ language }) => language === "diff");
  const [removed = "?", added = ""] = ["-", "+"].map((sign) =>
    diff?.text
      .split("\n")
      .find((line) => line.startsWith(sign))
      ?.slice(1)
      .trim(),
  );
  const policy = join(folder, "policies/payments.yaml");
  const text = readFileSync(policy, "utf8");
  expect(text.split(removed)).toHaveLength(2);
  writeFileSync(policy, text.replace(removed, added));
  const { status } = check("policies", "--kong=kong.yml", "--against=git:origin/main", "--comment=comment.md");
  writeFileSync(policy, text);
  const shown = page.match(/^>.*$/gm)?.map((line) => line.replace(/^> ?/, ""));
  const [, ...comment] = readFileSync(join(folder, "comment.md"), "utf8").trimEnd().split("\n");
  expect([status, shown]).toEqual([1, comment]);
});

it("has a workflow with our inputs, few rights and pinned actions", () => {
  const [text = ""] = findBlocks(readPage(GUIDE)).flatMap((block) =>
    block.text.includes("jobs:") ? [block.text] : [],
  );
  const { permissions, jobs } = parse(text);
  expect([permissions, jobs.check.permissions]).toEqual([{}, { contents: "read", "pull-requests": "write" }]);
  const [checkout, action] = jobs.check.steps;
  expect(readFileSync(join(ROOT, ".github/workflows/ci.yml"), "utf8")).toContain(checkout.uses);
  expect(checkout.with).toEqual({ "fetch-depth": 0, "persist-credentials": false });
  const { inputs } = parse(readFileSync(join(ROOT, "action.yml"), "utf8"));
  expect(Object.keys(action.with).filter((name) => !(name in inputs))).toEqual([]);
});

it("uses hooks that exist, and explains each of them", () => {
  const hooks: readonly { id: string }[] = parse(readFileSync(join(ROOT, ".pre-commit-hooks.yaml"), "utf8"));
  const page = readPage(GUIDE);
  const [text = ""] = findBlocks(page).flatMap((block) => (block.text.includes("repos:") ? [block.text] : []));
  const used = parse(text).repos[0].hooks.map(({ id }: { id: string }) => id);
  expect(used).toEqual(hooks.map(({ id }) => id));
  expect(hooks.filter(({ id }) => !page.includes(`| \`${id}\` |`))).toEqual([]);
});
