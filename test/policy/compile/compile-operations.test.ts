import { describe, expect, it } from "vitest";
import { compileOperations } from "../../../plugin/policy/compile/compile-operations.ts";
import { requirementsOf } from "../../core/fixtures.ts";

const requirements = requirementsOf();

/** Findings of operations written as `GET,POST /path`, each as `index code`. */
function findingsOf(...operations: readonly string[]): readonly string[] {
  const sources = operations.map((operation) => {
    const [methods = "", path = ""] = operation.split(" ");
    return { methods: methods.split(","), path, requirements };
  });
  return compileOperations(sources, ["operations"]).findings.map(({ code, path }) => `${path?.join("/")} ${code}`);
}

describe("refuses operations that can fit the same request", () => {
  it.each([
    ["GET /a", "GET /a"],
    ["GET /a", "HEAD /a"],
    ["HEAD /a", "GET /a"],
    ["GET,POST /a", "POST,PUT /a"],
    ["GET /{x}", "GET /{y}"],
    ["GET /a", "GET /{x}"],
    ["GET /{x}", "GET /a"],
    ["GET /a/{x}", "GET /{y}/b"],
    ["GET /a/{x}/c", "GET /{y}/b/{z}"],
    ["GET /caf%C3%A9", "GET /caf%c3%a9"],
    ["GET /a", "GET /%61"],
    ["GET /", "GET /"],
  ])("%s and %s", (first, second) => {
    expect(findingsOf(first, second)).toEqual(["operations/1/path operations_overlap"]);
  });

  it("names the one that comes first, and its methods and path", () => {
    const sources = ["GET", "HEAD"].map((method) => ({ methods: [method], path: "/a", requirements }));
    expect(compileOperations(sources, []).findings[0]?.message).toBe(
      "HEAD /a and GET /a can fit the same request; make them disjoint.",
    );
  });
});

describe("takes operations that cannot", () => {
  it.each([
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
  expect(findingsOf("GET /a", "GET /b/../c", "GET /{x}", "GET /d", "GET /{")).toEqual([
    "operations/1/path path_template_invalid",
    "operations/2/path operations_overlap",
    "operations/3/path operations_overlap",
    "operations/4/path path_template_invalid",
  ]);
});
