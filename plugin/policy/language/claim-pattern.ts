import { fail, type Result, succeed } from "../../core/model/result.ts";
import { quoteText } from "../../core/text/printable.ts";

/**
 * Patterns for which every comparison is quick, whatever the string. The patterns have only single characters and
 * classes, each with an optional quantifier, and no nesting. Other features of RegExp can take exponential time for
 * some strings, and the sender of a token chooses the string.
 */

const PARTS =
  /(?:\\[dws.\\/*+?()[\]{}|^$]|\[\^?(?:\\[dws.\\[\]^-]|[^\\[\]])+\]|[^\\()[\]{}|^$*+?])([*+?]|\{\d{1,3}(?:,(?:\d{1,3})?)?\})?/y;
/**
 * A match may try each possible length of a repeating part, up to 256 characters. With two repeating parts, a match
 * takes tens of thousands of steps.
 */
const MAX_REPEATING = 2;
/** Each optional part doubles the number of steps. */
const MAX_OPTIONAL = 4;

/** Compiles a pattern, anchored at both ends. The failure says what is wrong with the pattern. */
export function compileClaimPattern(pattern: string): Result<RegExp, string> {
  const quantifiers: string[] = [];
  PARTS.lastIndex = 0;
  for (let position = 0; position < pattern.length; position = PARTS.lastIndex) {
    const part = PARTS.exec(pattern);
    if (!part) {
      const hint = "A pattern always fits the whole claim, and has no groups and no alternatives.";
      return fail(`${quoteText(pattern.slice(position))} cannot be used here. ${hint}`);
    }
    quantifiers.push(part[1] ?? "");
  }
  if (quantifiers.filter((quantifier) => /[*+,]/.test(quantifier)).length > MAX_REPEATING) {
    return fail(`At most ${MAX_REPEATING} parts may repeat without an upper limit; or list the values under one_of.`);
  }
  if (quantifiers.filter((quantifier) => quantifier === "?").length > MAX_OPTIONAL) {
    return fail(`At most ${MAX_OPTIONAL} parts may be optional; or list the values under one_of.`);
  }
  try {
    return succeed(new RegExp(`^${pattern}$`, "su"));
  } catch {
    return fail("The pattern is not a regular expression.");
  }
}
