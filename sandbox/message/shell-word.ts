import { toPrintable } from "../../plugin/core/text/printable.ts";

/** A word needs no quotes in a shell if it has only these characters. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * Quotes a word for a POSIX shell.
 *
 * @param expand if set, the function replaces each `text` in the word by `as`. The shell expands `as`, for example
 * `$T1` or `$(command)`.
 */
export function quoteWord(word: string, expand?: { readonly text: string; readonly as: string }): string {
  if (expand === undefined || !word.includes(expand.text)) {
    return PLAIN.test(word) ? word : `'${toPrintable(word).replaceAll("'", "'\\''")}'`;
  }
  const parts = word.split(expand.text).map((part) => toPrintable(part).replace(/["\\$`]/g, "\\$&"));
  return `"${parts.join(expand.as)}"`;
}
