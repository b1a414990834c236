/**
 * Strict JSON by other means than the plugin's reader: JSON.parse for the grammar, and a second look at its tokens for what
 * JSON.parse lets pass. Slow and plain; the two must agree on every text.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonMembers = Readonly<Record<string, Json>>;

const MAX_DEPTH = 16;
const MAX_MEMBERS = 1024;
// Of a text that JSON.parse has accepted, so that a string ends where this says.
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** The object that a text holds, or undefined when it is no object or not strict. */
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

/** Members of objects are counted at their names; an array that is not empty has one element more than it has commas. */
function isMember(token: string, next: string | undefined, level: Level | undefined): boolean {
  return next === ":" || (token === "[" && next !== "]") || (token === "," && level?.isArray === true);
}

/** Whether the object has the name already; if not, it has it from now on. */
function isKnownName(token: string, level: Level | undefined): boolean {
  const name: string = JSON.parse(token);
  const isKnown = level?.names.has(name) === true;
  level?.names.add(name);
  return isKnown;
}

/** Whether every reader makes the same of a string or a number. */
function isExact(token: string): boolean {
  if (token.startsWith('"')) {
    return (JSON.parse(token) as string).isWellFormed();
  }
  return !/^[-0-9]/.test(token) || Number.isFinite(Number(token));
}
