import { describe, expect, it } from "vitest";
import { compileOperations } from "../../../plugin/policy/compile/compile-operations.ts";
import { requirementsOf } from "../../core/fixtures.ts";

const requirements = requirementsOf();

/** Operations written as `GET,POST /path`. */
function compile(operations: readonly string[]) {
  const sources = operations.map((operation) => {
    const [methods = "", path = ""] = operation.split(" ");
    return { methods: methods.split(","), path, requirements };
  });
  return compileOperations(sources, ["operations"]);
}
const findingsOf = (...operations: readonly string[]): readonly string[] =>
  compile(operations).findings.map(({ code, path }) => `${path?.join("/")} ${code}`);

describe("refuses operations that can fit the same request, if no path is more specific", () => {
  it.each([
    ["GET /a", "GET /a"],
    ["GET /a", "HEAD /a"],
    ["HEAD /a", "GET /a"],
    ["GET,POST /a", "POST,PUT /a"],
    ["GET /{x}", "GET /{y}"],
    ["GET /{x...}", "GET /{y...}"],
    ["GET /a/{x...}", "HEAD /a/{y...}"],
    ["GET /a/{x}:b", "GET /a/{y}:b"],
    ["GET /v{x}", "GET /{x}.json"],
    ["GET /{x}:b", "GET /{x}:a:b"],
    ["GET /v{x}/a", "GET /{y}1/{z}"],
    ["GET /caf%C3%A9", "GET /caf%c3%a9"],
    ["GET /a", "GET /%61"],
    ["GET /", "GET /"],
  ])("%s and %s", (first, second) => {
    expect(findingsOf(first, second)).toEqual(["operations/1/path operations_overlap"]);
  });

  it("names the first operation, with its methods and path", () => {
    expect(compile(["GET /a", "HEAD /a"]).findings[0]?.message).toBe(
      "HEAD /a and GET /a can fit the same request, and neither path is more specific; make them disjoint.",
    );
  });
});

describe("accepts operations that cannot overlap, or with one more specific path", () => {
  it.each([
    ["GET /a", "GET /{x}"],
    ["GET /a", "GET /{x...}"],
    ["GET /a{x}", "GET /{x}"],
    ["GET /a/{x}", "GET /{x...}"],
    ["GET /a/{x...}", "GET /{x...}"],
    ["GET /a/{x}", "GET /{y}/b"],
    ["GET /a/{x}/c", "GET /{y}/b/{z}"],
    ["GET /{x}:a", "GET /{x}:b"],
    ["GET /a{x}", "GET /b{x}"],
    ["GET /a", "POST /a"],
    ["GET /a", "GET /b"],
    ["GET /a", "GET /A"],
    ["GET /a", "GET /a/"],
    ["GET /a/{x}", "GET /a/"],
    ["GET /a/{x}", "GET /a"],
    ["GET /a/{x}", "GET /b/{x}"],
    ["GET /a/{x}/c", "GET /a/{x}/d"],
    ["GET /", "GET /{x}"],
    ["HEAD /a", "POST /a"],
  ])("%s and %s", (first, second) => {
    expect(findingsOf(first, second)).toEqual([]);
    expect(findingsOf(second, first)).toEqual([]);
  });
});

it("finds each overlap and each unusable template", () => {
  expect(findingsOf("GET /a", "GET /b/../c", "HEAD /a", "GET /%61", "GET /{")).toEqual([
    "operations/1/path path_template_invalid",
    "operations/2/path operations_overlap",
    "operations/3/path operations_overlap",
    "operations/4/path path_template_invalid",
  ]);
});

describe("compares other spellings of a path", () => {
  const isLayered = (...operations: readonly string[]) => compile(operations).tree.lenientRoot !== undefined;

  it.each([
    ["GET /me", "GET /{x}"],
    ["HEAD /me", "GET /{x}"],
    ["GET /me", "GET /{x}.json"],
    ["GET /A/b", "GET /a/{x}"],
    ["GET /me/", "GET /{x}"],
    ["GET /{x}", "GET /admin/{rest...}"],
    ["GET /{x}:cancel", "GET /{x}"],
  ])("if servers may read the path as the path of a more specific operation: %s, %s", (first, second) => {
    expect([isLayered(first, second), isLayered(second, first)]).toEqual([true, true]);
  });

  it.each([
    ["GET /me", "POST /{x}"],
    ["GET /me", "GET /ME"],
    ["GET /a/{x}", "GET /a"],
    ["GET /a/{x}", "GET /b/c"],
    ["GET /{x}:a", "GET /{x}:b"],
  ])("and not otherwise: %s, %s", (first, second) => {
    expect(isLayered(first, second)).toBe(false);
  });
});

it("refuses paths that overlap so often that finding the operation could take too long", () => {
  const paths = (count: number): string[] =>
    Array.from({ length: count }, (_, number) => {
      const bits = number.toString(2).padStart(8, "0");
      return `GET /${[...bits].map((bit) => (bit === "0" ? "a" : "{x}")).join("/")}`;
    });
  expect(findingsOf(...paths(250))).toEqual([]);
  const deep = paths(250).map((path) => `${path}${"/x".repeat(10)}`);
  expect(findingsOf(...deep)).toEqual(["operations operations_overlap"]);
});
