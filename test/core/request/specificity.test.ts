import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildOperationTree, findOperation } from "../../../plugin/core/request/operation-tree.ts";
import { compareSpecificity, templatesOverlap } from "../../../plugin/core/request/specificity.ts";
import { runsOf } from "../../runs.ts";
import { operationOf, templateOf } from "../fixtures.ts";

describe("the first differing segment of two templates decides which template is more specific", () => {
  it.each<[more: string, less: string]>([
    ["/users/me", "/users/{id}"],
    ["/users/me", "/users/m{x}"],
    ["/users/m{x}", "/users/{id}"],
    ["/users/{id}:cancel", "/users/{id}"],
    ["/users/{id}", "/users/{rest...}"],
    ["/users/{id}/x", "/users/{rest...}"],
    ["/users/{id}/{rest...}", "/users/{rest...}"],
    ["/a/{x}/c", "/{y}/b/c"],
    ["/a/{rest...}", "/{x}/b"],
    ["/{x}/b", "/{y}/{z}"],
    ["/a{x}:b/c", "/a{y}:b/{z}"],
  ])("%s before %s", (more, less) => {
    expect(compareSpecificity(templateOf(more), templateOf(less))).toBeLessThan(0);
    expect(compareSpecificity(templateOf(less), templateOf(more))).toBeGreaterThan(0);
  });

  it.each<[one: string, other: string]>([
    ["/a", "/a"],
    ["/{x}", "/{y}"],
    ["/{a...}", "/{b...}"],
    ["/{id}:a", "/{id}:b"],
    ["/a{x}/b", "/{x}a/{y}"],
    ["/{x}:a/b", "/{x}:b/{y}"],
    ["/a{x}/b", "/b{x}/{y}"],
  ])("neither for %s and %s", (one, other) => {
    expect(compareSpecificity(templateOf(one), templateOf(other))).toBe(0);
    expect(compareSpecificity(templateOf(other), templateOf(one))).toBe(0);
  });
});

describe("two templates overlap", () => {
  it.each<[one: string, other: string, doOverlap: boolean]>([
    ["/a", "/a", true],
    ["/a", "/b", false],
    ["/a", "/{x}", true],
    ["/a", "/a{x}", false],
    ["/ab", "/a{x}", true],
    ["/ba", "/a{x}", false],
    ["/xa", "/{x}a", true],
    ["/ab", "/{x}a", false],
    ["/aba", "/ab{x}ba", false],
    ["/abba", "/ab{x}ba", false],
    ["/ab-ba", "/ab{x}ba", true],
    ["/zz-ba", "/ab{x}ba", false],
    ["/a{x}", "/b{x}", false],
    ["/a{x}", "/{x}b", true],
    ["/ab{x}", "/a{x}", true],
    ["/ba{x}", "/a{x}", false],
    ["/{x}a", "/{x}b", false],
    ["/{x}ab", "/{x}b", true],
    ["/{x}ab", "/{x}a", false],
    ["/a/{rest...}", "/a", false],
    ["/a/{rest...}", "/a/", false],
    ["/a/{rest...}", "/a/b", true],
    ["/a/{rest...}", "/a/{x}", true],
    ["/a/{rest...}", "/a/{y...}", true],
  ])("or not: %s and %s", (one, other, doOverlap) => {
    expect(templatesOverlap(templateOf(one), templateOf(other))).toBe(doOverlap);
    expect(templatesOverlap(templateOf(other), templateOf(one))).toBe(doOverlap);
  });
});

it("templates overlap exactly if some path matches both", () => {
  const segment = fc.constantFrom("a", "b", "{x}", "a{x}", "{x}b");
  const template = fc
    .tuple(fc.array(segment, { maxLength: 2 }), fc.constantFrom("a", "", "{x}", "{rest...}"))
    .map(([inner, last]) => `/${[...inner, last].join("/")}`);
  // Enough paths to distinguish any two such templates.
  const texts = ["a", "b", "c", "acb", ""];
  const paths = [1, 2, 3, 4].flatMap((length) =>
    Array.from({ length: texts.length ** length }, (_, number) =>
      Array.from({ length }, (_, at) => texts[Math.floor(number / texts.length ** at) % texts.length] ?? ""),
    ).filter((path) => path.every((text, index) => text !== "" || index === length - 1)),
  );
  const fits = (template: string): ReadonlySet<string> => {
    const { root } = buildOperationTree([operationOf("GET", template)], false);
    const found = paths.filter((path) => findOperation(root, "GET", path)?.value !== undefined);
    return new Set(found.map((path) => path.join("/")));
  };
  fc.assert(
    fc.property(template, template, (a, b) => {
      const [fitsA, fitsB] = [fits(a), fits(b)];
      expect(templatesOverlap(templateOf(a), templateOf(b))).toBe([...fitsA].some((path) => fitsB.has(path)));
      expect(templatesOverlap(templateOf(b), templateOf(a))).toBe(templatesOverlap(templateOf(a), templateOf(b)));
    }),
    { numRuns: runsOf(150) },
  );
});
