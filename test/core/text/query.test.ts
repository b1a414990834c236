import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pathOf, queryOf, readParameters, removeParameter } from "../../../plugin/core/text/query.ts";
import { runsOf } from "../../runs.ts";
import { countSteps } from "./counted-text.ts";
import { readParametersByParts, removeParameterByParts } from "./parts-reference.ts";

const NAME = "access_token";

it.each<[target: string, query: string | undefined]>([
  ["/", undefined],
  ["/?", ""],
  ["/a?b", "b"],
  ["/a?b?c", "b?c"],
  ["http://host/a?b", "b"],
])("the query of %j is %j", (target, query) => {
  expect(queryOf(target)).toBe(query);
});

it.each([
  ["/a", "/a"],
  ["/?", "/"],
  ["/a?b?c", "/a"],
  ["?b", ""],
  ["", ""],
])("the path of %j is %j", (target, path) => {
  expect(pathOf(target)).toBe(path);
});

it("a value with a space is read up to 1,024 characters, and any other value is read at any length", () => {
  const read = (value: string) => readParameters(`${NAME}=${value}`, NAME);
  expect(read(`${"x".repeat(1_023)}+`)).toEqual([`${"x".repeat(1_023)} `]);
  expect(read(`${"x".repeat(1_024)}+`)).toBeUndefined();
  expect(read("x".repeat(1_025))).toEqual(["x".repeat(1_025)]);
});

describe("the values of a parameter", () => {
  it.each<[query: string, values: readonly string[]]>([
    ["", []],
    ["a=b&c", []],
    ["access_token=x", ["x"]],
    ["a=b&access_token=x&c=d", ["x"]],
    ["access%5Ftoken=x", ["x"]],
    ["access%5ftoken=x", ["x"]],
    ["%61%63%63%65%73%73%5f%74%6f%6b%65%6e=x", ["x"]],
    ["access_token=%78", ["x"]],
    ["access_token=x=y", ["x=y"]],
    ["access_token=x+y", ["x y"]],
    ["access_token", [""]],
    ["access_token=", [""]],
    ["access_token=x&&access_token=y", ["x", "y"]],
    // None of these names is the parameter's name.
    ["access%2Btoken=x&accesstoken=x&access-token=x", []],
    ["xaccess_token=x&access_token2=x", []],
    ["access_to\u00e9ken=x", []],
    ["a[access_token]=x&a.access_token=x", []],
    ["a=access_token&b=1;c=access_token", []],
    ["a=%zz", []],
  ])("in %j are %j", (query, values) => {
    expect(readParameters(query, NAME)).toEqual(values);
  });

  it.each([
    ...["access_token=x&%=1", "access_token=x&%5=1", "a%zz", "access%5token=x", "access_token=x%", "access_token=%5"],
    ...["access_token=x#", "a=1#&access_token=x"],
    // PHP
    ...[
      "access.token=x",
      "access+token=x",
      "access%20token=x",
      "access%2etoken=x",
      "access[token=x",
      "+access_token=x",
    ],
    ...["%20%20access_token=x", "access_token%00=x", "access_token%00y=x"],
    // The spellings of PHP, Rack and qs.
    ...["access_token[]=x", "access_token%5B%5D=x", "access_token[a][b]=x", "[access_token]=x", "access_token.a=x"],
    // ASP.NET
    ...["Access_Token=x", "ACCESS.TOKEN[]=x"],
    // Servers that decode twice.
    ...["access%255Ftoken=x", "access%252etoken=x"],
    // Servers that end a parameter at a semicolon
    ...["a=1;access_token=x", "a=1;Access.Token=x;b", "access_token=x;access_token=y"],
    // A bad parameter beside a good parameter.
    ...["access_token=x&access.token=y", "access_token;b=x", "%41ccess_Token=x"],
  ])("are unclear in %j", (query) => {
    expect(readParameters(query, NAME)).toBeUndefined();
  });
});

describe("a query without the parameter", () => {
  it.each<[query: string, rest: string]>([
    ["access_token=x", ""],
    ["access_token", ""],
    ["a=1&access_token=x&b=2", "a=1&b=2"],
    ["access_token=x&a=1", "a=1"],
    ["a=1&access_token=x", "a=1"],
    ["&access_token=x&", "&"],
    ["access%5Ftoken=x&a=%zz+%2f&access_token", "a=%zz+%2f"],
    ["a=1&b", "a=1&b"],
    ["a=1&access.token=x&b=2", "a=1&b=2"],
    ["ACCESS_TOKEN[]=x&access%5Ftoken%5Ba%5D=y", ""],
    ["a=1;access_token=x;b=2&c", "a=1;b=2&c"],
    ["access_token=x;b=2&c", "b=2&c"],
    ["a;b;;c&d;", "a;b;;c&d;"],
    ["access_to\u00e9ken=x", "access_to\u00e9ken=x"],
    ["access_tokens=1&".repeat(64), "access_tokens=1&".repeat(64)],
  ])("%j is %j", (query, rest) => {
    expect(removeParameter(query, NAME)).toBe(rest);
  });
});

const other = fc.string({ unit: fc.constantFrom(..."aA_=%5Ff+é;#?/"), maxLength: 10 });
/** The name with any of its characters escaped, in either case. */
const disguised = fc
  .array(fc.constantFrom("plain", "lower", "upper"), { minLength: NAME.length, maxLength: NAME.length })
  .map((ways) => {
    const encode = (way: string | undefined, hex: string): string => `%${way === "lower" ? hex : hex.toUpperCase()}`;
    const spell = (char: string, at: number): string =>
      ways[at] === "plain" ? char : encode(ways[at], char.charCodeAt(0).toString(16));
    return [...NAME].map(spell).join("");
  });
const own = fc.tuple(disguised, fc.constantFrom("", "=", "=x", "=%78", "=%")).map((parts) => parts.join(""));

describe("any query", () => {
  const parts = fc.array(
    fc.oneof(
      other.map((sent) => ({ sent, isOwn: false })),
      own.map((sent) => ({ sent, isOwn: true })),
    ),
    { maxLength: 8 },
  );

  it("keeps the bytes and the order of all other parts, and removes every disguise of the parameter", () => {
    fc.assert(
      fc.property(parts, (all) => {
        const sent = all.map((part) => part.sent).join("&");
        const kept = all.filter(({ isOwn }) => !isOwn).map((part) => part.sent);
        const rest = removeParameter(sent, NAME);
        expect(rest).toBe(kept.join("&"));
        // The result of URLSearchParams, which shares no code with the plugin's reader.
        expect(new URLSearchParams(rest).has(NAME)).toBe(false);
      }),
      { numRuns: runsOf(2000) },
    );
  });

  it("finds the same values as URLSearchParams, or counts the query as unclear", () => {
    fc.assert(
      fc.property(parts, (all) => {
        const sent = all.map((part) => part.sent).join("&");
        const values = readParameters(sent, NAME);
        expect(values ?? "unclear").toEqual(values ? new URLSearchParams(sent).getAll(NAME) : "unclear");
      }),
      { numRuns: runsOf(2000) },
    );
  });
});

describe("the scanner", () => {
  /** Characters that the scanner treats specially, in any order. Names are short, so that many of them match. */
  const hostile = fc.string({ unit: fc.constantFrom(..."t%74&=+#5aé\u0100"), maxLength: 40 });

  const expectSameAsSlowReader = (query: string, name: string): void => {
    expect(readParameters(query, name)).toEqual(readParametersByParts(query, name));
    expect(removeParameter(query, name)).toBe(removeParameterByParts(query, name));
  };

  it("reads and removes the same parameters as a slow reader, which splits the query and decodes each part", () => {
    const names = fc.constantFrom("t", "tt", "a", "t5", NAME);
    fc.assert(fc.property(hostile, names, expectSameAsSlowReader), { numRuns: runsOf(10_000) });
  });

  /** The name in spellings that some server accepts. Also in other spellings with only the same beginning. */
  const nearly = fc
    .tuple(
      fc.constantFrom("", "+", "[", "%5b", "%00", ".", "%2509", "_"),
      fc.constantFrom("access", "ACCESS", "%61ccess", "acces%73", "%2561ccess", "acc%e9ss"),
      fc.constantFrom("_", ".", "[", "+", "%20", "%5F", "%255f", "-", "", "%5B", "]"),
      fc.constantFrom("token", "Token", "tok%65n", "toke", "tokens"),
      fc.constantFrom("", "[]", "%5B%5D", ".a", "%00x", "+", "%", "%2", ";b", "]"),
      fc.constantFrom("", "=", "=x;access.token=y", "=%"),
    )
    .map((parts) => parts.join(""));

  it("sees every spelling that the slow reader sees, and no other", () => {
    const queries = fc.array(fc.oneof(nearly, hostile), { maxLength: 4 }).map((parts) => parts.join("&"));
    fc.assert(fc.property(queries, fc.constant(NAME), expectSameAsSlowReader), { numRuns: runsOf(20_000) });
  });

  it("treats every name with the same beginning as the parameter if a request has very many such names", () => {
    const many = Array.from({ length: 65 }, (_, index) => `access_tokens${index}=1`);
    expect(readParameters(many.slice(1).join("&"), NAME)).toEqual([]);
    expect(readParameters(many.join("&"), NAME)).toBeUndefined();
  });

  it("treats very long names with the same beginning as the parameter, and very many names with escapes", () => {
    expect(readParameters(`access.${"%41".repeat(300)}`, NAME)).toEqual([]);
    expect(readParameters(`access.${"%41".repeat(400)}`, NAME)).toBeUndefined();
    expect(readParameters("%e9=1&".repeat(256), NAME)).toEqual([]);
    expect(readParameters("%e9=1&".repeat(257), NAME)).toBeUndefined();
    expect(readParameters("a=%&".repeat(256), NAME)).toEqual([]);
    expect(readParameters("a=%&".repeat(257), NAME)).toBeUndefined();
    expect(readParameters(`access.${"%41".repeat(339)}`, NAME)).toEqual([]);
    expect(readParameters(`access.${"%41".repeat(339)}x`, NAME)).toBeUndefined();
  });

  const repeatTo = (length: number, unit: string): string => unit.repeat(length / unit.length);
  const hostileQueries: readonly (readonly [what: string, query: string])[] = [
    ["empty parameters", "&"],
    ["equals signs", "="],
    ["parameters of that name", "t&"],
    ["names that begin alike", "tt&"],
    ["inner parts", "tt;"],
    ["escapes", "%74"],
    ["broken escapes", "%"],
    ["values with broken escapes", "a=%&"],
    ["characters that servers drop", "+"],
    ["one long name", "t"],
    ["one long value", "=%41"],
    ["parameters with escaped values", "t=%41&"],
  ];

  it.each(hostileQueries)("reads each character of %s at most six times while it removes the parameter", (_, unit) => {
    const query = repeatTo(8_000, unit);
    expect(countSteps(query, (text) => removeParameter(text, "t"))).toBeLessThanOrEqual(6 * query.length);
  });

  it("reads each character of any query at most six times while it removes the parameter", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."t%74&=+"), minLength: 100, maxLength: 2_000 }), (query) => {
        expect(countSteps(query, (text) => removeParameter(text, "t"))).toBeLessThanOrEqual(6 * query.length);
      }),
    );
  });

  it.each(hostileQueries)("reads very many %s in a time that grows with their length", (_, unit) => {
    // Quadratic time would take minutes, and the test would time out.
    const query = repeatTo(2_000_000, unit);
    for (const text of [query, `t${query}`, `${query}t`, `${query}%`]) {
      readParameters(text, "t");
      readParameters(text, NAME);
    }
  });
});
