import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Operation, TemplateSegment } from "../../../plugin/core/model/operation-tree.ts";
import {
  buildOperationTree,
  findOperation,
  longestWalk,
  methodsCovered,
} from "../../../plugin/core/request/operation-tree.ts";
import { compareSpecificity, templatesOverlap } from "../../../plugin/core/request/specificity.ts";
import { runsOf } from "../../runs.ts";
import { operationOf } from "../fixtures.ts";

const TEMPLATES: readonly (readonly [methods: string, ...paths: string[]])[] = [
  ["GET", "/a/{x}", "/a/b/c", "/{x}/b/{y}/d", "/", "/a/", "/users/{id}", "/users/me", "/users/{id}:export"],
  ["GET", "/users/{rest...}", "/users/{id}/mail/{rest...}", "/v{n}/x"],
  ["POST", "/a/b"],
  ["DELETE,PATCH", "/{x}"],
  ["PUT", "/{rest...}", "/files/{rest...}", "/files/own"],
];
const operations = () => TEMPLATES.flatMap(([methods, ...paths]) => paths.map((path) => operationOf(methods, path)));
const build = () => buildOperationTree(operations(), false);

describe("finds the most specific operation", () => {
  it.each<[method: string, path: string, value: string | undefined]>([
    ["GET", "a/x", "/a/{x}"],
    ["GET", "a/b", "/a/{x}"],
    ["GET", "a/b/c", "/a/b/c"],
    ["GET", "x/b/y/d", "/{x}/b/{y}/d"],
    ["GET", "a/b/c/d", "/{x}/b/{y}/d"], // Taken back from the literal branch a/b/c.
    ["GET", "", "/"],
    ["GET", "a/", "/a/"],
    ["HEAD", "a/x", "/a/{x}"],
    ["POST", "a/b", "/a/b"],
    ["PATCH", "x", "/{x}"],
    ["PUT", "a/b", "/{rest...}"],
    ["GET", "users/me", "/users/me"],
    ["HEAD", "users/me", "/users/me"],
    ["GET", "users/mee", "/users/{id}"],
    ["GET", "users/7:export", "/users/{id}:export"],
    ["GET", "users/a:b:export", "/users/{id}:export"],
    ["GET", "users/:export", "/users/{id}"],
    ["GET", "users/7:exporT", "/users/{id}"],
    ["GET", "users/7/mail/a", "/users/{id}/mail/{rest...}"],
    ["GET", "users/7/mail/a/b/", "/users/{id}/mail/{rest...}"],
    ["GET", "users/7/mails/a", "/users/{rest...}"],
    ["GET", "users/me/x", "/users/{rest...}"],
    ["GET", "v1/x", "/v{n}/x"],
    ["GET", "v1.2-beta/x", "/v{n}/x"],
    ["PUT", "files/own", "/files/own"],
    ["PUT", "files/own/x", "/files/{rest...}"],
    ["PUT", "filesystem", "/{rest...}"],
    ["PUT", `files${"/x".repeat(31)}`, "/files/{rest...}"],
  ])("%s /%s: %s", (method, path, value) => {
    expect(findOperation(build().root, method, path.split("/"))?.value).toBe(value);
  });

  it.each([
    ...["GET a", "GET a/b/c/e", "GET /b/y/d", "DELETE ", "HEAD a/b/x", "post a/b", "GET constructor", "GET v/x"],
    // The start of a subtree, which /users/{rest...} must not match.
    ...["GET users/7/mail", "GET users/7/mail/", "GET users/me/mail"],
    ...["GET users/", "GET users", "PUT files", "PUT files/", "PUT ", `PUT files${"/x".repeat(32)}`],
  ])("none for %s", (request) => {
    const [method = "", path = ""] = request.split(" ");
    expect(findOperation(build().root, method, path.split("/"))?.value).toBeUndefined();
  });
});

describe("placeholders with text around them", () => {
  it.each<[path: string, value: string]>([
    ["a1/b", "/a{x}/b"], // This operation decides, although the other operation with the same text is an earlier one.
    ["a1/c", "/a{x}/{y}"],
    ["1:c/b", "/{x}:c/b"],
    ["1:d/b", "/{x}:d/b"],
    ["p1:d/b", "/p{x}:d/b"],
    ["p1:c/b", "/p{x}:c/b"],
  ])("are told apart by both texts: /%s is matched by %s", (path, value) => {
    const texts = ["/a{x}/{y}", "/a{x}/b", "/p{x}:c/b", "/p{x}:d/b", "/{x}:c/b", "/{x}:d/b"];
    const { root } = buildOperationTree(
      texts.map((text) => operationOf("GET", text)),
      false,
    );
    expect(findOperation(root, "GET", path.split("/"))?.value).toBe(value);
  });
});

/**
 * All templates that match. The function compares each template with the path. The comparison shares no code with the
 * tree.
 */
function findSlowly(operations: readonly Operation<string>[], path: readonly string[]): string | undefined {
  const ranks = { literal: 0, affixed: 1, placeholder: 2, subtree: 3 };
  const matching = operations.flatMap(({ segments, value }) => {
    const [kinds, prefix] = [segments.map(({ kind }) => ranks[kind]), segments.slice(0, -1)];
    if (segments.at(-1)?.kind !== "subtree") {
      return matchesEach(segments, path) ? [{ kinds: [...kinds, -1], value }] : [];
    }
    const isStart = matchesEach(prefix, path) || matchesEach([...prefix, { kind: "literal", text: "" }], path);
    const isBelow = path.length > prefix.length && matchesEach(prefix, path.slice(0, prefix.length));
    return isStart || isBelow ? [{ kinds, value: isStart ? undefined : value }] : [];
  });
  const [best] = matching.sort((a, b) => {
    const at = a.kinds.findIndex((kind, index) => kind !== b.kinds[index]);
    return at < 0 ? 0 : (a.kinds[at] ?? 0) - (b.kinds[at] ?? 0);
  });
  return best?.value;
}

/**
 * Whether a path matches one template and is the start of the other template's subtree. An example is `/acb/` with
 * `/a{x}/{rest...}` and `/{x}b/`. If neither operation is more specific, the tree denies the path.
 */
function meetAtStart(a: readonly TemplateSegment[], b: readonly TemplateSegment[]): boolean {
  const startsOf = (segments: readonly TemplateSegment[]): (readonly TemplateSegment[])[] => {
    const prefix = segments.slice(0, -1);
    return segments.at(-1)?.kind === "subtree" ? [prefix, [...prefix, { kind: "literal", text: "" }]] : [];
  };
  return (
    startsOf(a).some((start) => templatesOverlap(start, b)) || startsOf(b).some((start) => templatesOverlap(start, a))
  );
}

function matchesEach(segments: readonly TemplateSegment[], path: readonly string[]): boolean {
  const patterns = segments.map((segment) => {
    switch (segment.kind) {
      case "literal":
        return segment.text;
      case "affixed":
        return `${segment.prefix}[^/]+${segment.suffix}`;
      default:
        return "[^/]+";
    }
  });
  return new RegExp(`^${patterns.join("/")}$`).test(path.join("/"));
}

const segment = fc.constantFrom("a", "b", "a{x}", "{x}b", "{x}");
const template = fc
  .tuple(fc.array(segment, { maxLength: 3 }), fc.constantFrom("", "a", "{x}", "{rest...}", "a{x}"))
  .map(([inner, last]) => `/${[...inner, last].join("/")}`);
const path = fc
  .tuple(fc.array(fc.constantFrom("a", "b", "c", "ab", "acb", "aa"), { maxLength: 4 }), fc.constantFrom("", "a", "b"))
  .map(([inner, last]) => [...inner, last]);

/** Operations among which one operation always decides. */
function decidedAmong(paths: readonly string[]): readonly Operation<string>[] {
  const chosen: Operation<string>[] = [];
  for (const operation of paths.map((text) => operationOf("GET", text))) {
    const isUndecided = ({ segments }: Operation<string>): boolean =>
      compareSpecificity(segments, operation.segments) === 0 &&
      (templatesOverlap(segments, operation.segments) || meetAtStart(segments, operation.segments));
    chosen.push(...(chosen.some(isUndecided) ? [] : [operation]));
  }
  return chosen;
}

it("agrees with a matcher that compares each template with the path", () => {
  const templates = fc.array(template, { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(templates, fc.array(path, { maxLength: 20 }), (paths, asked) => {
      const compared = decidedAmong(paths);
      const { root } = buildOperationTree(compared, false);
      for (const segments of asked) {
        const found = findOperation(root, "GET", segments)?.value;
        expect(found, segments.join("/")).toBe(findSlowly(compared, segments));
      }
    }),
    { numRuns: runsOf(1_500) },
  );
});

/** A tree of operations for GET. */
const treeOf = (paths: readonly string[]) =>
  buildOperationTree(
    paths.map((text) => operationOf("GET", text)),
    false,
  ).root;

it("takes at most as many steps as the compiler expects, even on the worst path", () => {
  fc.assert(
    fc.property(fc.array(template, { minLength: 1, maxLength: 30 }), path, (templates, segments) => {
      const root = treeOf(templates);
      let steps = 0;
      const counted = new Proxy(segments, {
        get(target, key, receiver) {
          steps += typeof key === "string" && /^[0-9]+$/.test(key) ? 1 : 0;
          return Reflect.get(target, key, receiver);
        },
      });
      findOperation(root, "POST", counted);
      // Each node reads its segment twice: first for literals, then for placeholders.
      expect(steps).toBeLessThanOrEqual(2 * longestWalk(root));
    }),
    { numRuns: runsOf(500) },
  );
});

it("counts every possible way of a path through the tree", () => {
  const everyWay = Array.from(
    { length: 16 },
    (_, number) => `/${[8, 4, 2, 1].map((bit) => (number & bit ? "{x}" : "a")).join("/")}`,
  );
  expect(longestWalk(treeOf(everyWay))).toBe(1 + 2 + 4 + 8 + 16);
  expect(longestWalk(treeOf(Array.from({ length: 50 }, (_, number) => `/a${number}`)))).toBe(2);
});

it.each([
  ["GET", ["GET", "HEAD"]],
  ["GET,POST", ["GET", "POST", "HEAD"]],
  ["HEAD", ["HEAD"]],
  ["POST", ["POST"]],
])("GET covers HEAD, and no other method covers another: %s", (methods, covered) => {
  expect([...methodsCovered(methods.split(","))]).toEqual(covered);
});
