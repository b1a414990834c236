import { describe, expect, it } from "vitest";
import { createCandidatePattern, SuspectNames } from "../../../plugin/core/text/folded-name.ts";

const NAME = "access_token";
const isSuspect = (text: string, name = NAME, isCookie = false): boolean =>
  new SuspectNames(name, isCookie).has(text, 0, text.length);

describe("some server reads as access_token", () => {
  it.each([
    ...[
      "access_token",
      "ACCESS_TOKEN",
      "access.token",
      "access token",
      "access+token",
      "access[token",
      "+access_token",
    ],
    ...["access_token[]", "access_token[a]", "access_token.a", "[access_token]", "[[access_token", "access_token\0x"],
    ...[
      "%61ccess_token",
      "%41ccess_Token",
      "acces%53_token",
      "a%2563cess_token",
      "a%252563cess_token",
      "ac%%363ess_token",
      "%%361ccess_token",
      "]access_token",
    ],
    ...["acc%65ss%5ftoken", "acc%65ss%255ftoken", "access_to\u212aen", "access_to%4Ben", "\u00a0access_token\u0000"],
    ...["\u001faccess_token\u007f", "access_token%00", "access_token]x["],
  ])("%j", (text) => {
    expect(isSuspect(text)).toBe(true);
  });

  it.each([
    ...[
      "access_toke",
      "access_tokens",
      "xaccess_token",
      "accesstoken!",
      "access-token",
      "access_token-",
      "a.access_token",
    ],
    ...[
      "%61ccess%2dtoken",
      "a%25252563cess_token",
      "\0access_token",
      "access_to!en",
      "access_to@en",
      "access_to\u00e9ken",
    ],
    ...["zzzzzz_token", "access_toke\u0000n", "acc%zzess_token", "access_to[ken.a"],
  ])("but not %j", (text) => {
    expect(isSuspect(text)).toBe(false);
  });

  it("the part of a text from the start to the end, and not the characters around it", () => {
    const suspects = new SuspectNames(NAME, false);
    expect(suspects.has("x=access_token=y", 2, 14)).toBe(true);
    expect(suspects.has("x=access_token=y", 2, 13)).toBe(false);
    expect(suspects.has("x=access_token=y", 1, 14)).toBe(false);
  });

  it("a cookie whose name has bytes that servers drop, but not a parameter with such a name", () => {
    expect([isSuspect("acc\u00e9ss_token", "accss_token", true), isSuspect("access_\u0001token", NAME, true)]).toEqual([
      true,
      true,
    ]);
    expect(isSuspect("access_to\u00e9ken", NAME, true)).toBe(true);
    expect(isSuspect("acc\u007fess_token", NAME, true)).toBe(true);
    expect(isSuspect("access_t\u00e9\u00e9\u00e9\u00e9\u00e9", NAME, true)).toBe(false);
  });
});

describe("a name with a bracket or a dot of its own", () => {
  it.each<[name: string, text: string, expected: boolean]>([
    ["a[b]", "a[b]", true],
    ["a[b]", "A_b]", true],
    ["a[b]", "a[b][c]", false],
    ["a[b]", "a[b].c", true],
    ["a.b", "a.b.c", false],
    ["a.b", "a.b[c]", true],
    ["a.b", "a_b", true],
    ["[ab]", "[ab]", true],
    ["[ab]", "ab", false],
    ["a-b", "a\rb", false],
    ["ab@", "ab`", false],
    ["a~b", "a^b", false],
    ["a|b", "a\\b", false],
    ["za", "ZA", true],
  ])("%s: %s", (name, text, expected) => {
    expect(isSuspect(text, name)).toBe(expected);
  });
});

describe("a client cannot make the search costly", () => {
  const many = (text: string, count: number, name = NAME): readonly boolean[] => {
    const suspects = new SuspectNames(name, false);
    return Array.from({ length: count }, () => suspects.has(text, 0, text.length));
  };

  it("by many names that begin alike: after 64 of them, all are suspect", () => {
    expect(many("access_tokens", 65).indexOf(true)).toBe(64);
    expect(many("tokens", 65, "token").indexOf(true)).toBe(64);
  });

  it("by long names that begin alike: after 1,024 characters, all are suspect", () => {
    expect(many(`access_${"x".repeat(1_017)}`, 2)).toEqual([false, true]);
    expect(many(`access_${"x".repeat(1_018)}`, 1)).toEqual([true]);
  });

  it.each([
    ["a hundred names that are too short", "access_", 100],
    ["64 names", "access_tokens", 64],
  ])("but %s at the end of a long text cost no more than at its start", (_what, name, count) => {
    const suspects = new SuspectNames(NAME, false);
    const text = `${"x".repeat(50)}${name}`;
    expect(Array.from({ length: count }, () => suspects.has(text, 50, text.length))).not.toContain(true);
  });

  it.each(["zzzzzzzzzzzzzzzz", "+zzzzzzzzzzzzzzz", "access_", "accesz_token", "%61%63%63%65", "%7a%7a%7a%7a%7a"])(
    "%s does not count, in any number",
    (text) => {
      expect(many(text, 100)).not.toContain(true);
    },
  );
});

describe("candidates for the name access_token", () => {
  const isCandidate = (query: string): boolean => createCandidatePattern(NAME, "&;").test(query);

  it.each([
    ...["access_token", "ACCESS_", "access.", "a%", "ac.x", "acc+", "acces%53", "%", "..access_", "+[]_access_", "A%"],
    ...["\u00e9access_", "x&access_", "x;access_", "x&&access_", "access\u007f"],
  ])("%j", (query) => {
    expect(isCandidate(query)).toBe(true);
  });

  it.each([
    ...["", "ax", "x", ".", ".x", "xaccess_", "x%61ccess_", "acc", "acce-ss_", "x=access_", "accesx_", "&", "b%"],
    ...["access", "accesst"],
  ])("but not %j", (query) => {
    expect(isCandidate(query)).toBe(false);
  });

  it("has a name that begins with joints at its first letter", () => {
    const pattern = createCandidatePattern("__t", "&");
    expect([pattern.test("t"), pattern.lastIndex]).toEqual([true, 1]);
    expect(createCandidatePattern("__t", "&").test("__x")).toBe(false);
  });
});
