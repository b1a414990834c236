import type { Random } from "../../../test/random.ts";

/** One change of a string. The change does not depend on the meaning of the string. */
type TextMutator = (text: string, random: Random, pieces: readonly string[]) => string;

const CHARACTERS = [...'\0\t\n\r "\\{}[]:,.-_+/=%&*#|<>!@a0Z9~\x7f\x80\xff'];

/** Cuts out `length` characters at `at`, and puts `insert` there. */
export function splice(text: string, at: number, length: number, insert: string): string {
  return text.slice(0, at) + insert + text.slice(at + length);
}

const someLength = (random: Random): number => 1 + random.below(random.pick([1, 4, 16, 64]));

const MUTATORS: readonly TextMutator[] = [
  (text, random) => {
    const at = random.below(text.length);
    return splice(text, at, 1, String.fromCharCode(text.charCodeAt(at) ^ (1 << random.below(8))));
  },
  (text, random) => splice(text, random.below(text.length), 1, random.pick(CHARACTERS)),
  (text, random) => splice(text, random.below(text.length + 1), 0, random.pick(CHARACTERS)),
  (text, random) => splice(text, random.below(text.length), someLength(random), ""),
  (text, random) => {
    const at = random.below(text.length);
    const length = someLength(random);
    return splice(text, random.below(text.length + 1), 0, text.slice(at, at + length).repeat(1 + random.below(3)));
  },
  (text, random) => {
    const at = random.below(text.length);
    const [one = "", two = ""] = text.slice(at, at + 2);
    return splice(text, at, 2, two + one);
  },
  (text, random) => text.slice(0, random.below(text.length)),
  (text, random, pieces) => splice(text, random.below(text.length + 1), 0, random.pick(pieces)),
  (text, random, pieces) => splice(text, random.below(text.length + 1), someLength(random), random.pick(pieces)),
  (text, random) => {
    const numbers = [...text.matchAll(/\d+/g)];
    if (numbers.length === 0) {
      return text;
    }
    const { index, 0: digits } = random.pick(numbers);
    const change = random.pick([-1, 1, 1000, -Number(digits), 2 ** 31, 2 ** 53]);
    return splice(text, index, digits.length, String(Number(digits) + change));
  },
];

/** @param pieces words that have a meaning for the reader of the text. */
export function mutateText(text: string, random: Random, pieces: readonly string[]): string {
  return text === "" ? random.pick(pieces) : random.pick(MUTATORS)(text, random, pieces);
}
