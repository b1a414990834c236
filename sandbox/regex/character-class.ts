/**
 * Tests whether a part of a regular expression accepts a character. The names of classes have the same meaning as in
 * Rust's `regex`, which Kong's router uses.
 */

/** @param character one character. It may consist of two UTF-16 units. */
export type CharacterTest = (character: string) => boolean;

const PERL: Readonly<Record<string, RegExp>> = {
  d: /^\p{Nd}$/u,
  w: /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u,
  s: /^\p{White_Space}$/u,
};
const POSIX: Readonly<Record<string, RegExp>> = {
  alnum: /^[0-9A-Za-z]$/,
  alpha: /^[A-Za-z]$/,
  blank: /^[\t ]$/,
  digit: /^[0-9]$/,
  lower: /^[a-z]$/,
  punct: /^[!-/:-@[-`{-~]$/,
  space: /^[\t\n\v\f\r ]$/,
  upper: /^[A-Z]$/,
  word: /^[0-9A-Za-z_]$/,
  xdigit: /^[0-9A-Fa-f]$/,
};

export const isWordCharacter: CharacterTest = (character) => PERL.w?.test(character) === true;

export function negate(test: CharacterTest): CharacterTest {
  return (character) => !test(character);
}

/** Returns a test that accepts both letter cases. */
export function ignoreCase(test: CharacterTest): CharacterTest {
  return (character) => test(character) || test(character.toLowerCase()) || test(character.toUpperCase());
}

/**
 * @param letter the letter in `\d`, `\W` and similar escapes.
 * @returns the test of the class; undefined for any other letter.
 */
export function perlClass(letter: string): CharacterTest | undefined {
  const pattern = PERL[letter.toLowerCase()];
  const test: CharacterTest | undefined = pattern && ((character) => pattern.test(character));
  return test && letter !== letter.toLowerCase() ? negate(test) : test;
}

/** @param name the name in `[:alpha:]` and similar classes. */
export function posixClass(name: string): CharacterTest | undefined {
  const pattern = Object.hasOwn(POSIX, name) ? POSIX[name] : undefined;
  return pattern && ((character) => pattern.test(character));
}

/** @param name the name in `\p{Greek}` and similar classes. */
export function unicodeClass(name: string): CharacterTest | undefined {
  for (const property of [name, `Script=${name}`]) {
    try {
      const pattern = new RegExp(`^\\p{${property}}$`, "u");
      return (character) => pattern.test(character);
    } catch {
      // This kind of class has no such name, so the code tries the next kind.
    }
  }
  return undefined;
}
