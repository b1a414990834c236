import { toPrintable } from "../../plugin/core/text/printable.ts";

/** A word needs no quotes in a shell if it has only these characters. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * Quotes a word for a POSIX shell.
 *
 * @param expand replaces `text` in the word by `as`, such as `$T1` or `$(command)`. The shell expands `as`.
 */
export function quoteWord(word: string, expand?: { readonly text: string; readonly as: string }): string {
  if (expand === undefined || !word.includes(expand.text)) {
    return PLAIN.test(word) ? word : `'${toPrintable(word).replaceAll("'", "'\\''")}'`;
  }
  const parts = word.split(expand.text).map((part) => toPrintable(part).replace(/["\\$`]/g, "\\$&"));
  return `"${parts.join(expand.as)}"`;
}
