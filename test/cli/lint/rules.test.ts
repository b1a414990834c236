import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { fixPolicies } from "../../../cli/lint/fix-policies.ts";
import { lintFiles } from "../../../cli/lint/lint-files.ts";
import type { LintInput } from "../../../cli/lint/lint-policy-file.ts";
import type { Example } from "../../../offline/lint/model/rule.ts";
import { completePolicy } from "../../../offline/lint/rules/examples.ts";
import { LINT_RULES } from "../../../offline/lint/rules/registry.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { createFolders } from "../write-files.ts";

const directory = temporaryFolder();
const folderOf = createFolders(directory);

interface Scene {
  readonly policies: readonly LintInput[];
  readonly kong: readonly (readonly LintInput[])[];
}

function write({ policy, kong, files = {} }: Example): Scene {
  const texts = {
    ...files,
    "orders.yaml": completePolicy(policy),
    ...(kong === undefined ? {} : { "kong.yml": kong }),
  };
  const root = folderOf(texts);
  const inputOf = (name: string, text: string): LintInput => ({ file: join(root, name), text });
  return {
    policies: [inputOf("orders.yaml", texts["orders.yaml"])],
    kong: kong === undefined ? [] : [[inputOf("kong.yml", kong)]],
  };
}

async function lint({ policies, kong }: Scene): Promise<readonly string[]> {
  const { findings } = await lintFiles(policies, kong, {});
  return findings.map(({ code, message }) => `${code}: ${message}`);
}

const comments = (text: string): readonly string[] => text.match(/#.*/g) ?? [];

describe("each rule of lint", () => {
  it.each(LINT_RULES)("$id finds its bad example, and no other rule does", async ({ id, severity, bad }) => {
    const { policies, kong } = write(bad);
    const { findings } = await lintFiles(policies, kong, {});
    const notes = expect.arrayContaining([`see docs/reference/lint.md#${id}`]);
    expect(findings).toEqual([expect.objectContaining({ code: id, severity, notes, excerpt: expect.any(String) })]);
  });

  it.each(LINT_RULES)("no rule finds the good example of $id", async ({ good }) => {
    expect(await lint(write(good))).toEqual([]);
  });

  it.each(LINT_RULES.filter(({ fix }) => fix))(
    "the fix of $id turns the bad example into the good example, and keeps comments and layout",
    async ({ bad, good }) => {
      const { policies, kong } = write(bad);
      const fixed = await fixPolicies(policies, kong, {});
      const text = fixed.policies[0]?.text ?? "";
      expect(fixed.count).toBe(1);
      expect(await lint({ policies: fixed.policies, kong })).toEqual([]);
      expect(comments(text)).toEqual(comments(policies[0]?.text ?? ""));
      expect(parse(text)).toEqual(parse(completePolicy(good.policy)));
      expect(text.split("\n")).toEqual(completePolicy(good.policy).split("\n"));
    },
  );

  it("is on the page that findings name, once", () => {
    const page = readFileSync("docs/reference/lint.md", "utf8");
    for (const { id } of LINT_RULES) {
      expect(page.split("\n").filter((line) => line === `### ${id}`)).toHaveLength(1);
    }
    expect(new Set(LINT_RULES.map(({ id }) => id)).size).toBe(LINT_RULES.length);
  });
});
