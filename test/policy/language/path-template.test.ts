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
  const rest = (part: string): string =>
    `"${part}" matches the rest of the path, so it must be the whole last segment.`;
  const star = (part: string): RegExp =>
    new RegExp(`^"${part}" is not a wildcard here\\. For one segment, write \\{name\\}\\.`);
  const noPath = /^No request path could match the template/;
  it.each<[template: string, problem: string | RegExp]>([
    ["/{}", neither("{}")],
    ["/{id", neither("{id")],
    ["/id}", neither("id}")],
    ["/{a}{b}", neither("{a}{b}")],
    ["/{a}-{b}", neither("{a}-{b}")],
    ["/{1a}", neither("{1a}")],
    ["/{a-b}", neither("{a-b}")],
    ["/{+path}", neither("{+path}")],
    ["/{...}", neither("{...}")],
    ["/{rest..}", neither("{rest..}")],
    ["/{rest....}", neither("{rest....}")],
    ["/{rest...}/a", rest("{rest...}")],
    ["/{rest...}/", rest("{rest...}")],
    ["/{rest...}.json", rest("{rest...}.json")],
    ["/a{rest...}", rest("a{rest...}")],
    ["/files/*", star("\\*")],
    ["/files/**", star("\\*\\*")],
    ["/a?b=c", noPath],
    ["/{id}?b=c", noPath],
    ["/{id};v=1", noPath],
    ["/%{id}", noPath],
    ["/%4{id}", noPath],
    ["/%C3{id}", noPath],
    ["/{id}%2F", noPath],
    ["/a#b", noPath],
    ["//a", noPath],
    ["/a//b", noPath],
    ["/a//{rest...}", noPath],
    ["/a/./b", noPath],
    ["/a/../b", noPath],
    ["/a%2Fb", noPath],
    ["/%2e%2e", noPath],
    ["/a b", noPath],
    ["/café", noPath],
    ["/a;b", noPath],
    ["/a%", noPath],
    ["/a%ff", noPath],
    ["/a".repeat(MAX_PATH_SEGMENTS + 1), /^The path has more than 32 segments\.$/],
  ])("%s", (template, problem) => {
    const expected = typeof problem === "string" ? problem : expect.stringMatching(problem);
    expect(parsePathTemplate(template)).toEqual(fail(expected));
  });
});

it("knows the segment of each name; the first counts, and a subtree has no single segment", () => {
  expect([...captureIndexes("/a/{x}/v{y}/{x}/{rest...}")].sort()).toEqual([
    ["rest", undefined],
    ["x", 1],
    ["y", 2],
  ]);
});
