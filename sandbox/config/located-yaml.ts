/**
 * Reads YAML with positions: small readers turn a node into a value and report problems at the node's place.
 * All problems are collected. A reader returns `undefined` when it has reported a problem.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";

/** One problem in a document. `line` and `column` start at 1. */
export interface Problem {
  line: number;
  column: number;
  message: string;
}

export interface Report {
  (node: Node, message: string): void;
  /** Returns the target of an alias (`*name`), and any other node unchanged. */
  resolve(node: Node): Node;
}

export type Read<T> = (node: Node, report: Report) => T | undefined;

export interface Field<T> {
  read: Read<T>;
  required: boolean;
  /** Whether an explicit null counts as absent. */
  nullable: boolean;
}

/** A value with its node, so that later checks can name the place. */
export interface Located<T> {
  value: T;
  node: Node;
}

/**
 * Parses YAML text and reads its root.
 *
 * @returns the value with no problems, or `undefined` with all problems in the order of the text.
 */
export function readYaml<T>(
  text: string,
  read: (root: Node, report: Report) => T | undefined,
): { value?: T; problems: readonly Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: Problem[] = [];
  const add = (offset: number, message: string): void => {
    const { line, col } = lines.linePos(offset);
    problems.push({ line, column: col, message });
  };
  for (const error of document.errors) {
    add(error.pos[0], error.message);
  }
  if (problems.length > 0) {
    return { problems };
  }
  if (document.contents === null) {
    return { problems: [{ line: 1, column: 1, message: "the file is empty" }] };
  }
  const report: Report = Object.assign((node: Node, message: string) => add(node.range?.[0] ?? 0, message), {
    resolve: (node: Node): Node => (isAlias(node) ? (node.resolve(document) ?? node) : node),
  });
  const value = read(document.contents, report);
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return problems.length === 0 && value !== undefined ? { value, problems } : { problems };
}

export function required<T>(read: Read<T>): { read: Read<T>; required: true; nullable: false } {
  return { read, required: true, nullable: false };
}

export function optional<T>(read: Read<T>): { read: Read<T>; required: false; nullable: true } {
  return { read, required: false, nullable: true };
}

/** A field that may be left out but not be null: Kong requires it and has a default for it. */
export function defaulted<T>(read: Read<T>): { read: Read<T>; required: false; nullable: false } {
  return { read, required: false, nullable: false };
}

type Values<F extends Record<string, Field<unknown>>> = {
  [K in keyof F as F[K]["required"] extends true ? K : never]: F[K] extends Field<infer T> ? T : never;
} & {
  [K in keyof F as F[K]["required"] extends true ? never : K]?: F[K] extends Field<infer T> ? T : never;
};

/**
 * Reads a map with exactly these fields.
 *
 * @param what names the map in messages, such as `a route`.
 * @param explainUnknown returns an explanation of an unknown key, if it has one.
 * @param absentWhenNull more keys that Kong knows. They are accepted only if null, which counts as absent.
 */
export function mapOf<F extends Record<string, Field<unknown>>>(
  what: string,
  fields: F,
  explainUnknown: (key: string) => string | undefined = () => undefined,
  absentWhenNull: readonly string[] = [],
): Read<Values<F>> {
  const known = `known are ${Object.keys(fields).join(", ")}`;
  const nullable = new Set([...absentWhenNull, ...Object.keys(fields).filter((name) => fields[name]?.nullable)]);
  return (node, report) => {
    const map = report.resolve(node);
    if (!isMap<Node, Node | null>(map)) {
      report(node, `${what} must be a map`);
      return undefined;
    }
    const missing = Object.entries(fields).filter(([name, field]) => field.required && !map.has(name));
    for (const [name] of missing) {
      report(node, `${what} needs "${name}"`);
    }
    const present = map.items.filter(
      ({ key, value }) => !nullable.has(isScalar(key) ? String(key.value) : "") || !isNull(value, report),
    );
    const read = present.map(({ key, value }) => {
      const name = isScalar(key) ? String(key.value) : String(key);
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (field === undefined) {
        report(key, `${what}: the sandbox does not honour "${name}": ${explainUnknown(name) ?? known}`);
      }
      return [name, value === null ? undefined : field?.read(value, report)] as const;
    });
    const complete = missing.length === 0 && read.every(([, value]) => value !== undefined);
    return complete ? (Object.fromEntries(read) as Values<F>) : undefined;
  };
}

function isNull(node: Node | null, report: Report): boolean {
  const value = node && report.resolve(node);
  return value === null || (isScalar(value) && value.value === null);
}

export function listOf<T>(what: string, read: Read<T>): Read<T[]> {
  return (node, report) => {
    const list = report.resolve(node);
    if (!isSeq<Node>(list)) {
      report(node, `${what} must be a list`);
      return undefined;
    }
    const items = list.items.map((item) => read(item, report));
    return items.every((item) => item !== undefined) ? (items as T[]) : undefined;
  };
}

/**
 * Reads a scalar.
 *
 * @param parse returns the value, or the problem as the end of a sentence that starts with the value.
 */
export function scalarOf<T>(parse: (value: unknown) => { value: T } | string): Read<T> {
  return (node, report) => {
    const scalar = report.resolve(node);
    if (!isScalar(scalar)) {
      report(node, "a single value is expected here");
      return undefined;
    }
    const parsed = parse(scalar.value);
    if (typeof parsed === "string") {
      const shown = JSON.stringify(scalar.value) ?? String(scalar.value);
      report(node, `${shown.length > 60 ? `${shown.slice(0, 57)}…` : shown} ${parsed}`);
      return undefined;
    }
    return parsed.value;
  };
}

/** Returns the value with its node. */
export function located<T>(read: Read<T>): Read<Located<T>> {
  return (node, report) => {
    const value = read(node, report);
    return value === undefined ? undefined : { value, node };
  };
}
