/** A part of a word for `sh`: in single quotes, in double quotes, escaped, or plain. */
const PART = /'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)/y;

/**
 * Splits a command into words as `sh` does, but expands nothing: `$PPID`, for example, stays unchanged. The result is
 * undefined if a quote is not closed.
 */
export function splitWords(command: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  PART.lastIndex = 0;
  for (let index = 0; index < command.length; index = PART.lastIndex) {
    PART.lastIndex = index;
    const part = PART.exec(command);
    if (part) {
      const [, single, double, escaped, plain] = part;
      word = `${word ?? ""}${single ?? double?.replaceAll(/\\(["\\$`])/g, "$1") ?? escaped ?? plain ?? ""}`;
    } else if (/\s/.test(command.charAt(index))) {
      words.push(...(word === undefined ? [] : [word]));
      word = undefined;
      PART.lastIndex = index + 1;
    } else {
      return undefined;
    }
  }
  return [...words, ...(word === undefined ? [] : [word])];
}
