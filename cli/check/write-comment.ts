import { type Direction, isLooser } from "../../offline/compare/change.ts";
import { type Finding, isWarning } from "../../plugin/policy/language/finding.ts";
import { quoteWord } from "../../sandbox/message/shell-word.ts";
import type { FoundChange } from "../diff/policies/compare-files.ts";
import { plural } from "../findings/plural.ts";
import type { CheckStep } from "./check-step.ts";
import { codeBlock, codeSpan, cutText } from "./escape-markdown.ts";
import type { FindRequest } from "./find-route.ts";
import type { CheckResult } from "./run-check.ts";
import { writeCurl } from "./write-curl.ts";

/** The files with which a reviewer can start the sandbox. */
export interface SandboxFiles {
  readonly kong: string;
  readonly policyRoot: string;
  readonly findRequest: FindRequest;
}

/** GitHub accepts 65,536 characters in a comment. The limit leaves 5,536 characters for text that a workflow adds. */
const MAX_COMMENT = 60_000;
/** The space for the line that says how much text is left out. */
const RESERVE = 300;
const MAX_FINDINGS = 20;
const LONGEST_TEXT = 3_000;
const LONGEST_PASTE = 12_000;

/** By this line, a workflow finds the comment of its last run. It then replaces this comment. */
const MARKER = "<!-- kong-jwt-policy check -->";
const SHOWN: Readonly<Record<CheckStep["status"], string>> = {
  passed: "✅ passed",
  failed: "❌ failed",
  incomplete: "⚠️ could not run",
  skipped: "➖ skipped",
};

/**
 * Writes the comment for a pull request: a table of the steps, then each looser change with its example, then other findings.
 *
 * @param sandbox the files for the sandbox; undefined if no kong.yml is known.
 */
export function writeComment(result: CheckResult, sandbox: SandboxFiles | undefined): string {
  const sections = [...writeChanges(result, sandbox), ...writeFindings(result), ...writeOthers(result)];
  let text = writeHead(result);
  let left = 0;
  for (const section of sections) {
    if (left === 0 && text.length + section.length + RESERVE < MAX_COMMENT) {
      text += `\n${section}\n`;
    } else {
      left += 1;
    }
  }
  const rest = `\n${left} more ${left === 1 ? "section does" : "sections do"} not fit into this comment. See the output of the job.\n`;
  return left === 0 ? text : `${text}${rest}`;
}

function writeHead({ steps, changes, approved }: CheckResult): string {
  const worst = (["incomplete", "failed"] as const).find((status) => steps.some((step) => step.status === status));
  const title =
    worst === undefined ? "✅ JWT policies: all checks passed" : "❌ JWT policies: some checks did not pass";
  const open = changes.filter(({ change, fingerprint }) => isLooser(change) && !approved.has(fingerprint)).length;
  const rows = steps.map(
    ({ name, status, summary }) => `| ${name} | ${SHOWN[status]} | ${codeSpan(summary.join("; "))} |`,
  );
  const lines = [MARKER, `### ${title}`, "", "| step | result | |", "| --- | --- | --- |", ...rows, ""];
  return `${lines.join("\n")}${open > 0 ? `\n**${plural(open, "change")} without approval ${open === 1 ? "lets" : "let"} more requests pass than before.**\n` : ""}`;
}

function writeChanges({ changes, approved }: CheckResult, sandbox: SandboxFiles | undefined): readonly string[] {
  const looser = changes.filter(({ change }) => isLooser(change));
  const sorted = looser.toSorted((a, b) => Number(approved.has(a.fingerprint)) - Number(approved.has(b.fingerprint)));
  return sorted.map((found) => writeChange(found, approved.has(found.fingerprint), sandbox));
}

const DIRECTIONS: Readonly<Record<Direction, string>> = {
  looser: "Looser",
  stricter: "Stricter",
  changed: "Changed",
  unknown: "Not compared",
};

function writeChange(found: FoundChange, isApproved: boolean, sandbox: SandboxFiles | undefined): string {
  const { file, change, fingerprint, before, after, test } = found;
  const title = `#### ${DIRECTIONS[change.direction]}${isApproved ? " (approved)" : ""}: ${change.class} of ${codeSpan(change.subject)} in ${codeSpan(file)}`;
  const requests = [
    ...new Set(
      change.cells.map(
        ({ method, template, isOtherMethod }) => `${isOtherMethod ? "other methods" : method} ${template}`,
      ),
    ),
  ];
  const facts = [
    change.summary,
    ...(requests.length > 0 ? [`requests: ${requests.join(", ")}`] : []),
    ...(before === undefined ? [] : [`before:   ${before}`, `now:      ${after}`]),
    `approve with fingerprint ${fingerprint}`,
  ];
  return [
    title,
    "",
    codeBlock("text", facts.map((line) => cutText(line, LONGEST_TEXT)).join("\n")),
    ...(test === undefined ? [] : showTest(test)),
    ...(change.example === undefined ? [] : showCurl(found, sandbox)),
  ].join("\n");
}

function showTest(test: string): readonly string[] {
  return test.length > LONGEST_PASTE
    ? ["", "The example is too long for a comment. `kong-jwt-policy diff` prints it."]
    : ["", "The example as a test, which passes only with the old policy:", "", codeBlock("yaml", test)];
}

function showCurl(found: FoundChange, sandbox: SandboxFiles | undefined): readonly string[] {
  const curl = writeCurl(found, sandbox?.findRequest);
  if ("reason" in curl) {
    return ["", curl.reason];
  }
  if (curl.command.length > LONGEST_PASTE) {
    return ["", "The example's curl command is too long for a comment."];
  }
  const { kong = "kong.yml", policyRoot = "policies" } = sandbox ?? {};
  const options = [
    `--config=${kong}`,
    `--policy-root=${policyRoot}`,
    ...curl.issuers.map((issuer) => `--stand-in=${issuer}`),
  ];
  const start = `npx --no-install kong-jwt-policy sandbox ${options.map((option) => quoteWord(option)).join(" ")}`;
  const text = `# In one terminal, with the files of this branch:\n${start}\n# In a second terminal:\n${curl.command}`;
  return ["", "The example as a request to a sandbox on your machine:", "", codeBlock("sh", text)];
}

/** Writes the table of findings that are not changes. */
function writeFindings({ steps }: CheckResult): readonly string[] {
  const found = steps.flatMap(({ name, findings }) =>
    findings.filter((finding) => !isChange(finding)).map((finding) => ({ name, finding })),
  );
  const sorted = found.toSorted((a, b) => Number(isWarning(a.finding)) - Number(isWarning(b.finding)));
  const shown = sorted.slice(0, MAX_FINDINGS).map(({ name, finding }) => {
    const { code, message, file, line, notes = [] } = finding;
    const where = file === undefined ? "–" : codeSpan(line === undefined ? file : `${file}:${line}`);
    const text = codeSpan([message, ...notes].join(" "));
    return `| ${name} | ${isWarning(finding) ? "warning " : ""}${codeSpan(code)} | ${where} | ${text} |`;
  });
  const more = sorted.length - shown.length;
  const lines = ["#### Findings", "", "| step | kind | where | what |", "| --- | --- | --- | --- |", ...shown];
  return shown.length === 0
    ? []
    : [[...lines, ...(more > 0 ? ["", `The output of the job has ${more} more findings.`] : [])].join("\n")];
}

function isChange({ code }: Finding): boolean {
  return code.startsWith("policy_") && code !== "policy_missing" && code !== "policy_too_large";
}

/** Writes one line for each change that lets no additional requests pass. */
function writeOthers({ changes }: CheckResult): readonly string[] {
  const others = changes.filter(({ change }) => !isLooser(change));
  const lines = others
    .slice(0, MAX_FINDINGS)
    .map(
      ({ file, change }) =>
        `- ${DIRECTIONS[change.direction]}: ${change.class} of ${codeSpan(change.subject)} in ${codeSpan(file)}: ${codeSpan(change.summary)}`,
    );
  const more = others.length - lines.length;
  return lines.length === 0
    ? []
    : [["#### Other changes", "", ...lines, ...(more > 0 ? [`- ${more} more`] : [])].join("\n")];
}
