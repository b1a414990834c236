import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OperationTree } from "../../../plugin/core/model/operation-tree.ts";
import { chooseOperation } from "../../../plugin/core/request/choose-operation.ts";
import { buildOperationTree } from "../../../plugin/core/request/operation-tree.ts";
import { escapedSpelling } from "../../../plugin/core/request/path-spellings.ts";
import { splitPath } from "../../../plugin/core/request/request-path.ts";
import { runsOf } from "../../runs.ts";
import { operationOf } from "../fixtures.ts";

function treeOf(paths: readonly string[], isLayered = true): OperationTree<string> {
  return buildOperationTree(
    paths.map((path) => operationOf("GET", path)),
    isLayered,
  );
}

/** The path of the operation that decides, or the reason why no operation decides. */
function choose(tree: OperationTree<string>, target: string): string {
  const path = splitPath(target);
  if (!path) {
    return "unreadable";
  }
  const chosen = chooseOperation(tree, "GET", target, path);
  return chosen.ok ? chosen.value.value : chosen.failure;
}

const USERS = [
  ...["/users/me", "/users/{id}", "/users/{id}:cancel", "/users/{id}/mail", "/users/admin/{rest...}"],
  ...["/users/{rest...}", "/caf%C3%A9/list", "/caf%C3%A9/{id}"],
];

describe("beside a less specific operation", () => {
  it.each<[target: string, expected: string]>([
    ["/users/me", "/users/me"],
    ["/users/me?x=/../y", "/users/me"],
    ["/users/mee", "/users/{id}"],
    ["/users/alice", "/users/{id}"],
    ["/users/alice%40example.com", "/users/{id}"],
    ["/users/a.b.c", "/users/{id}"],
    ["/users/7:cancel", "/users/{id}:cancel"],
    ["/users/7.5:cancel", "/users/{id}:cancel"],
    ["/users/7/mail", "/users/{id}/mail"],
    ["/users/7/other", "/users/{rest...}"],
    ["/caf%C3%A9/list", "/caf%C3%A9/list"],
    ["/caf%C3%A9/7", "/caf%C3%A9/{id}"],
    ["/USERS/me", "none"],
    ["/users", "none"],
  ])("%s is decided by %s", (target, expected) => {
    expect(choose(treeOf(USERS), target)).toBe(expected);
  });

  it.each<[what: string, targets: readonly string[]]>([
    ["another case", ["/users/ME", "/users/Me", "/users/7:Cancel", "/users/7/Mail", "/users/Admin/x"]],
    ["a slash at the end", ["/users/me/", "/users/7/mail/"]],
    ["a needless escape", ["/users/%6de", "/users/m%65", "/users/7%3Acancel", "/users/7/m%61il", "/users/%61dmin/x"]],
    ["escape and case", ["/users/%4De", "/users/%4d%45"]],
    ["a dot or a space at the end", ["/users/me.", "/users/me..", "/users/me%20", "/users/me+", "/users/%20me"]],
    [
      "white space and control characters beyond ASCII at an end",
      ["%C2%85", "%C2%80", "%C2%A0", "%E1%9A%80", "%E2%80%A8", "%E2%80%A9", "%E3%80%80"].flatMap((space) => [
        `/users/me${space}`,
        `/users/${space}me`,
        `/users/admin${space}/x`,
        `/users/me.${space}`,
      ]),
    ],
    ["a dot at the end of an inner segment", ["/users/7/mail.", "/users/admin./x", "/users/admin%20/x"]],
    ["a blank segment at the end", ["/users/me/%20", "/users/me/+"]],
    ["a format", ["/users/me.json", "/users/me.json.x", "/users/me.anything", "/users/7:cancel.json"]],
    [
      "compatible characters",
      ["/users/%EF%BD%8De", "/users/%E2%93%9Ce", "/caf%C3%A9/li%C5%BFt", "/caf%C3%A9/l%C4%B1st"],
    ],
    ["decomposed characters", ["/caf%C3%A9/%EF%BD%8Cist"]],
    ["invisible characters", ["/users/m%E2%80%8Be", "/users/%EF%BB%BFme", "/users/m%C2%ADe", "/users/me%E2%81%A0"]],
    ["the start of a subtree in another case", ["/users/ADMIN", "/users/admin.", "/users/%61dmin", "/users/Admin/"]],
  ])("refuses another spelling of the more specific path: %s", (_what, targets) => {
    const passed = targets.filter((target) => !["ambiguous", "none"].includes(choose(treeOf(USERS), target)));
    expect(passed).toEqual([]);
  });

  it.each<[what: string, target: string]>([
    ["an empty segment", "/users//me"],
    ["path parameters", "/users/me;x=y"],
    ["encoded path parameters", "/users/me%3Bx"],
    ["an escape that is escaped", "/users/%256de"],
    ["an encoded slash", "/users%2Fme"],
    ["a dot segment", "/users/./me"],
    ["an encoded zero", "/users/me%00"],
    ["a backslash", "/users\\me"],
    ["a wide escape", "/users/%u006de"],
    ["a byte that is not UTF-8", "/users/m%C1%A5"],
  ])("a path with %s is not read at all", (_what, target) => {
    expect(choose(treeOf(USERS), target)).toBe("unreadable");
  });
});

it("accepts each spelling that has its own operation", () => {
  const tree = treeOf(["/me", "/ME", "/me.json", "/me/", "/{x}", "/{x}.json", "/{x}/{rest...}"]);
  for (const path of ["/me", "/ME", "/me.json", "/me/"]) {
    expect(choose(tree, path)).toBe(path);
  }
  expect(choose(tree, "/you.json")).toBe("/{x}.json");
  expect(choose(tree, "/mE")).toBe("ambiguous");
});

it.each<[what: string, operations: readonly string[], target: string]>([
  ["a slash at the end of both operations", ["/a/", "/{x}/"], "/A/"],
  ["a slash at the end of longer operations", ["/x/a/", "/x/{y}/"], "/x/A/"],
  ["a slash at the end of the stricter operation", ["/a/", "/{x}"], "/A"],
  ["a wide blank at the end", ["/a", "/{x}"], "/a%E3%80%80"],
  ["a blank that may not break a line, at the end", ["/a", "/{x}"], "/a%C2%A0"],
  ["a small letter where the operation has a capital", ["/Me", "/{x}"], "/me"],
  ["a small letter where the operation has a capital after its placeholder", ["/{x}:Go", "/{x}"], "/7:go"],
  ["a small letter where the operation has a capital before its placeholder", ["/Go:{x}", "/{x}"], "/go:7"],
  ["two formats", ["/a", "/{x}"], "/a.b.c"],
  ["a format after the format of the operation", ["/a.b", "/{x}"], "/a.b.c"],
  ["a path of one blank, beside the operation of the path /", ["/", "/{x}"], "/%20"],
])("refuses a spelling of the stricter operation with %s", (_what, operations, target) => {
  expect(choose(treeOf(operations), target)).toBe("ambiguous");
});

it.each<[target: string, operations: readonly string[]]>([
  ["/me", ["/m", "/{x}"]],
  ["/.a", ["/", "/{x}"]],
])("accepts %s, which is no spelling of the stricter operation of %j", (target, operations) => {
  expect(choose(treeOf(operations), target)).toBe("/{x}");
});

it.each<[target: string, spelling: readonly string[] | undefined]>([
  ["/users/%6de?x=%6d", ["users", "%6de"]],
  ["/%3A%20/%4D", ["%3A ", "%4D"]],
  ["/users/me", undefined],
  ["/a%20b/%C3%A9", undefined],
])("keeps the needless escapes of %s, if it has any", (target, spelling) => {
  expect(escapedSpelling(target)).toEqual(spelling);
});

it("compares no spellings if no operation is more specific than another", () => {
  const tree = treeOf(["/users/{id}"], false);
  expect(choose(tree, "/users/%6de.JSON")).toBe("/users/{id}");
});

describe("captures the text that replaces a placeholder", () => {
  it.each<[path: string, target: string, captured: readonly string[]]>([
    ["/users/{id}", "/users/7", ["users", "7"]],
    ["/users/{id}:cancel", "/users/7:cancel", ["users", "7"]],
    ["/users/{id}:cancel", "/users/7:cancel:cancel", ["users", "7:cancel"]],
    ["/v{n}/{x}.json", "/v2/a%20b.json", ["2", "a b"]],
    ["/{x}/{rest...}", "/a/b/c", ["a", "b", "c"]],
    ["/{x}.json/{rest...}", "/a.json/b/c", ["a", "b", "c"]],
  ])("%s, %s", (path, target, captured) => {
    const chosen = chooseOperation(treeOf([path]), "GET", target, splitPath(target) ?? []);
    expect(chosen.ok && chosen.value.captured).toEqual(captured);
  });
});

it("no spelling of a path is judged by a less specific operation than the path itself", () => {
  const spell = fc.constantFrom<(path: string) => string>(
    (path) => path.toUpperCase(),
    (path) => `${path}.json`,
    (path) => `${path}.`,
    (path) => `${path}%20`,
    (path) => path.replace("a", "%61"),
    (path) => path.replace("b", "B"),
    (path) => path.replace("a", "%EF%BD%81"),
    (path) => path.replace("b", "b%E2%80%8B"),
  );
  const literal = fc.constantFrom("a", "b", "ab", "ba");
  const wide = fc.constantFrom("{x}", "a{x}", "{x}b");
  const template = fc
    .tuple(fc.array(fc.oneof(literal, wide), { maxLength: 2 }), fc.constantFrom("a", "{x}", "{rest...}"))
    .map(([inner, last]) => `/${[...inner, last].join("/")}`);
  const literals = fc.array(literal, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join("/")}`);
  const others = fc.array(template, { maxLength: 5 });
  fc.assert(
    fc.property(literals, others, spell, spell, fc.constantFrom("", "/"), (strict, less, one, other, slash) => {
      const target = `${one(other(strict))}${slash}`;
      const chosen = choose(treeOf([...less, strict]), target);
      expect([strict, "ambiguous", "none", "unreadable"], target).toContain(chosen);
    }),
    { numRuns: runsOf(2_000) },
  );
});
