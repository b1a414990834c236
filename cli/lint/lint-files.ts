import { resolve } from "node:path";
import type { TextEdit } from "../../offline/lint/fix/find-edits.ts";
import { findFix } from "../../offline/lint/fix/find-fixes.ts";
import { findLintRule, pageOf } from "../../offline/lint/rules/registry.ts";
import { applySuppressions } from "../../offline/lint/suppressions.ts";
import type { Finding, FindingCode } from "../../plugin/policy/language/finding.ts";
import { showExcerpts } from "../findings/excerpts.ts";
import { checkKong, type KongView } from "./check-kong.ts";
import { type LintedPolicy, type LintInput, lintPolicyFile } from "./lint-policy-file.ts";

export interface LintSettings {
  readonly policyRoot?: string | undefined;
  /** The names of the rules to check; if undefined, all rules are checked. */
  readonly rules?: readonly string[] | undefined;
}

/** The edits that together correct one finding in a file. */
export interface FileFix {
  readonly file: string;
  readonly edits: readonly TextEdit[];
}

interface LintResult {
  /** The findings, sorted by file and line. */
  readonly findings: readonly Finding[];
  readonly fixes: readonly FileFix[];
  readonly suppressed: number;
}

/**
 * Lints policies, and compares them with Kong's files if there are any.
 *
 * @param gateways the files of each gateway.
 */
export async function lintFiles(
  policies: readonly LintInput[],
  gateways: readonly (readonly LintInput[])[],
  settings: LintSettings,
): Promise<LintResult> {
  const linted = await Promise.all(policies.map((input) => lintPolicyFile(input, settings.policyRoot)));
  const names = policies.map(({ file }) => file);
  const views = await Promise.all(gateways.map((files) => checkKong(files, settings.policyRoot, names)));
  const hasRun = (id: FindingCode): boolean =>
    (settings.rules?.includes(id) ?? true) && (gateways.length > 0 || findLintRule(id)?.topic !== "kong");
  const isChecked = ({ code }: Finding): boolean => findLintRule(code) === undefined || hasRun(code);
  const results = [
    ...linted.map((policy) => {
      const placed = withoutParents(policy, linted);
      const unused = findUnusedRules(policy, findUsed(policy, views));
      const own = [...placed.map(({ finding }) => finding), ...unused].filter(isChecked);
      const { kept, count } = applySuppressions(own, policy.text, hasRun);
      const fixes = placed.flatMap(({ finding, origin, isInherited }) => {
        const edits =
          origin && !isInherited && kept.includes(finding) ? findFix(origin, policy.text, policy.data) : undefined;
        return edits ? [{ finding, fix: { file: policy.file, edits } }] : [];
      });
      return {
        kept: complete(
          kept,
          policy,
          fixes.map(({ finding }) => finding),
        ),
        fixes: fixes.map(({ fix }) => fix),
        count,
      };
    }),
    ...gateways.flat().map((input) => {
      const own = views
        .flatMap(({ findings }) => findings)
        .filter(({ file }) => file === input.file)
        .filter(isChecked);
      const { kept, count } = applySuppressions(own, input.text, hasRun);
      return { kept: complete(kept, input, []), fixes: [], count };
    }),
  ];
  return {
    findings: results.flatMap(({ kept }) => kept),
    fixes: results.flatMap(({ fixes }) => fixes),
    suppressed: results.reduce((sum, { count }) => sum + count, 0),
  };
}

/** Leaves out findings that are already reported for the extended file. */
function withoutParents(policy: LintedPolicy, all: readonly LintedPolicy[]): LintedPolicy["placed"] {
  const parent = all.find(({ file }) => policy.parent !== undefined && resolve(file) === policy.parent);
  const describe = (origin: Finding | undefined): string => JSON.stringify([origin?.code, origin?.path]);
  const known = new Set(parent?.placed.map(({ origin }) => describe(origin)));
  return policy.placed.filter(({ origin, isInherited }) => !isInherited || !known.has(describe(origin)));
}

/** Lists the rules of a policy that are used by a Route of any gateway; undefined if no gateway uses the policy. */
function findUsed({ file }: LintInput, views: readonly KongView[]): ReadonlySet<string> | undefined {
  const used = views.flatMap(({ usedRules }) => usedRules.get(resolve(file)) ?? []);
  return used.length === 0 ? undefined : new Set(used.flatMap((rules) => [...rules]));
}

/** Finds rules that no Route uses, if Kong's files use the policy. */
function findUnusedRules(policy: LintedPolicy, used: ReadonlySet<string> | undefined): readonly Finding[] {
  const unused = policy.rules.filter((rule) => used && !used.has(rule));
  const found = unused.map(
    (rule): Finding => ({
      code: "rule_without_route",
      severity: "warning",
      path: ["routes", rule],
      atKey: true,
      message: `No Route of the given Kong files uses rule "${rule}". Correct the rule's name, or remove the rule.`,
    }),
  );
  return showExcerpts(
    found.flatMap((finding) => policy.locate([finding])),
    policy.file,
    policy.text,
  );
}

/** Adds the excerpt and the advice that people need, and sorts the findings by position. */
function complete(
  findings: readonly Finding[],
  { file, text }: LintInput,
  fixable: readonly Finding[],
): readonly Finding[] {
  const shown = findings.map((finding) => {
    const rule = findLintRule(finding.code);
    const fix = fixable.includes(finding) && rule?.fix ? [`--fix ${rule.fix.summary}`] : [];
    const placed = finding.file === undefined ? (showExcerpts([finding], file, text)[0] ?? finding) : finding;
    return rule ? { ...placed, notes: [`see ${pageOf(rule)}`, ...fix] } : placed;
  });
  return shown.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
