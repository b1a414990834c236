import { type Example, type LintRule, TOPICS, type Topic } from "../offline/lint/model/rule.ts";
import { SHARED } from "../offline/lint/rules/examples.ts";
import { LINT_RULES } from "../offline/lint/rules/registry.ts";

/** The reference of all rules of lint, as Markdown. Each rule has a heading. Findings link to this heading. */
export function renderLintReference(): string {
  const topics = Object.entries(TOPICS) as [Topic, string][];
  const rows = LINT_RULES.map(
    ({ id, severity, fix, summary }) => `| [\`${id}\`](#${id}) | ${severity} | ${fix ? "yes" : ""} | ${summary} |`,
  );
  const parts = topics.map(([topic, title]) =>
    [`## ${title}`, "", ...LINT_RULES.filter((rule) => rule.topic === topic).map(renderRule)].join("\n"),
  );
  return [
    "<!-- Generated from offline/lint/rules by `npm run generate`; do not edit. -->",
    "# Lint reference",
    "",
    `\`kong-jwt-policy lint\` has ${LINT_RULES.length} rules ([guide](../guides/linting.md)). \`validate\` and \`render\` also warn of some of the problems, and ignore suppressions. \`render --strict\` fails on a warning.`,
    "An error is a gap that attackers can use, or a configuration that Kong refuses. Each example needs these additional parts:",
    "",
    ...block(Object.values(SHARED).join("")),
    "",
    "| rule | severity | `--fix` | finds |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
    parts.join("\n"),
  ].join("\n");
}

function renderRule({ id, severity, summary, why, bad, good, fix }: LintRule): string {
  return [
    `### ${id}`,
    "",
    `${summary} ${why}`,
    "",
    `Severity: ${severity}.${fix ? ` \`--fix\` ${fix.summary}.` : ""}`,
    "",
    "An example that the rule reports:",
    "",
    ...renderExample(bad),
    "",
    "An example that the rule accepts:",
    "",
    ...renderExample(good),
    "",
  ].join("\n");
}

function renderExample({ policy, kong, files = {} }: Example): readonly string[] {
  const parts = [policy, kong ?? ""].filter((text) => text !== "").map(block);
  const named = Object.keys(files).map((name) => ["", `The policy root has a usable file \`${name}\`.`]);
  return [...parts.flatMap((lines, index) => (index > 0 ? ["", ...lines] : lines)), ...named.flat()];
}

function block(text: string): readonly string[] {
  return ["```yaml", ...text.trimEnd().split("\n"), "```"];
}
