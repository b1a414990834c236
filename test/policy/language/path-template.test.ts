import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fail, succeed } from "../../../plugin/core/model/result.ts";
import { buildOperationTree, findOperation } from "../../../plugin/core/request/operation-tree.ts";
import { MAX_PATH_SEGMENTS } from "../../../plugin/core/request/request-path.ts";
import { parsePathTemplate, templatesOverlap } from "../../../plugin/policy/language/path-template.ts";

describe("reads a template", () => {
  it.each<[template: string, segments: (string | undefined)[]]>([
    ["/", [""]],
    ["/a", ["a"]],
    ["/a/", ["a", ""]],
    ["/refunds/{id}", ["refunds", undefined]],
    ["/{a}/{b_2}/{_c}", [undefined, undefined, undefined]],
    ["/{same}/{same}", [undefined, undefined]],
    ["/caf%C3%A9/a%20b", ["café", "a b"]],
    ["/a.b/c,d", ["a.b", "c,d"]],
    ["/x", ["x"]],
    [`${"/{a}".repeat(MAX_PATH_SEGMENTS)}`, Array.from({ length: MAX_PATH_SEGMENTS }, () => undefined)],
  ])("%s", (template, segments) => {
    expect(parsePathTemplate(template)).toEqual(succeed(segments));
  });
});

describe("refuses a template", () => {
  const neither = (part: string): RegExp => new RegExp(`^"${part}" is neither plain text nor a whole segment`);
  const noPath = /^No request path could match it/;
  it.each<[template: string, problem: RegExp]>([
    ["/{}", neither("\\{\\}")],
    ["/{id", neither("\\{id")],
    ["/id}", neither("id\\}")],
    ["/a{id}", neither("a\\{id\\}")],
    ["/{id}.json", neither("\\{id\\}\\.json")],
    ["/{a}{b}", neither("\\{a\\}\\{b\\}")],
    ["/{1a}", neither("\\{1a\\}")],
    ["/{a-b}", neither("\\{a-b\\}")],
    ["/{+path}", neither("\\{\\+path\\}")],
    ["/a?b=c", noPath],
    ["/a#b", noPath],
    ["//a", noPath],
    ["/a//b", noPath],
    ["/a/./b", noPath],
    ["/a/../b", noPath],
    ["/a%2Fb", noPath],
    ["/%2e%2e", noPath],
    ["/a b", noPath],
    ["/café", noPath],
    ["/a;b", noPath],
    ["/a%", noPath],
    ["/a%ff", noPath],
    ["/a".repeat(MAX_PATH_SEGMENTS + 1), /^It has more than 32 segments\.$/],
  ])("%s", (template, problem) => {
    expect(parsePathTemplate(template)).toEqual(fail(expect.stringMatching(problem)));
  });
});

it("says that templates overlap exactly when some path fits both", () => {
  const segment = fc.constantFrom("a", "b", undefined);
  const template = fc
    .tuple(fc.array(segment, { maxLength: 3 }), fc.constantFrom("a", "", undefined))
    .map(([inner, last]) => [...inner, last]);
  // Every path that could tell two such templates apart, or could not.
  const paths = [1, 2, 3, 4].flatMap((length) =>
    Array.from({ length: 4 ** length }, (_, number) =>
      Array.from({ length }, (_, at) => ["a", "b", "c", ""][Math.floor(number / 4 ** at) % 4] ?? ""),
    ),
  );
  const fits = (segments: readonly (string | undefined)[], path: readonly string[]): boolean =>
    findOperation(buildOperationTree([{ methods: ["GET"], segments, value: true }]), "GET", path) === true;
  fc.assert(
    fc.property(template, template, (a, b) => {
      expect(templatesOverlap(a, b)).toBe(paths.some((path) => fits(a, path) && fits(b, path)));
      expect(templatesOverlap(b, a)).toBe(templatesOverlap(a, b));
    }),
    { numRuns: 100 },
  );
});
