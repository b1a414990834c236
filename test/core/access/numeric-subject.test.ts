import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSubject } from "../../../plugin/core/access/numeric-subject.ts";
import { readJsonObject } from "../../../plugin/core/json/json.ts";
import { claimsOf, compileIssuer } from "../fixtures.ts";

const accepting = compileIssuer({ numeric_subject: true });

/** The `sub` that later stages see. The token has this JSON text as `sub`. */
function subjectOf(text: string, issuer = accepting): unknown {
  const parsed = readJsonObject(JSON.stringify(claimsOf()).replace('"alice"', text));
  if (!parsed.ok) {
    throw new Error(parsed.failure);
  }
  return readSubject(issuer, parsed.value).sub;
}

describe("an integer as sub", () => {
  it("becomes its decimal text, for every allowed integer", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (sub) => {
        expect(subjectOf(String(sub))).toBe(String(sub));
      }),
    );
  });

  it("may be zero", () => {
    expect(subjectOf("0")).toBe("0");
  });

  it.each(["42.5", "-1", "-0", "9007199254740993", "1e400", "true", "null", "[42]"])("is not read from %s", (text) => {
    const read = (): unknown => subjectOf(text);
    // The JSON reader itself refuses a number beyond all doubles.
    text === "1e400" ? expect(read).toThrow() : expect(typeof read()).not.toBe("string");
  });

  it("stays a number for an issuer without the option, and a string stays a string", () => {
    expect(subjectOf("42", compileIssuer())).toBe(42);
    expect(subjectOf('"0042"')).toBe("0042");
  });
});
