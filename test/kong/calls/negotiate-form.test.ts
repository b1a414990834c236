import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { prefersProblemDetails } from "../../../plugin/kong/calls/negotiate-form.ts";
import { anyCharacter } from "../../any-character.ts";

const JSON_TYPE = "application/json";
const PROBLEM = "application/problem+json";

describe("problem details are preferred", () => {
  it.each([
    PROBLEM,
    "Application/Problem+JSON",
    `${PROBLEM};q=0.1`,
    `${PROBLEM}, ${JSON_TYPE}`,
    `${PROBLEM}, */*`,
    `*/*, ${PROBLEM}`,
    `${JSON_TYPE};q=0.5, ${PROBLEM};q=0.6`,
    `${JSON_TYPE};q=0.1, */*`,
    `text/html, ${PROBLEM};q=0.2`,
  ])("by %s", (accept) => {
    expect(prefersProblemDetails(accept)).toBe(true);
  });

  it.each([
    undefined,
    "",
    "*/*",
    "application/*",
    JSON_TYPE,
    `${JSON_TYPE}, ${PROBLEM}`,
    `${PROBLEM};q=0`,
    `${PROBLEM};q=0, */*`,
    `${PROBLEM};q=0.5, ${JSON_TYPE}`,
    "text/html",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "application/problem",
    "application/problem+xml",
    `${PROBLEM}x`,
    `"${PROBLEM}"`,
    "problem+json",
    ",,;;,/,=",
    "__proto__/constructor, toString",
  ])("not by %j", (accept) => {
    expect(prefersProblemDetails(accept)).toBe(false);
  });
});

it.each([
  ["256 characters", PROBLEM.padEnd(256, " "), true],
  ["257 characters", PROBLEM.padEnd(257, " "), false],
  ["10 media ranges", `${PROBLEM}${", a/b".repeat(9)}`, true],
  ["11 media ranges", `${PROBLEM}${", a/b".repeat(10)}`, false],
  ["10 media ranges, of which 9 are empty", `${PROBLEM}${",".repeat(9)}`, true],
  ["11 media ranges, of which 10 are empty", `${PROBLEM}${",".repeat(10)}`, false],
])("an Accept of %s is read: %s", (_what, accept, isRead) => {
  expect(prefersProblemDetails(accept)).toBe(isRead);
});

describe("for any Accept header", () => {
  const pieces = [
    "application/json",
    PROBLEM,
    "*/*",
    "application/*",
    ";q=",
    "0",
    ".5",
    "1",
    ",",
    ";",
    '"',
    "\\",
    "=",
    " ",
    "\t",
    "/",
    "\u007f",
    "__proto__",
  ];
  const anyAccept = fc.oneof(
    fc.string({ unit: anyCharacter, maxLength: 1_100 }),
    fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join("")),
  );

  it("there is an answer, and the same answer each time", () => {
    fc.assert(
      fc.property(anyAccept, (accept) => {
        const first = prefersProblemDetails(accept);
        expect(typeof first).toBe("boolean");
        expect(prefersProblemDetails(accept)).toBe(first);
      }),
      { numRuns: 2_000 },
    );
  });

  it("the most specific range of each type counts, then its weight, then how specific it is, then its position", () => {
    const ranges = fc.uniqueArray(
      fc.record({
        range: fc.constantFrom(JSON_TYPE, PROBLEM, "application/*", "*/*", "text/html"),
        q: fc.constantFrom(0, 0.3, 0.7, 1),
      }),
      { selector: ({ range }) => range, maxLength: 5 },
    );
    fc.assert(
      fc.property(ranges, (accepted) => {
        const listed = accepted.map(({ range }) => range);
        const find = (type: typeof JSON_TYPE | typeof PROBLEM) => {
          const nearness = ([type, "application/*", "*/*"] as const).map((range) => listed.indexOf(range));
          const nearest = nearness.findIndex((at) => at >= 0);
          const at = nearness[nearest] ?? -1;
          return { q: accepted[at]?.q ?? 0, nearest, at };
        };
        const [kong, problem] = [find(JSON_TYPE), find(PROBLEM)];
        const isPreferred =
          problem.q > kong.q ||
          (problem.q > 0 &&
            problem.q === kong.q &&
            (problem.nearest < kong.nearest || (problem.nearest === kong.nearest && problem.at < kong.at)));
        const text = accepted.map(({ range, q }) => `${range};q=${q}`).join(", ");
        expect(prefersProblemDetails(text), text).toBe(isPreferred);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([",", ";", '"', '",', "a/b;c=", "a/b;", 'a/b;c="', "\\", " "])(
    "the longest accepted header of only %j counts as no preference, and is read a thousand times within a test",
    (piece) => {
      const accept = piece.repeat(256).slice(0, 256);
      expect(Array.from({ length: 1_000 }, () => prefersProblemDetails(accept))).not.toContain(true);
    },
  );
});
