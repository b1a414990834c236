import { describe, expect, it } from "vitest";
import { hintAtForm, hintAtType } from "../../../plugin/policy/language/hint-at-value.ts";

const LONGEST = "x".repeat(60);

describe("the hint at a value of a wrong type", () => {
  it.each<[wanted: string, value: unknown, hint: string, schema?: object]>([
    ["string", 5, 'Put the value in quotes: "5".'],
    ["string", true, 'Put the value in quotes: "true".'],
    ["string", 5, "Write a number and a unit: s, m, h or d. Example: 30s.", { title: "Duration" }],
    ["string", 5, "Write a number and a unit: s, m, h or d. Example: 9m.", { title: "Duration", examples: ["9m"] }],
    ["string", 5, "", { enum: ["a"] }],
    ["string", null, ""],
    ["string", ["a"], ""],
    ["object", 5, ""],
    ["object", {}, ""],
    ["object", ["a"], 'Write "name: value" entries without dashes and brackets.'],
    ["object string", ["a"], ""],
    ["array", [], ""],
    ...["true", "yes", "on", " YES "].map(
      (text) => ["boolean", text, "Write true, without quotes."] as [string, string, string],
    ),
    ...["false", "no", "Off"].map(
      (text) => ["boolean", text, "Write false, without quotes."] as [string, string, string],
    ),
    ["boolean", "toString", ""],
    ["boolean", "1", ""],
    ["integer", "yes", ""],
    ["integer", " 12 ", "Write 12, without quotes."],
    ["number", "123456789", "Write 123456789, without quotes."],
    ["number", "1234567890", ""],
    ["integer", "x1", ""],
    ["integer", "1x", ""],
    ["array", "12", 'Write a list: ["12"].'],
    ["array", ";a,, b:c d/e.f-g_h; i:", 'Write a list: [a, b:c, d/e.f-g_h, "i:"].'],
    ["array", LONGEST, `Write a list: [${LONGEST}].`],
    ["array", `${LONGEST}x`, ""],
    ["array", "", ""],
    ["array", " ", ""],
    ["object array", "a:b", "Write a list: [a:b]."],
    ["object", "a.b_c-d:e", 'A colon needs a space after it: write "a.b_c-d: ".'],
    ["object", "a: b", ""],
    ["object", "-a b:c", ""],
    ["object", "a", ""],
    ["string", "a:b", ""],
  ])("for %s, %j: %s", (wanted, value, hint, schema) => {
    const types = wanted.includes(" ") ? wanted.split(" ") : wanted;
    expect(hintAtType(value, types, schema)).toBe(hint && ` ${hint}`);
  });
});

describe("the hint at a text of a wrong form", () => {
  it.each<[value: unknown, pattern: string, hint: string, title?: string]>([
    ["read a/b", "^\\S+$", "Write each value as a separate element: read, a/b.", "Scope"],
    ["read ü", "^[a-z]+$", "", "Scope"],
    [" read", "^\\S+$", 'Did you mean "read"?', "Scope"],
    ["read a", "^[a-z]+$", "", "Role"],
    ["get", "^GET$", 'Did you mean "GET"?'],
    ["X-A", "^x-a$", 'Did you mean "x-a"?'],
    ["X_a_B", "^x-a-b$", 'Did you mean "x-a-b"?'],
    ["a", "^/a$", 'Did you mean "/a"?'],
    ["a", "^b$", ""],
    ["a", "^a$", ""],
    ["", "^/$", ""],
    [5, "^/5$", ""],
    [`x${" ".repeat(59)}`, "^x$", 'Did you mean "x"?'],
    [`x${" ".repeat(60)}`, "^x$", ""],
  ])("%j for %s: %s", (value, pattern, hint, title) => {
    expect(hintAtForm(value, { pattern, title })).toBe(hint && ` ${hint}`);
  });

  const units = {
    s: "s sec secs second seconds",
    m: "m min mins minute minutes",
    h: "h hr hrs hour hours",
    d: "d day days",
  };
  it.each<[value: string, better: string | undefined]>([
    ...Object.entries(units).flatMap(([unit, words]) =>
      words.split(" ").map((word): [string, string] => [`30 ${word}`, `30${unit}`]),
    ),
    ["PT5M", "5m"],
    ["P1D", "1d"],
    [" 007 Hours ", "7h"],
    ["123456789s ", "123456789s"],
    ["1234567890 s", undefined],
    ["30", undefined],
    ["30 month", undefined],
    ["30 constructor", undefined],
    ["1.5m", undefined],
    ["x30s", undefined],
    ["s", undefined],
  ])("a duration %j is %s", (value, better) => {
    const schema = { title: "Duration", pattern: "^(?:0|[1-9]\\d{0,8})[smhd]$" };
    expect(hintAtForm(value, schema)).toBe(better === undefined ? "" : ` Did you mean "${better}"?`);
  });
});
