import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_JSON_DEPTH, MAX_JSON_MEMBERS, wantMembers } from "../../../plugin/core/json/check-json.ts";
import {
  InexactNumber,
  isJsonObject,
  readJsonObject,
  readJsonTexts,
  roundNumber,
} from "../../../plugin/core/json/json.ts";
import { fail, succeed } from "../../../plugin/core/model/result.ts";
import { anyCharacter } from "../../any-character.ts";
import { unwrap } from "../../results.ts";
import { runsOf } from "../../runs.ts";
import { readSlowly } from "./slow-json.ts";

/** An object of `depth` nested objects, including the outermost object. */
const nestedObjects = (depth: number): string => `${'{"a":'.repeat(depth)}0${"}".repeat(depth)}`;
/** An object around arrays. There are `depth` levels in all. */
const nestedArrays = (depth: number): string => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
const membersText = (count: number): string =>
  `{${Array.from({ length: count }, (_, index) => `"m${index}":0`).join(",")}}`;
const elementsText = (count: number): string => `{"a":[${Array.from({ length: count }, () => 0).join(",")}]}`;

/** The fast and the slow reader refuse the text for the same reason. */
function expectRefusal(text: string, reason: string): void {
  expect(readJsonObject(text)).toEqual(fail(reason));
  expect(readJsonTexts(text, wantMembers())).toEqual(fail(reason));
}

describe("refuses texts that are not JSON, or that other readers could read differently", () => {
  it.each<[what: string, text: string, refused: string]>([
    ["a member given twice", '{"a":1,"a":1}', "duplicate member"],
    ["a member given twice, once with an escape", '{"exp":1,"\\u0065xp":2}', "duplicate member"],
    ["a member given twice by escapes of either case", '{"\\u006A":1,"\\u006a":2}', "duplicate member"],
    ["a member given twice, deep inside", '{"a":[{"b":{"c":1,"c":2}}]}', "duplicate member"],
    ["__proto__ given twice", '{"__proto__":{},"__proto__":{}}', "duplicate member"],
    ["__proto__ given twice, once with an escape", '{"__proto__":1,"\\u005f_proto__":2}', "duplicate member"],
    ["the empty name given twice", '{"":1,"":2}', "duplicate member"],
    ["a number that becomes Infinity", '{"exp":1e400}', "number out of range"],
    ["a number whose exponent follows a zero", '{"exp":10e400}', "number out of range"],
    ["a number whose exponent has a plus", '{"exp":1e+400}', "number out of range"],
    ["a number whose exponent begins with zeros", '{"exp":1e0400}', "number out of range"],
    ["a number with a fraction that becomes Infinity", '{"exp":1.5e400}', "number out of range"],
    ["a number of 400 digits", `{"exp":${"9".repeat(400)}}`, "number out of range"],
    ["a number of 310 digits and a small negative exponent", `{"exp":${"9".repeat(310)}e-1}`, "number out of range"],
    ["a number that becomes Infinity, as the whole text", "1e400", "number out of range"],
    ["a number that becomes -Infinity", '{"exp":-1e400}', "number out of range"],
    ["a lone high surrogate", '{"a":"\ud800"}', "lone surrogate in a string"],
    ["a lone low surrogate as an escape", '{"a":"\\udc00"}', "lone surrogate in a string"],
    ["a lone low surrogate at the start of a text that is one string", '"\udc00"', "lone surrogate in a string"],
    ["a lone high surrogate before a letter", '{"a":"\\ud800x\\udc00"}', "lone surrogate in a string"],
    ["a pair and another low surrogate", '{"a":"\\ud83d\\ude00\\ude00"}', "lone surrogate in a string"],
    ["two high surrogates before a low one", '{"a":"\\ud83d\\ud83d\\ude00"}', "lone surrogate in a string"],
    [
      "a high surrogate at the end of a name, and a low one in the value",
      '{"\\ud83d":"\\ude00"}',
      "lone surrogate in a string",
    ],
    ["surrogates in the wrong order", '{"a":"\\udc00\\ud800"}', "lone surrogate in a string"],
    ["a lone surrogate in a member name", '{"\\ud800":1}', "lone surrogate in a string"],
    ["a byte order mark in front", '\ufeff{"a":1}', "bad value"],
    ["a no-break space in front", "\u00a0{}", "bad value"],
    ["a vertical tab between tokens", '{"a":\u000b1}', "bad value"],
    ["text after the object", '{"a":1} x', "text after the value"],
    ["a second object", "{}{}", "text after the value"],
    ["a NUL after the object", "{}\u0000", "text after the value"],
    ["the empty text", "", "bad value"],
    ["blanks only", " \n", "bad value"],
    ["a leading zero", '{"a":01}', "bad object"],
    ["a leading zero after a minus", '{"a":-01}', "bad object"],
    ["a leading plus", '{"a":+1}', "bad value"],
    ["a fraction without an integer part", '{"a":.5}', "bad value"],
    ["a fraction without digits", '{"a":1.}', "bad object"],
    ["an exponent without digits", '{"a":1e}', "bad object"],
    ["a hexadecimal number", '{"a":0x10}', "bad object"],
    ["a minus alone", '{"a":-}', "bad value"],
    ["NaN", '{"a":NaN}', "bad value"],
    ["Infinity", '{"a":Infinity}', "bad value"],
    ["undefined", '{"a":undefined}', "bad value"],
    ["a literal in upper case", '{"a":True}', "bad value"],
    ["a literal cut short", '{"a":tru}', "bad value"],
    ["false cut short", '{"a":fals}', "bad value"],
    ["a literal with a tail", '{"a":nullx}', "bad object"],
    ["a trailing comma in an object", '{"a":1,}', "bad member name"],
    ["a trailing comma in an array", '{"a":[1,]}', "bad value"],
    ["a leading comma in an array", '{"a":[,1]}', "bad value"],
    ["a missing comma in an array", '{"a":[1 2]}', "bad array"],
    ["a missing comma in an object", '{"a":1 "b":2}', "bad object"],
    ["a missing colon", '{"a" 1}', "bad object"],
    ["an unquoted member name", "{a:1}", "bad member name"],
    ["single quotes", "{'a':1}", "bad member name"],
    ["an object that does not end", '{"a":1', "bad object"],
    ["an array that does not end", '{"a":[1', "bad array"],
    ["a string that does not end", '{"a":"b', "ends inside a string"],
    ["a string that ends in a backslash", '{"a":"\\', "bad escape"],
    ["an unknown escape", '{"a":"\\x41"}', "bad escape"],
    ["an escape with a capital letter", '{"a":"\\N"}', "bad escape"],
    ["a \\u escape of three digits", '{"a":"\\u12"}', "bad \\u escape"],
    ["a \\u escape with a sign", '{"a":"\\u+041"}', "bad \\u escape"],
    ["a raw newline in a string", '{"a":"\n"}', "control character in a string"],
    ["a raw NUL in a member name", '{"\u0000":1}', "control character in a string"],
    ["a raw unit separator, the last control character", '{"a":"\u001f"}', "control character in a string"],
    ["a comment", '{"a":1/**/}', "bad object"],
  ])("%s: %j", (_what, text, refused) => expectRefusal(text, refused));
});

it.each(["[]", '[{"a":1}]', "null", "true", "0", '"text"'])("refuses JSON that is not an object: %s", (text) => {
  expectRefusal(text, "not an object");
});

describe("limits its input", () => {
  it.each([
    ["objects", nestedObjects],
    ["arrays", nestedArrays],
  ])("accepts %s nested as deep as the limit and not one level deeper", (_what, nested) => {
    expect(readJsonObject(nested(MAX_JSON_DEPTH))).toHaveProperty("ok", true);
    expectRefusal(nested(MAX_JSON_DEPTH + 1), "nested too deep");
    expect(readJsonTexts(nested(MAX_JSON_DEPTH), wantMembers())).toHaveProperty("ok", true);
  });

  it("refuses a string nested 100,000 deep without a stack overflow", () => {
    expect(readJsonObject(nestedObjects(100_000))).toEqual(fail("nested too deep"));
    expect(readJsonObject("[".repeat(100_000))).toEqual(fail("nested too deep"));
  });

  it.each([
    ["members", membersText, 0],
    ["elements, counting the array's own member", elementsText, 1],
  ])("accepts as many %s as the limit and not one more", (_what, text, others) => {
    expect(readJsonObject(text(MAX_JSON_MEMBERS - others))).toHaveProperty("ok", true);
    expect(readJsonTexts(text(MAX_JSON_MEMBERS - others), wantMembers())).toEqual(succeed({}));
    expectRefusal(text(MAX_JSON_MEMBERS - others + 1), "too many members");
  });
});

describe("reads unambiguous texts", () => {
  it.each<[what: string, text: string]>([
    ["the empty object", "{}"],
    ["all four kinds of blank, everywhere", ' \t\r\n{ \t\r\n"a" \t\r\n: \t\r\n[ \t\r\n1 \t\r\n, 2 ] , "b" : { } } \n'],
    ["every escape", '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041"}'],
    ["a surrogate pair as escapes", '{"a":"\\ud83d\\ude00"}'],
    ["a delete character, which JSON does not call a control character", '{"a":"\u007f"}'],
    ["a byte order mark inside a string", '{"a":"\ufeff"}'],
    ["a surrogate pair, half of it as an escape", '{"a":"\ud83d\\ude00\\ud83d\ude00"}'],
    ["the last character before the surrogates, and the first one after them", '{"\ud7ff\ue000":"\ud7ff\ue000\uffff"}'],
    ["a surrogate pair, twice, and blanks in a string", '{"a b":" \ud83d\ude00\ud83d\ude00 "}'],
    ["digits up to nine", '{"a":[9,90,1.9,1e9,9E+9,9e-9,-9]}'],
    ["a number of 309 digits", `{"a":1${"0".repeat(308)}}`],
    ["a number with a large exponent that its fraction makes small", `{"a":0.${"0".repeat(400)}1e400}`],
    ["numbers of every form", '{"a":[0,-0,1.5,-1.5e+3,1E-3,12345678901234567890,1e-400,1.7976931348623157e308]}'],
    ["the three literals", '{"a":[true,false,null],"b":false}'],
    ["names that differ in case only", '{"exp":1,"EXP":2}'],
    ["the same name in two objects", '{"a":{"b":1},"c":{"b":2}}'],
  ])("%s", (_what, text) => {
    expect(JSON.stringify(readJsonObject(text))).toBe(JSON.stringify(succeed(JSON.parse(text))));
    expect(readJsonTexts(text, wantMembers())).toEqual(succeed({}));
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("keeps a member %s as plain data", (name) => {
    const object = unwrap(readJsonObject(`{"${name}":{"isAdmin":true}}`));
    expect(Object.keys(object)).toEqual([name]);
    expect(Object.getPrototypeOf(object)).toBeNull();
    expect(object.isAdmin).toBeUndefined();
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
  });

  it("does not find a member that the text does not have", () => {
    expect("constructor" in unwrap(readJsonObject("{}"))).toBe(false);
  });
});

describe("compared with JSON.parse", () => {
  it("reads the output of JSON.stringify back to the same object", () => {
    const value = fc.dictionary(
      fc.string({ unit: anyCharacter }),
      fc.jsonValue({ maxDepth: 6, stringUnit: anyCharacter }),
    );
    const indent = fc.constantFrom(undefined, 1, "\t");
    fc.assert(
      fc.property(value, indent, (object, blanks) => {
        const text = JSON.stringify(object, undefined, blanks);
        expect(JSON.stringify(readJsonObject(text))).toBe(JSON.stringify(succeed(JSON.parse(text))));
      }),
    );
  });

  // Texts that are built from pieces of JSON. So many of them are nearly valid.
  const piece = fc.constantFrom(
    ...["{", "}", "[", "]", ",", ":", '"', "\\", '"a"', '"b"', "\\u0061", "0", "1", "-", ".", "e9", "true", "null"],
    ...[" ", "\n", "\u0000", "\ud800", "\ufeff"],
  );
  it.each([
    ["any UTF-16", fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) })],
    ["pieces of JSON", fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""))],
    ["pieces of JSON in an object", fc.array(piece, { maxLength: 6 }).map((pieces) => `{"a":${pieces.join("")}}`)],
  ])("never throws on %s, and accepts no text that JSON.parse refuses or reads differently", (_what, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        const read = readJsonObject(text);
        expect(readJsonTexts(text, wantMembers())).toEqual(read.ok ? succeed({}) : read);
        if (read.ok) {
          expect(JSON.stringify(read.value)).toBe(JSON.stringify(JSON.parse(text)));
        } else {
          expect(read.failure).toMatch(/^[a-z\\ ]+$/);
        }
      }),
      { numRuns: runsOf(2000) },
    );
  });
});

describe("compared with a slow reader that uses JSON.parse and then checks for everything that JSON.parse accepts", () => {
  const pieces = [
    ...["{", "}", "[", "]", ",", ":", '"', "\\", '"a"', '"b"', '"a":', '"\\u0061":', "\\u0061", "\\ud800", "0", "-0"],
    ...["1e400", '"a":1', '"b":{}', '"c":[', "true", "null", " ", "\u0001", "é"],
  ];

  it("accepts and refuses the same texts, and reads the same values", () => {
    const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => `{${parts.join("")}}`);
    fc.assert(
      fc.property(texts, (text) => {
        const read = readJsonObject(text);
        const slow = readSlowly(text);
        expect(read.ok).toBe(slow !== undefined);
        expect(readJsonTexts(text, wantMembers())).toEqual(read.ok ? succeed({}) : read);
        expect(read.ok ? JSON.stringify(read.value) : undefined).toBe(JSON.stringify(slow));
      }),
      { numRuns: runsOf(20_000) },
    );
  });
});

describe("some texts of an object", () => {
  const names = [
    '"iss"',
    '"is"',
    '"\\u0069ss"',
    '"a"',
    '"\\u0061"',
    '"__proto__"',
    '"é"',
    '"\\ud800"',
    '"\ud800"',
    '""',
  ];
  const values = [
    ...["1", '"x"', '"\\u0061\\n"', '{"a":1,"a":2}', '{"a":1,"b":[1,{"a":2}]}', "[1,,2]", "[{}]", "1e400", "tru"],
  ];
  const member = fc
    .tuple(fc.constantFrom(...names), fc.constantFrom(":", " : ", ""), fc.constantFrom(...values))
    .map((parts) => parts.join(""));
  const texts = fc.array(member, { maxLength: 6 }).map((members) => `{${members.join(",")}}`);

  it("are the same as those of the whole object, and are refused for the same reason", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const whole = readJsonObject(text);
        const some = readJsonTexts(text, wantMembers("iss", "__proto__"));
        if (!whole.ok) {
          expect(some).toEqual(whole);
        } else {
          const wanted = Object.entries(whole.value)
            .filter(([name]) => name === "iss" || name === "__proto__")
            .map(([name, value]) => [name, typeof value === "string" ? value : null]);
          expect(Object.entries(unwrap(some))).toEqual(wanted);
          expect(Object.getPrototypeOf(unwrap(some))).toBeNull();
        }
      }),
      { numRuns: runsOf(20_000) },
    );
  });

  it("are never taken from an inner object, before or after the outer member", () => {
    const read = (text: string): unknown => readJsonTexts(text, wantMembers("iss"));
    expect(read('{"a":{"iss":"inner"}}')).toEqual(succeed({}));
    expect(read('{"a":{"iss":"inner"},"iss":"outer","b":[{"iss":"inner"}]}')).toEqual(succeed({ iss: "outer" }));
  });

  it("are refused if a name occurs twice among a thousand, in one object or with escapes", () => {
    const many = Array.from({ length: 1000 }, (_, index) => `"a${index}":0`).join(",");
    expect(readJsonTexts(`{${many},"a7":1}`, wantMembers("iss"))).toEqual(fail("duplicate member"));
    expect(readJsonTexts(`{${many},"\\u00617":1}`, wantMembers("iss"))).toEqual(fail("duplicate member"));
    expect(readJsonTexts(`{${many},"b":{"a7":1}}`, wantMembers("iss"))).toEqual(succeed({}));
  });
});

describe("isJsonObject", () => {
  it.each([
    [{}, true],
    [Object.create(null), true],
    [[], false],
    [null, false],
    [undefined, false],
    ["text", false],
    [0, false],
  ])("%o: %s", (value, expected) => {
    expect(isJsonObject(value)).toBe(expected);
  });
});

it.each([
  [1.5, 1.5],
  [new InexactNumber(2), 2],
  ["1", undefined],
  [null, undefined],
  [undefined, undefined],
  [[1], undefined],
])("the rounded number of %j is %j", (value, rounded) => {
  expect(roundNumber(value)).toBe(rounded);
});
