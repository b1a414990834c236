import type { Random } from "../../../test/random.ts";
import { type Bytes, utf8Bytes } from "../token-input.ts";
import { mutateText } from "./mutate-text.ts";

/** Changes of a JSON object, member by member. Values stay text, so that `1e400` and two equal names can be written. */

type Member = readonly [name: string, value: string];

/** The names of members in a segment of a token. Also values that have a meaning for one or all members. */
export interface Vocabulary {
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly anyValues: readonly string[];
}

/** Changes, adds, doubles, moves, renames or removes one member. If the text is not an object, changes some characters. */
export function mutateJson(bytes: Bytes, random: Random, vocabulary: Vocabulary): Bytes {
  const members = readMembers(bytes);
  if (!members || random.oneIn(6)) {
    return mutateText(bytes, random, vocabulary.anyValues.map(utf8Bytes));
  }
  const at = random.below(members.length + 1);
  const name = random.oneIn(2) ? (members[at]?.[0] ?? "x") : random.pick(Object.keys(vocabulary.values));
  const value = pickValue(name, random, vocabulary);
  const changed = changeMembers(members, at, [name, value], random);
  const blank = random.oneIn(8) ? random.pick([" ", "\n", "\t", "\r", "\v"]) : "";
  const text = changed.map(([key, content]) => `${blank}${writeName(key, random)}${blank}:${blank}${content}${blank}`);
  return utf8Bytes(`{${text.join(",")}}`);
}

function changeMembers(members: readonly Member[], at: number, member: Member, random: Random): readonly Member[] {
  const others = members.filter(([name]) => name !== member[0]);
  switch (random.below(8)) {
    case 0:
      return members.filter((_, index) => index !== at);
    case 1:
      return members.toSpliced(at, 0, member); // The name may already exist in the object.
    case 2:
      return [...members, ...members.slice(at, at + 1)];
    case 3:
      return others.map(([name, value], index) => [index === at ? member[0] : name, value]);
    default:
      return others.toSpliced(at, 0, member);
  }
}

function pickValue(name: string, random: Random, { values, anyValues }: Vocabulary): string {
  const own = (Object.hasOwn(values, name) ? values[name] : undefined) ?? anyValues;
  const value = random.pick(random.oneIn(4) ? anyValues : own);
  switch (random.below(8)) {
    case 0:
      return `[${value}]`;
    case 1:
      return `[${value},${random.pick(own)}]`;
    case 2:
      return nest(value, random.pick([2, 14, 15, 16]));
    default:
      return value;
  }
}

const nest = (value: string, depth: number): string => "[".repeat(depth) + value + "]".repeat(depth);

/** A name, sometimes with an escaped letter. All readers of JSON read both forms as the same name. */
function writeName(name: string, random: Random): string {
  const quoted = JSON.stringify(name);
  return random.oneIn(12) ? quoted.replace(/[a-z]/, (c) => `\\u00${c.charCodeAt(0).toString(16)}`) : quoted;
}

function readMembers(bytes: Bytes): readonly Member[] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes, "latin1").toString());
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? Object.entries(value).map(([name, content]) => [name, JSON.stringify(content)]) : undefined;
  } catch {
    return undefined;
  }
}
