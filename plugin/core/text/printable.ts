/**
 * Makes text from files, requests, providers and the environment safe to print. Only this module knows which characters a terminal,
 * an editor or a log viewer interprets or hides. The characters are control characters, line separators, direction
 * marks, ignorable characters, lone surrogates and noncharacters.
 */

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;
/** Matches user and password of a URL. The match goes up to the last `@`, because a password may have any character. */
const USER_INFO = /\/\/\S*@/g;
const MAX_QUOTED = 60;

/** Escapes unprintable characters, such as `\u{202e}`. The result is one line. */
export function toPrintable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Like {@link toPrintable}, but keeps line feeds. */
export function toPrintableLines(text: string): string {
  return text.split("\n").map(toPrintable).join("\n");
}

/** Writes a value as JSON text, with unprintable characters escaped. */
export function toPrintableJson(value: unknown, indent?: number): string {
  // Line feeds come only from the indentation, because JSON.stringify escapes line feeds in texts.
  return JSON.stringify(value, undefined, indent).replaceAll(UNPRINTABLE, (char) =>
    char === "\n" ? char : char.split("").map(escapeUnit).join(""),
  );
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Hides user and password in the URLs of a string. */
export function withoutUserInfo(text: string): string {
  return text.replaceAll(USER_INFO, "//…@");
}

/** Quotes a string of a document. Shortens the string, and removes user and password if the string has a URL. */
export function quoteText(text: string): string {
  const quoted = JSON.stringify(withoutUserInfo(text));
  return toPrintable(quoted.length > MAX_QUOTED ? `${quoted.slice(0, MAX_QUOTED - 3)}…` : quoted);
}

/** Quotes only scheme and host of a URL, because its user, path and query may be secret. */
export function quoteOrigin(url: string): string {
  return URL.canParse(url) ? quoteText(`${new URL(url).protocol}//${new URL(url).host}`) : "this text";
}
