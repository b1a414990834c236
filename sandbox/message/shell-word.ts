import { toPrintable } from "../../plugin/core/text/printable.ts";

/** Words of only these characters need no quotes in a shell. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * Quotes a word for a POSIX shell.
 *
 * @param expand replaces `text` in the word by `as`, such as `$T1` or `$(command)`, which the shell expands.
 */
export function quoteWord(word: string, expand?: { readonly text: string; readonly as: string }): string {
  if (expand === undefined || !word.includes(expand.text)) {
    return PLAIN.test(word) ? word : `'${toPrintable(word).replaceAll("'", "'\\''")}'`;
  }
  const parts = word.split(expand.text).map((part) => toPrintable(part).replace(/["\\$`]/g, "\\$&"));
  return `"${parts.join(expand.as)}"`;
}
