import { listValues } from "../../core/detail/quote-value.ts";
import type { Finding } from "../language/finding.ts";
import { didYouMean } from "../language/suggest-name.ts";

type PlainMap = Record<string, unknown>;

const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
/**
 * The value of a variable has no `$` and no braces, so one pass resolves all variables. The value has no line break, so
 * a string with a variable stays on one line.
 */
const VALUE = /^[^${}\p{Cc}\u2028\u2029]{1,512}$/u;
/** Every use of a variable begins with this text. */
const START = "${";
/** Matches everything that an author meant as the use of a variable. */
const USE = /\$\{\s*vars\b[^{}]*\}?/gi;
const EXACT_USE = /^\$\{vars\.([A-Za-z_][A-Za-z0-9_-]{0,63})\}$/;
/** The largest number of characters that variables may add to a document. */
const MAX_ADDED = 256 * 1024;

/** Whether plain data has variables. */
export function hasVars(data: unknown): boolean {
  return isMap(data) && Object.hasOwn(data, "vars");
}

/** Whether a string uses a variable, or contains text that the author may have meant as a variable. */
export function usesVars(text: string): boolean {
  return text.includes(START) && text.search(USE) >= 0;
}

/**
 * Replaces each `${vars.name}` in the strings of a document by the variable's value, in place. At the end, `vars` has
 * only the variables that no string uses. A variable's value replaces only a part of a string. So a variable never adds
 * a key, a list element, or a value of another type.
 *
 * @param data plain data, already merged with the document that it extends.
 */
export function resolveVars(data: unknown): readonly Finding[] {
  if (!isMap(data)) {
    return [];
  }
  const wrong = checkVars(data.vars);
  if (wrong.length > 0) {
    return wrong;
  }
  const resolver = new Resolver(new Map(Object.entries(data.vars ?? {})));
  for (const [key, value] of Object.entries(data)) {
    if (key !== "vars") {
      resolver.resolveMember(data, key, value);
    }
  }
  if (hasVars(data)) {
    const unused = [...resolver.vars].filter(([name]) => !resolver.used.has(name));
    if (unused.length > 0) {
      data.vars = Object.fromEntries(unused);
    } else {
      delete data.vars;
    }
  }
  return resolver.findings;
}

class Resolver {
  readonly vars: ReadonlyMap<string, string>;
  readonly used = new Set<string>();
  readonly findings: Finding[] = [];
  /** Aliases share one value, and the code resolves the shared value once. */
  readonly #seen = new Set<object>();
  /** The path of the value that is being resolved. */
  readonly #path: (string | number)[] = [];
  #added = 0;

  constructor(vars: ReadonlyMap<string, string>) {
    this.vars = vars;
  }

  /** Resolves a key and its value. Most values have no variable and stay as they are. */
  resolveMember(map: object, key: string, value: unknown): void {
    this.#path.push(key);
    if (usesVars(key)) {
      this.#report("Keys have no variables: write the key itself.", true);
    }
    const resolved = this.#resolve(value);
    if (resolved !== value) {
      setOwn(map, key, resolved);
    }
    this.#path.pop();
  }

  #resolve(value: unknown): unknown {
    if (typeof value === "string") {
      return value.includes(START) ? this.#resolveText(value) : value;
    }
    if (typeof value !== "object" || value === null || this.#seen.has(value)) {
      return value;
    }
    this.#seen.add(value);
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        this.#path.push(index);
        value[index] = this.#resolve(item);
        this.#path.pop();
      }
      return value;
    }
    for (const [key, item] of Object.entries(value)) {
      this.resolveMember(value, key, item);
    }
    return value;
  }

  #resolveText(text: string): string {
    if (this.#path[0] === "extends") {
      return text; // The loader refuses variables in `extends`, because it reads the parent's file before variables have values.
    }
    const resolved = text.replaceAll(USE, (use) => this.#resolveUse(use));
    this.#added += Math.max(0, resolved.length - text.length);
    if (this.#added > MAX_ADDED) {
      if (this.#added !== Number.POSITIVE_INFINITY) {
        const message = `Variables make the document more than ${MAX_ADDED} characters longer.`;
        this.findings.push({ code: "document_too_large", path: [...this.#path], message });
      }
      this.#added = Number.POSITIVE_INFINITY;
      return "";
    }
    // Without this check, a value and the text beside it could together look like a variable.
    if (usesVars(resolved) && this.findings.length === 0) {
      this.#report("A variable's name cannot contain a variable: write the name itself.");
    }
    return resolved;
  }

  #resolveUse(use: string): string {
    const [, name] = EXACT_USE.exec(use) ?? [];
    if (name === undefined) {
      this.#report(`This is not a use of a variable: write "\${vars.name}", with the name of a key under "vars".`);
      return use;
    }
    const value = this.vars.get(name);
    if (value === undefined) {
      const known = [...this.vars.keys()];
      const others = known.length === 0 ? "the policy sets none" : `variables: ${listValues(known)}`;
      this.#report(`The variable "${name}" is not set: add it under "vars" (${others}).${didYouMean(name, known)}`);
      return use;
    }
    this.used.add(name);
    return value;
  }

  #report(message: string, atKey = false): void {
    this.findings.push({ code: "variable_invalid", path: [...this.#path], ...(atKey && { atKey }), message });
  }
}

function checkVars(vars: unknown): readonly Finding[] {
  if (vars === undefined) {
    return [];
  }
  if (!isMap(vars)) {
    const message = "Variables are a map of names and strings.";
    return [{ code: "variable_invalid", path: ["vars"], message }];
  }
  return Object.entries(vars).flatMap(([name, value]): Finding[] => {
    const path = ["vars", name];
    if (!NAME.test(name)) {
      const message = "The name of a variable has letters, digits, _ and -, and begins with a letter or _.";
      return [{ code: "variable_invalid", path, atKey: true, message }];
    }
    const what = typeof value === "string" ? "" : " If the value is a number or a word such as true, quote it.";
    const message = `A variable's value is one string of 1 to 512 characters, without $, braces and control characters.${what}`;
    return typeof value === "string" && VALUE.test(value) ? [] : [{ code: "variable_invalid", path, message }];
  });
}

/** Sets a key of a map. Even `__proto__` is an ordinary key. */
function setOwn(map: object, key: string, value: unknown): void {
  Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
}

function isMap(value: unknown): value is PlainMap & { vars?: Record<string, string> } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
