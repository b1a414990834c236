/**
 * Reads strict JSON without the plugin's reader. JSON.parse checks the grammar, and a second pass over the tokens finds
 * all other mistakes. This reader is slow and simple, and must agree with the plugin's reader on every text.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonMembers = Readonly<Record<string, Json>>;

const MAX_DEPTH = 16;
const MAX_MEMBERS = 1024;
// The string was accepted by JSON.parse, so the text of a string ends at this place.
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** The object in a string; undefined if the string is not an object in strict JSON. */
export function readSlowly(text: string): JsonMembers | undefined {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject && isStrict(text.match(TOKEN) ?? []) ? (value as JsonMembers) : undefined;
}

/**
 * The same object, but with a map in place of each number that a double cannot represent. The plugin does not compare
 * or forward such a number.
 */
export function readExactly(text: string): JsonMembers {
  return JSON.parse(text.replaceAll(TOKEN, (token) => (isRounded(token) ? '{"rounded":true}' : token)));
}

function isRounded(token: string): boolean {
  const written = /^-?\d/.test(token) ? readDecimal(token) : undefined;
  if (!written) {
    return false;
  }
  const [mantissa, exponent] = written;
  const [other, power] = readDecimal(String(Number(token))) ?? [0n, 0];
  if (Math.abs(exponent) > 1_000) {
    return mantissa !== 0n;
  }
  const least = Math.min(exponent, power);
  return mantissa * 10n ** BigInt(exponent - least) !== other * 10n ** BigInt(power - least);
}

function readDecimal(text: string): readonly [mantissa: bigint, exponent: number] | undefined {
  const [, sign, whole = "", fraction = "", exponent = 0] = /^(-?)(\d+)(?:\.(\d+))?(?:e([-+]?\d+))?$/i.exec(text) ?? [];
  return sign === undefined ? undefined : [BigInt(`${sign}${whole}${fraction}`), Number(exponent) - fraction.length];
}

interface Level {
  readonly isArray: boolean;
  readonly names: Set<string>;
}

function isStrict(tokens: readonly string[]): boolean {
  const open: Level[] = [];
  let deepest = 0;
  let members = 0;
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1];
    const level = open.at(-1);
    members += isMember(token, next, level) ? 1 : 0;
    if (!isExact(token) || (next === ":" && isKnownName(token, level))) {
      return false;
    }
    if (token === "{" || token === "[") {
      open.push({ isArray: token === "[", names: new Set() });
    } else if (token === "}" || token === "]") {
      open.pop();
    }
    deepest = Math.max(deepest, open.length);
  }
  return deepest <= MAX_DEPTH && members <= MAX_MEMBERS;
}

/** The names of members are counted. If an array is not empty, it has one element more than commas. */
function isMember(token: string, next: string | undefined, level: Level | undefined): boolean {
  return next === ":" || (token === "[" && next !== "]") || (token === "," && level?.isArray === true);
}

/** Whether the object already has the name; if not, the name is added. */
function isKnownName(token: string, level: Level | undefined): boolean {
  const name: string = JSON.parse(token);
  const isKnown = level?.names.has(name) === true;
  level?.names.add(name);
  return isKnown;
}

/** Whether every reader understands a string or a number in the same way. */
function isExact(token: string): boolean {
  if (token.startsWith('"')) {
    return (JSON.parse(token) as string).isWellFormed();
  }
  return !/^[-0-9]/.test(token) || Number.isFinite(Number(token));
}
