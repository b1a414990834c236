import type { JsonValue } from "./json.ts";

// Different programs may split a string into different names if the string has any other white space or a control
// character.
const CLEAR_TEXT = /^(?:[^\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}]| )*$/u;

/** Splits a string into names. Returns undefined if different programs could read different names in the string. */
export type SplitText = (text: string) => readonly string[] | undefined;

/**
 * The names in a list of strings or in one string. An absent claim and a null claim have no names. Returns undefined
 * for any other type of claim, because such a claim has no known meaning.
 */
export function listNames(value: JsonValue | undefined, split: SplitText): readonly string[] | undefined {
  if (typeof value === "string") {
    return split(value);
  }
  const list = value ?? [];
  return Array.isArray(list) && list.every((item) => typeof item === "string") ? list : undefined;
}

/**
 * The names in one string. A separator stands between two names. A list is rejected, because its elements could contain
 * the separator.
 */
export function splitNames(value: JsonValue | undefined, separator: string): readonly string[] | undefined {
  if (value === undefined || value === null) {
    return [];
  }
  if (typeof value !== "string" || !CLEAR_TEXT.test(value)) {
    return undefined;
  }
  return value
    .split(separator)
    .map((name) => trimSpaces(name))
    .filter((name) => name !== "");
}

function trimSpaces(text: string): string {
  let start = 0;
  let end = text.length;
  while (text[start] === " ") {
    start += 1;
  }
  while (text[end - 1] === " ") {
    end -= 1;
  }
  return text.slice(start, end);
}
