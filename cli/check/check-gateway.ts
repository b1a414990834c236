import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { findLintRule } from "../../offline/lint/rules/registry.ts";
import { fail, type Result, succeed } from "../../plugin/core/model/result.ts";
import { messageOf } from "../../plugin/core/text/error-message.ts";
import { isWarning } from "../../plugin/policy/language/finding.ts";
import { renderState } from "../deck/render-state.ts";
import { summarizeFindings } from "../findings/report-findings.ts";
import { findPolicyRoot } from "../lint/check-kong.ts";
import type { LintInput } from "../lint/lint-policy-file.ts";
import { type CheckStep, skipStep } from "./check-step.ts";

/** Kong's configuration files, and the directory with the policies that these files use. */
export interface Gateway {
  /** The list is empty if `--kong` is missing, or if one of Kong's files cannot be read. */
  readonly files: readonly LintInput[];
  readonly policyRoot: string;
}

/** Reads Kong's configuration files. The failure says which file cannot be read. */
export async function readGateway(
  names: readonly string[],
  policyRoot: string | undefined,
  policies: readonly string[],
): Promise<Result<Gateway, string>> {
  const files: LintInput[] = [];
  for (const file of names) {
    try {
      files.push({ file, text: await readFile(file, "utf8") });
    } catch (error) {
      return fail(`${file} cannot be read: ${messageOf(error)}`);
    }
  }
  return succeed({ files, policyRoot: policyRoot ?? findPolicyRoot(files, policies) });
}

/**
 * Reports only the mistakes that make `render` refuse Kong's files. `lint` reports all other problems in these files,
 * because an author can suppress the findings of `lint`.
 */
export async function checkGateway({ files, policyRoot }: Gateway, found: readonly string[]): Promise<CheckStep> {
  if (files.length === 0) {
    const [first] = found;
    return skipStep(
      "kong.yml",
      first === undefined ? "no --kong" : `no --kong was given; to check ${first}, add --kong ${first}`,
    );
  }
  const rendered = await renderState(files, {
    policyRoot: resolve(policyRoot),
    inline: false,
    tags: [],
    selectTags: [],
  });
  const all = rendered.ok ? rendered.value.warnings : rendered.failure;
  const findings = all.filter((finding) => !isWarning(finding) || findLintRule(finding.code) === undefined);
  return {
    name: "kong.yml",
    status: rendered.ok ? "passed" : "failed",
    summary: [summarizeFindings(files.length, findings)],
    findings,
    cases: [],
  };
}
