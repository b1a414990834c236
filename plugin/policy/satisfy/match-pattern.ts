/**
 * Makes strings that match a pattern of a policy. Patterns of policies have characters and classes with quantifiers,
 * but no groups (claim-pattern.ts). So a string for each part of the pattern can be made separately.
 */

const PART =
  /(\\[dws.\\/*+?()[\]{}|^$]|\[\^?(?:\\[dws.\\[\]^-]|[^\\[\]])+\]|[^\\()[\]{}|^$*+?])([*+?]|\{(\d+)(?:(,)(\d+)?)?\})?/y;
/**
 * The characters, in the order in which the search tries them. The first characters are useful in names, headers and
 * paths.
 */
const TRIED = [
  ..."a1A0b-_.@x9Z",
  ...Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index)),
  ..." é中\t\n",
];

interface PatternPart {
  readonly character: string;
  readonly least: number;
  readonly most: number;
}

/**
 * @returns strings that match, or an empty list if none was found. The shortest string that counts as a value comes first.
 */
export function makeMatchingTexts(pattern: RegExp): readonly string[] {
  const parts = readParts(pattern);
  if (parts === undefined) {
    return [];
  }
  const make = (count: (part: PatternPart) => number): string =>
    parts.map((part) => part.character.repeat(count(part))).join("");
  const texts = [
    make(({ least, most }) => Math.min(most, Math.max(least, 1))),
    make(({ least }) => least),
    make(({ least, most }) => Math.min(most, least + 8)),
    make(({ least, most }) => Math.min(most, least + 36)),
  ];
  return [...new Set(texts)].filter((text) => pattern.test(text));
}

function readParts({ source }: RegExp): readonly PatternPart[] | undefined {
  const text = source.replace(/^\^/, "").replace(/\$$/, "");
  const parts: PatternPart[] = [];
  PART.lastIndex = 0;
  for (let position = 0; position < text.length; position = PART.lastIndex) {
    const [, unit, quantifier, least, comma, most] = PART.exec(text) ?? [];
    const matcher = unit === undefined ? undefined : new RegExp(`^${unit}$`, "su");
    const character = TRIED.find((candidate) => matcher?.test(candidate));
    if (character === undefined) {
      return undefined;
    }
    const counted = Number(least ?? 1);
    const bounds: Record<string, readonly [number, number]> = {
      "": [1, 1],
      "?": [0, 1],
      "*": [0, Number.POSITIVE_INFINITY],
      "+": [1, Number.POSITIVE_INFINITY],
    };
    const unbounded = comma === undefined ? counted : Number(most ?? Number.POSITIVE_INFINITY);
    const [fewest, largest] = bounds[quantifier ?? ""] ?? [counted, unbounded];
    parts.push({ character, least: fewest, most: largest });
  }
  return parts;
}
