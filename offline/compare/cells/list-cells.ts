import type { Operation } from "../../../schema/generated/policy-document.ts";
import type { PolicyVersion } from "./policy-version.ts";

/**
 * A group of requests of one rule. Neither policy version distinguishes the methods and paths of the group. One example
 * request represents the group.
 */
export interface Cell {
  readonly rule: string;
  readonly method: string;
  /** The path of the example request. */
  readonly path: string;
  /** The path to show to users, with `{}` for a segment of any value. */
  readonly template: string;
  /** Whether the method represents all methods that neither version names. */
  readonly isOtherMethod: boolean;
}

/** A segment that represents all segments that are not in any template. */
export const ANY = "x1";
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "LOCK"] as const;
/** The largest number of example paths for one rule. */
const MAX_PATHS = 20_000;
const PLACEHOLDER = /\{[^{}]*\}/g;
/** Example paths below the prefix of a subtree: one segment, and two segments. */
const DEEP = [[ANY], [ANY, ANY]];

/** Lists the cells of a rule. Returns undefined if the rule has too many paths. */
export function listCells(rule: string, versions: readonly PolicyVersion[]): readonly Cell[] | undefined {
  const operations = versions.flatMap(({ document }) => document.routes[rule]?.operations ?? []);
  const named = new Set(operations.flatMap(({ methods }) => methods as readonly string[]));
  const other = findOtherMethod(named);
  const paths = operations.length === 0 ? [{ path: "/", template: "any path" }] : listPaths(operations);
  return paths?.flatMap((place) =>
    [...named, other].map((method) => ({ rule, method, ...place, isOtherMethod: method === other })),
  );
}

/** A method that represents all methods that are not in either version. */
export function findOtherMethod(named: ReadonlySet<string>): string {
  return METHODS.find((method) => !named.has(method)) ?? "OTHER";
}

interface ExamplePath {
  readonly path: string;
  readonly template: string;
}

type Operations = readonly Operation[];

/** Lists example paths. Each example path represents the paths that match the same templates. */
function listPaths(operations: Operations): readonly ExamplePath[] | undefined {
  const templates = [...new Set(operations.map(({ path }) => path))].map((path) => path.slice(1).split("/"));
  const found = new Map<string, readonly string[]>();
  const add = (segments: readonly string[]): void => {
    found.set(segments.join("/"), segments);
  };
  const walk = (prefix: readonly string[], alive: readonly (readonly string[])[]): boolean => {
    const depth = prefix.length;
    const steps = new Set(alive.flatMap((template) => exampleSegments(template[depth])));
    for (const step of [...steps, ANY]) {
      const segments = [...prefix, step];
      const next = alive.filter((template) => matchesSegment(template[depth], step));
      add(segments);
      for (const template of next.filter((one) => isSubtree(one[depth]))) {
        for (const deep of DEEP) {
          add([...prefix, ...template.slice(depth, -1), ...deep]);
        }
      }
      const longer = next.filter((template) => template.length > depth + 1 || isSubtree(template.at(-1)));
      const isUnfinished = longer.some((template) => template.length > depth + 1);
      if (found.size > MAX_PATHS || (isUnfinished && !walk(segments, longer))) {
        return false;
      }
    }
    return true;
  };
  return walk([], templates) ? [...found.values()].map(describePath) : undefined;
}

/** Example strings that match this segment of a template. */
function exampleSegments(segment: string | undefined): readonly string[] {
  return segment === undefined ? [] : [segment.replaceAll(PLACEHOLDER, ANY)];
}

/**
 * Whether a template's segment may match the text. A wrong `true` does no harm, because the plugin's own code later
 * matches the whole path.
 */
function matchesSegment(segment: string | undefined, text: string): boolean {
  if (segment === undefined || isSubtree(segment)) {
    return segment !== undefined;
  }
  const parts = segment.split(PLACEHOLDER).map((part) => part.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".+")}$`, "s").test(text);
}

function isSubtree(segment: string | undefined): boolean {
  return segment !== undefined && (segment === "**" || /\{.*(?:\.\.\.|\*)\}?$/.test(segment));
}

function describePath(segments: readonly string[]): ExamplePath {
  const shown = segments.map((segment) => segment.replaceAll(ANY, "{}"));
  return { path: `/${segments.map(encodeSegment).join("/")}`, template: `/${shown.join("/")}` };
}

/**
 * Does not escape characters such as `:`. An escaped `:` would be ambiguous beside an operation such as
 * `/orders/{id}:cancel`.
 */
function encodeSegment(text: string): string {
  return encodeURIComponent(text).replaceAll(/%(?:24|26|2B|2C|3A|3D|40)/g, decodeURIComponent);
}
