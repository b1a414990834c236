import { Lexer } from "yaml";
import type { Finding, FindingCode } from "../../plugin/policy/language/finding.ts";
import { didYouMean } from "../../plugin/policy/language/suggest-name.ts";
import { findLintRule, LINT_RULES } from "./rules/registry.ts";

/** Matches `# lint-ignore RULE: reason`. Commas separate several rules. */
const SUPPRESSION = /^#+\s*lint-ignore\b:?\s*([^:]*?)\s*(?::\s*(.*?))?\s*$/;
const HAS_WORD = /\p{L}{2}/u;
/** Tokens of the YAML lexer that are not characters of the text: document start, end of a flow, and "a scalar follows". */
const SCALAR_FOLLOWS = "\x1f";
const NOT_IN_TEXT = ["\x02", "\x18"];

/** One lint rule that a comment suppresses. A comment with several rules results in several suppressions. */
interface Suppression {
  readonly rule: string;
  readonly reason: string;
  /** The position of the comment. */
  readonly line: number;
  readonly column: number;
  /** The line whose findings the comment suppresses. */
  readonly target: number;
}

interface Suppressed {
  /** The findings that no comment suppresses, and the findings about comments. */
  readonly kept: readonly Finding[];
  /** How many findings were suppressed. */
  readonly count: number;
}

/**
 * Removes the findings that comments of a text suppress. Reports three kinds of comments: without a reason, for an
 * unknown rule, and without an effect.
 *
 * @param findings of this text, with lines.
 * @param hasRun says whether a rule was checked. If a rule was not checked, its comment is not reported as unused.
 */
export function applySuppressions(
  findings: readonly Finding[],
  text: string,
  hasRun: (rule: FindingCode) => boolean,
): Suppressed {
  const suppressions = readSuppressions(text);
  const isSuppressed = ({ code, line }: Finding): boolean =>
    findLintRule(code)?.topic !== "suppression" &&
    suppressions.some(({ rule, target }) => rule === code && target === line);
  const kept = findings.filter((finding) => !isSuppressed(finding));
  const mistakes = suppressions.flatMap((suppression): Finding[] => {
    const found = checkSuppression(suppression, findings, hasRun);
    const { line, column } = suppression;
    return found && hasRun(found.code) ? [{ ...found, severity: "error", line, column }] : [];
  });
  return { kept: [...kept, ...mistakes], count: findings.length - kept.length };
}

function checkSuppression(
  { rule, reason, target }: Suppression,
  findings: readonly Finding[],
  hasRun: (rule: FindingCode) => boolean,
): Pick<Finding, "code" | "message"> | undefined {
  const known = findLintRule(rule);
  if (!known || known.topic === "suppression") {
    const what = rule === "" ? "No rule is named." : `There is no rule "${rule}" that comments can suppress.`;
    const ids = LINT_RULES.map(({ id }) => id);
    return {
      code: "suppression_unknown",
      message: `${what} Write "# lint-ignore RULE: reason".${didYouMean(rule, ids)}`,
    };
  }
  if (!HAS_WORD.test(reason)) {
    return { code: "suppression_without_reason", message: `Give a reason: "# lint-ignore ${rule}: reason".` };
  }
  const isUsed = findings.some(({ code, line }) => code === rule && line === target);
  return isUsed || !hasRun(known.id)
    ? undefined
    : { code: "suppression_unused", message: `${rule} finds nothing in line ${target}. Remove this comment.` };
}

function readSuppressions(text: string): readonly Suppression[] {
  if (!text.includes("lint-ignore")) {
    return [];
  }
  const lines = text.split(/\r?\n/);
  return listComments(text).flatMap(({ comment, line, column }) => {
    const [, rules, reason = ""] = SUPPRESSION.exec(comment) ?? [];
    const target = (lines[line - 1] ?? "").slice(0, column - 1).trim() === "" ? findNextLine(lines, line) : line;
    return rules === undefined
      ? []
      : rules.split(",").map((rule) => ({ rule: rule.trim(), reason, line, column, target }));
  });
}

/** The number of the next line that contains more than a comment. */
function findNextLine(lines: readonly string[], line: number): number {
  const index = lines.findIndex((text, at) => at >= line && !/^\s*(?:#.*)?$/.test(text));
  return index < 0 ? line : index + 1;
}

/** Lists all comments of a YAML text. A `#` in a scalar is not a comment. */
function listComments(text: string): readonly { comment: string; line: number; column: number }[] {
  const comments: { comment: string; line: number; column: number }[] = [];
  let line = 1;
  let column = 1;
  let isScalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    if (!isScalar && (lexeme === SCALAR_FOLLOWS || NOT_IN_TEXT.includes(lexeme))) {
      isScalar = lexeme === SCALAR_FOLLOWS;
      continue;
    }
    if (!isScalar && lexeme.startsWith("#")) {
      comments.push({ comment: lexeme, line, column });
    }
    isScalar = false;
    const feeds = lexeme.split("\n").length - 1;
    line += feeds;
    column = feeds > 0 ? lexeme.length - lexeme.lastIndexOf("\n") : column + lexeme.length;
  }
  return comments;
}
