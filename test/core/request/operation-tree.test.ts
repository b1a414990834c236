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
import { operationOf, templateOf } from "../fixtures.ts";

const build = () =>
  buildOperationTree(
    [
      operationOf("GET", "/a/{x}"),
      operationOf("GET", "/a/b/c"),
      operationOf("GET", "/{x}/b/{y}/d"),
      operationOf("POST", "/a/b"),
      operationOf("GET", "/"),
      operationOf("GET", "/a/"),
      operationOf("DELETE,PATCH", "/{x}"),
      operationOf("GET", "/users/{id}"),
      operationOf("GET", "/users/me"),
      operationOf("GET", "/users/{id}:export"),
      operationOf("GET", "/users/{rest...}"),
      operationOf("GET", "/users/{id}/mail/{rest...}"),
      operationOf("GET", "/v{n}/x"),
      operationOf("PUT", "/{rest...}"),
      operationOf("PUT", "/files/{rest...}"),
      operationOf("PUT", "/files/own"),
    ],
    false,
  );

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
    ["GET", "a", undefined],
    ["GET", "a/b/c/e", undefined],
    ["GET", "/b/y/d", undefined],
    ["DELETE", "", undefined],
    ["HEAD", "a/b/x", undefined],
    ["PUT", "a/b", "/{rest...}"],
    ["post", "a/b", undefined],
    ["GET", "constructor", undefined],
    ["GET", "users/me", "/users/me"],
    ["HEAD", "users/me", "/users/me"],
    ["GET", "users/mee", "/users/{id}"],
    ["GET", "users/7:export", "/users/{id}:export"],
    ["GET", "users/a:b:export", "/users/{id}:export"],
    ["GET", "users/:export", "/users/{id}"],
    ["GET", "users/7:exporT", "/users/{id}"],
    ["GET", "users/7/mail", undefined], // The start of a subtree; /users/{rest...} must not match it.
    ["GET", "users/7/mail/", undefined],
    ["GET", "users/7/mail/a", "/users/{id}/mail/{rest...}"],
    ["GET", "users/7/mail/a/b/", "/users/{id}/mail/{rest...}"],
    ["GET", "users/7/mails/a", "/users/{rest...}"],
    ["GET", "users/me/mail", undefined],
    ["GET", "users/me/x", "/users/{rest...}"],
    ["GET", "users/", undefined],
    ["GET", "users", undefined],
    ["GET", "v1/x", "/v{n}/x"],
    ["GET", "v/x", undefined],
    ["GET", "v1.2-beta/x", "/v{n}/x"],
    ["PUT", "files/own", "/files/own"],
    ["PUT", "files/own/x", "/files/{rest...}"],
    ["PUT", "files", undefined],
    ["PUT", "files/", undefined],
    ["PUT", "filesystem", "/{rest...}"],
    ["PUT", "", undefined],
    ["PUT", `files${"/x".repeat(31)}`, "/files/{rest...}"],
    ["PUT", `files${"/x".repeat(32)}`, undefined],
  ])("%s /%s: %s", (method, path, value) => {
    expect(findOperation(build().root, method, path.split("/"))?.value).toBe(value);
  });
});

/** All templates that match, by comparing each one with the path. It shares no code with the tree. */
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
 * Whether a path is the start of one template's subtree and matches the other, as `/acb/` with `/a{x}/{rest...}` and `/{x}b/`. Where
 * neither is more specific, the tree denies such a path.
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

it("agrees with a matcher that compares each template with the path", () => {
  fc.assert(
    fc.property(
      fc.array(template, { minLength: 1, maxLength: 8 }),
      fc.array(path, { maxLength: 20 }),
      (paths, asked) => {
        const operations: Operation<string>[] = [];
        for (const operation of paths.map((text) => operationOf("GET", text))) {
          const isDecided = operations.every(
            ({ segments }) =>
              compareSpecificity(segments, operation.segments) !== 0 ||
              !(templatesOverlap(segments, operation.segments) || meetAtStart(segments, operation.segments)),
          );
          operations.push(...(isDecided ? [operation] : []));
        }
        const { root } = buildOperationTree(operations, false);
        for (const segments of asked) {
          expect(findOperation(root, "GET", segments)?.value, segments.join("/")).toBe(
            findSlowly(operations, segments),
          );
        }
      },
    ),
    { numRuns: runsOf(1_500) },
  );
});

it("takes at most as many steps as the compiler expects, even on the worst path", () => {
  fc.assert(
    fc.property(fc.array(template, { minLength: 1, maxLength: 30 }), path, (templates, segments) => {
      const { root } = buildOperationTree(
        templates.map((text) => operationOf("GET", text)),
        false,
      );
      let steps = 0;
      const counted = new Proxy(segments, {
        get(target, key, receiver) {
          steps += typeof key === "string" && /^[0-9]+$/.test(key) ? 1 : 0;
          return Reflect.get(target, key, receiver);
        },
      });
      findOperation(root, "POST", counted);
      // Each node reads its segment twice: once for literals, once for placeholders.
      expect(steps).toBeLessThanOrEqual(2 * longestWalk(root));
    }),
    { numRuns: runsOf(500) },
  );
});

it("counts every way that a path may go", () => {
  const everyWay = Array.from({ length: 16 }, (_, number) =>
    templateOf(`/${[8, 4, 2, 1].map((bit) => (number & bit ? "{x}" : "a")).join("/")}`),
  );
  const { root } = buildOperationTree(
    everyWay.map((segments) => ({ methods: ["GET"], segments, value: true })),
    false,
  );
  expect(longestWalk(root)).toBe(1 + 2 + 4 + 8 + 16);
  const flat = Array.from({ length: 50 }, (_, number) => operationOf("GET", `/a${number}`));
  expect(longestWalk(buildOperationTree(flat, false).root)).toBe(2);
});

describe("GET covers HEAD and nothing else covers anything", () => {
  it.each([
    [["GET"], ["GET", "HEAD"]],
    [
      ["GET", "POST"],
      ["GET", "POST", "HEAD"],
    ],
    [["HEAD"], ["HEAD"]],
    [["POST"], ["POST"]],
  ])("%j", (methods, covered) => {
    expect([...methodsCovered(methods)]).toEqual(covered);
  });
});
