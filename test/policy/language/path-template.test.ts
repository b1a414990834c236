import { describe, expect, it } from "vitest";
import { fail, succeed } from "../../../plugin/core/model/result.ts";
import { MAX_PATH_SEGMENTS } from "../../../plugin/core/request/request-path.ts";
import { captureIndexes, parsePathTemplate } from "../../../plugin/policy/language/path-template.ts";

const text = (literal: string) => ({ kind: "literal", text: literal });
const around = (prefix: string, suffix: string) => ({ kind: "affixed", prefix, suffix });
const NAME = { kind: "placeholder" };
const REST = { kind: "subtree" };

describe("reads a template", () => {
  it.each<[template: string, segments: object[]]>([
    ["/", [text("")]],
    ["/a", [text("a")]],
    ["/a/", [text("a"), text("")]],
    ["/refunds/{id}", [text("refunds"), NAME]],
    ["/{a}/{b_2}/{_c}", [NAME, NAME, NAME]],
    ["/{same}/{same}", [NAME, NAME]],
    ["/caf%C3%A9/a%20b", [text("café"), text("a b")]],
    ["/a.b/c,d", [text("a.b"), text("c,d")]],
    ["/x", [text("x")]],
    ["/a*b/%2A", [text("a*b"), text("*")]],
    ["/orders/{id}:cancel", [text("orders"), around("", ":cancel")]],
    ["/v{n}/x-{id}.json", [around("v", ""), around("x-", ".json")]],
    ["/caf%C3%A9-{x}%3A", [around("café-", ":")]],
    ["/{rest...}", [REST]],
    ["/files/{id}/{rest...}", [text("files"), NAME, REST]],
    [`${"/{a}".repeat(MAX_PATH_SEGMENTS)}`, Array.from({ length: MAX_PATH_SEGMENTS }, () => NAME)],
  ])("%s", (template, segments) => {
    expect(parsePathTemplate(template)).toEqual(succeed(segments));
  });
});

describe("refuses a template", () => {
  const neither = (part: string): string => `"${part}" must be plain text, or text with only one {name} in it.`;
  const rest = (part: string) =>
    `"${part}" matches all remaining segments, so it must be the last segment, with no other text in that segment.`;
  const star = (part: string) =>
    new RegExp(`^"${part}" is not a wildcard here\\. For one segment, write \\{name\\}\\.`);
  const unclear = [
    "{}",
    "{id",
    "id}",
    "{a}{b}",
    "{a}-{b}",
    "{1a}",
    "{a-b}",
    "{+path}",
    "{...}",
    "{rest..}",
    "{rest....}",
  ];
  it.each<[template: string, problem: string | RegExp]>([
    ...unclear.map((part): [string, string] => [`/${part}`, neither(part)]),
    ["/{rest...}/a", rest("{rest...}")],
    ["/{rest...}/", rest("{rest...}")],
    ["/{rest...}.json", rest("{rest...}.json")],
    ["/a{rest...}", rest("a{rest...}")],
    ["/files/*", star("\\*")],
    ["/files/**", star("\\*\\*")],
    ["/a".repeat(MAX_PATH_SEGMENTS + 1), /^The path has more than 32 segments\.$/],
  ])("%s", (template, problem) => {
    const expected = typeof problem === "string" ? problem : expect.stringMatching(problem);
    expect(parsePathTemplate(template)).toEqual(fail(expected));
  });

  it.each([
    ...["/a?b=c", "/{id}?b=c", "/{id};v=1", "/%{id}", "/%4{id}", "/%C3{id}", "/{id}%2F", "/a#b", "//a", "/a//b"],
    ...["/a//{rest...}", "/a/./b", "/a/../b", "/a%2Fb", "/%2e%2e", "/a b", "/café", "/a;b", "/a%", "/a%ff"],
  ])("%s, which no request path could match", (template) => {
    const problem = expect.stringMatching(/^No request path could match the template/);
    expect(parsePathTemplate(template)).toEqual(fail(problem));
  });
});

it("knows the segment of each name; the first counts, and a subtree has no single segment", () => {
  expect([...captureIndexes("/a/{x}/v{y}/{x}/{rest...}")].sort()).toEqual([
    ["rest", undefined],
    ["x", 1],
    ["y", 2],
  ]);
});
