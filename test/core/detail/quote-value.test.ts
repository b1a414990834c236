import { describe, expect, it } from "vitest";
import {
  hideCredentials,
  limitText,
  listValues,
  quoteKid,
  quoteNamed,
  quotePath,
  quoteValue,
  showKid,
  showPath,
} from "../../../plugin/core/detail/quote-value.ts";

const hidden = (text: string): string => `a string of ${text.length} characters that may be a credential`;

describe("a value in the log", () => {
  it.each<[value: string, shown: string]>([
    ["aZ0._~:/+=@{}*-", "aZ0._~:/+=@{}*-"],
    ["", '""'],
    ["a b", '"a b"'],
    ["(a", '"(a"'],
    ["a)", '"a)"'],
    ['say "x"', '"say \\"x\\""'],
    ["a\nb", '"a\\nb"'],
    ["a\u007fb\u00e9", '"a\\u{7f}b\\u{e9}"'],
    ["\u{1f600}", '"\\u{1f600}"'],
    ["x".repeat(83), "x".repeat(83)],
    ["x".repeat(84), `${"x".repeat(80)}...`],
    [`ab${"\u00e9".repeat(26)}`, `"ab${"\\u{e9}".repeat(26)}"`],
    [`abc${"\u00e9".repeat(26)}`, `${`"abc${"\\u{e9}".repeat(26)}"`.slice(0, 160)}...`],
    ["x".repeat(1_024), `${"x".repeat(80)}...`],
    ["x".repeat(1_025), "a string of 1025 characters"],
  ])("%j is %s", (value, shown) => {
    expect(quoteValue(value)).toBe(shown);
  });

  it.each<[url: string, shown: string]>([
    ["https://user:pw@host/a", "https://...@host/a"],
    ["https://us@er:p/w@host/a", "https://...@host/a"],
    ["//pw@host", "//...@host"],
    ["https://host/a?token=x", '"https://host/a?..."'],
    ["https://host/a#token", '"https://host/a#..."'],
    ["https://u@host?a#b", '"https://...@host?..."'],
    ["mail@host//a", "mail@host//a"],
    ["a?b@c", '"a?b@c"'],
  ])("has no user, password and query, if it is a URL: %s is %s", (url, shown) => {
    expect(quoteValue(url)).toBe(shown);
  });
});

describe("a value that may be a credential is not shown", () => {
  const runs = [
    `${"a".repeat(40)}1`,
    `${"a".repeat(38)}-A1`,
    `${"a".repeat(38)}_A1`,
    `${"a".repeat(38)}=A1`,
    `${"a".repeat(28)}A1=`,
    `${"a".repeat(27)}/A1==`,
    `${"a".repeat(27)}+A1=`,
  ];
  it.each([
    ...["eyJhbGc", "eyJ-_09", "eyabcdefgh.", "eyABCD09_-.x", "-----BEGIN PRIVATE KEY", "sk_live_x", "pk_test_x"],
    ...["rk_live_x", "wk_test_x", "gho_x", "ghp_x", "ghs_x", "ghu_x", "ghr_x", "github_pat_x", "glpat-x", "xoxb-x"],
    ...["AKIAX", "ASIAX", "AIzaX", "ya29.x", "npm_x", "pypi-x", "hvs.x", "hvb.x", "whsec_x", "dop_v1_x", "SG.x"],
    ...["x=AKIAX", "(AKIAX", "a eyJhbGc", ...runs],
  ])("%s", (value) => {
    expect(quoteValue(value)).toBe(hidden(value));
    expect(hideCredentials(value.split(" ").at(-1) ?? "")).toContain(
      value.startsWith("-----") ? "KEY" : "may be a credential",
    );
  });

  const short = [
    "a".repeat(41),
    `${"a".repeat(39)}1`,
    `${"a".repeat(37)}-A1`,
    `${"a".repeat(39)}-1`,
    `${"a".repeat(39)}-A`,
    `${"A".repeat(39)}-1`,
    `${"a".repeat(27)}A1=`,
    `${"a".repeat(28)}A1`,
    `${"a".repeat(29)}1=`,
    `${"a".repeat(29)}A=`,
    `${"A".repeat(29)}1=`,
    `${"a".repeat(28)}A1===`,
    `${"a".repeat(28)}A1=.x`,
  ];
  it.each([
    ...["eyJhbG", "eyabcdefg.", "eyabcdefgh", "xAKIAX", "0SG.x", "AKI", "gh_x", "ghx_x", "sk_x", "xox-x", "xox9-x"],
    ...["hvx.x", "tk_live_x", ...short],
  ])("but is shown if it only looks alike: %s", (value) => {
    expect(quoteValue(value)).toBe(value);
    expect(hideCredentials(value)).toBe(value);
  });

  it("and each such word of a text is hidden alone", () => {
    const text = 'key "eyJhbGc", then (AKIAX); [npm_x]{pypi-x}<SG.x>&a=1?x';
    const expected =
      `key "${hidden("eyJhbGc")}", then (${hidden("AKIAX")}); [${hidden("npm_x")}]` +
      `{${hidden("pypi-x")}}<${hidden("SG.x")}>&a=1?x`;
    expect(hideCredentials(text)).toBe(expected);
    expect(hideCredentials("'AKIAX'\tASIAX")).toBe(`'${hidden("AKIAX")}'\t${hidden("ASIAX")}`);
  });
});

describe("a value under the name of a secret is shown by its length", () => {
  it.each([
    ...["secret", "client_secret", "password", "/user/passwd", "pwd", "csrf", "xsrf", "nonce", "otp", "pin"],
    ...["api_key", "api-key", "apikey", "APIKEY", "private_key", "privatekey", "private-key", "access_token"],
    ...["access-token", "accesstoken", "refresh_token", "refreshtoken", "refresh-token", "id_token", "id-token"],
    ...["idtoken", "session", "credential"],
  ])("%s", (name) => {
    expect([quoteNamed(name, "x"), quoteNamed(name, "xy")]).toEqual([
      "a string of 1 character",
      "a string of 2 characters",
    ]);
  });

  it.each(["pinned", "sessions", "api__key", "access__token", "id__token", "key"])("but not under %s", (name) => {
    expect(quoteNamed(name, "xy")).toBe("xy");
  });
});

describe("the kid of a key", () => {
  const random = "aA1".repeat(27);
  it.each<[kid: string, shown: string]>([
    ["acme-1", "acme-1"],
    [random, random.slice(0, 80)],
    ["eyJhbGc", "hidden"],
    ["https://u:p@h/a?b", '"https://...@h/a?..."'],
  ])("%s is shown as %s", (kid, shown) => {
    expect(quoteKid(kid)).toBe(shown);
  });

  it("is cut at the wanted length", () => {
    expect(showKid("abcdef", 3)).toBe("abc");
  });
});

describe("the path of a request", () => {
  it.each<[target: string, shown: string]>([
    ["/a/b", "/a/b"],
    ["/a/b?c", "/a/b"],
    ["/a#b", "/a"],
    ["/a b", '"/a b"'],
    ["/reset/aaaaaaaaaaA1/x", "/reset/.../x"],
    ["/reset/aaaaaaaaaaA+", "/reset/..."],
    ["/reset/aaaaaaaaaaA=", "/reset/..."],
    ["/reset/aaaaaaaaaA1", "/reset/aaaaaaaaaA1"],
    ["/reset/aaaaaaaaaaaA", "/reset/aaaaaaaaaaaA"],
    ["/reset/aaaaaaaaaaa1", "/reset/aaaaaaaaaaa1"],
    ["/reset/AAAAAAAAAAA1", "/reset/AAAAAAAAAAA1"],
    ["/x/eyJhbGc", "/x/..."],
    [`/${"a/".repeat(50)}`, `/${"a/".repeat(50)}`.slice(0, 80).concat("...")],
  ])("%s is shown as %s", (target, shown) => {
    expect(quotePath(target)).toBe(shown);
  });

  it("is read only at its beginning", () => {
    expect(showPath(`/${"aaaaaaaaa/".repeat(500)}`).length).toBe(1_024);
    expect(showPath(`/${"a".repeat(1_022)}?b`).length).toBe(1_023);
    expect(showPath(`/${"a".repeat(1_023)}?b`).length).toBe(1_024);
    expect(showPath(`/${"a".repeat(2_000)}?b`).length).toBe(1_024);
  });
});

describe("a list of values", () => {
  it.each<[values: readonly string[], shown: string]>([
    [[], "none"],
    [["a"], "a"],
    [["a", "b c"], 'a, "b c"'],
    [[..."abcde"], "a, b, c, d, e"],
    [[..."abcdef"], "a, b, c, d, e and 1 more"],
    [[..."abcdefg"], "a, b, c, d, e and 2 more"],
  ])("%j is %s", (values, shown) => {
    expect(listValues(values)).toBe(shown);
  });

  it("may have another way to quote", () => {
    expect(listValues(["eyJhbGc", "b"], quoteKid)).toBe("hidden, b");
  });
});

it("a description is cut only if it is longer than the limit", () => {
  expect([limitText("abc", 3), limitText("abcd", 3)]).toEqual(["abc", "abc..."]);
});
