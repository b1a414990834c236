/**
 * Makes text from files, requests, providers and the environment safe to print. Only this module knows which characters a terminal, an
 * editor or a log viewer obeys or hides. They are controls, separators of lines, marks of direction, ignorable characters, lone
 * surrogates and noncharacters.
 */

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;
/** User and password of a URL, up to the last `@`: a password may have any character. */
const USER_INFO = /\/\/\S*@/g;
const MAX_QUOTED = 60;

/** Writes such characters as `\u{202e}`, in one line. */
export function toPrintable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The same, and line feeds stay: for texts of several lines. */
export function toPrintableLines(text: string): string {
  return text.split("\n").map(toPrintable).join("\n");
}

/** JSON that reads as the same value and prints as it reads. */
export function toPrintableJson(value: unknown, indent?: number): string {
  // A line feed is the indentation's: those in texts are escaped already.
  return JSON.stringify(value, undefined, indent).replaceAll(UNPRINTABLE, (char) =>
    char === "\n" ? char : char.split("").map(escapeUnit).join(""),
  );
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** A text without user and password in its URLs. */
export function withoutUserInfo(text: string): string {
  return text.replaceAll(USER_INFO, "//…@");
}

/** A text of a document in quotes: shortened, and without user and password where it has a URL. */
export function quoteText(text: string): string {
  const quoted = JSON.stringify(withoutUserInfo(text));
  return toPrintable(quoted.length > MAX_QUOTED ? `${quoted.slice(0, MAX_QUOTED - 3)}…` : quoted);
}

/** Scheme and host of a URL in quotes: its user, path and query may be secret. */
export function quoteOrigin(url: string): string {
  return URL.canParse(url) ? quoteText(`${new URL(url).protocol}//${new URL(url).host}`) : "this text";
}
