import { quoteText } from "../core/printable.ts";

/**
 * Patterns that can be held against any text in a short time: single characters and classes, each with a quantifier, and nothing that
 * nests. What RegExp offers beyond that takes exponential time with some texts, and their senders choose them.
 */

const PARTS =
  /(?:\\[dws.\\/*+?()[\]{}|^$]|\[\^?(?:\\[dws.\\[\]^-]|[^\\[\]])+\]|[^\\()[\]{}|^$*+?])([*+?]|\{\d{1,3}(?:,(?:\d{1,3})?)?\})?/y;
/** Each of these may try every length of a text of 256 characters: two of them are some ten thousand steps. */
const MAX_REPEATING = 2;
/** And each of these doubles that. */
const MAX_OPTIONAL = 4;

/** The pattern, anchored at both ends, or what is wrong with it. */
export function compileClaimPattern(pattern: string): { readonly pattern: RegExp } | { readonly problem: string } {
  const quantifiers: string[] = [];
  PARTS.lastIndex = 0;
  for (let position = 0; position < pattern.length; position = PARTS.lastIndex) {
    const part = PARTS.exec(pattern);
    if (!part) {
      const hint = "Patterns fit the whole claim by themselves, and have no groups and no alternatives.";
      return { problem: `${quoteText(pattern.slice(position))} can not stand here. ${hint}` };
    }
    quantifiers.push(part[1] ?? "");
  }
  if (quantifiers.filter((quantifier) => /[*+,]/.test(quantifier)).length > MAX_REPEATING) {
    return {
      problem: `At most ${MAX_REPEATING} parts may repeat an open number of times; name the values with one_of.`,
    };
  }
  if (quantifiers.filter((quantifier) => quantifier === "?").length > MAX_OPTIONAL) {
    return { problem: `At most ${MAX_OPTIONAL} parts may be optional; name the values with one_of.` };
  }
  try {
    return { pattern: new RegExp(`^${pattern}$`, "su") };
  } catch {
    return { problem: "It is not a regular expression." };
  }
}
