import { describe, expect, it } from "vitest";
import { buildOperationTree, findOperation, methodsCovered } from "../../../plugin/core/request/operation-tree.ts";

const build = () =>
  buildOperationTree([
    { methods: ["GET"], segments: ["a", undefined], value: "a/*" },
    { methods: ["GET"], segments: ["a", "b", "c"], value: "a/b/c" },
    { methods: ["GET"], segments: [undefined, "b", undefined, "d"], value: "*/b/*/d" },
    { methods: ["POST"], segments: ["a", "b"], value: "post a/b" },
    { methods: ["GET"], segments: [""], value: "root" },
    { methods: ["GET"], segments: ["a", ""], value: "a/" },
    { methods: ["DELETE", "PATCH"], segments: [undefined], value: "change" },
  ]);

describe("finds the one operation that fits", () => {
  it.each<[method: string, path: string, value: string | undefined]>([
    ["GET", "a/x", "a/*"],
    ["GET", "a/b", "a/*"],
    ["GET", "a/b/c", "a/b/c"],
    ["GET", "x/b/y/d", "*/b/*/d"],
    ["GET", "a/b/c/d", "*/b/*/d"], // Taken back from the literal branch a/b/c.
    ["GET", "", "root"],
    ["GET", "a/", "a/"],
    ["HEAD", "a/x", "a/*"],
    ["POST", "a/b", "post a/b"],
    ["PATCH", "x", "change"],
    ["GET", "a", undefined],
    ["GET", "a/b/c/e", undefined],
    ["GET", "/b/y/d", undefined],
    ["DELETE", "", undefined],
    ["HEAD", "a/b/x", undefined],
    ["PUT", "a/b", undefined],
    ["post", "a/b", undefined],
    ["GET", "constructor", undefined],
  ])("%s /%s: %s", (method, path, value) => {
    expect(findOperation(build(), method, path.split("/"))).toBe(value);
  });
});

describe("GET covers HEAD and nothing else covers anything", () => {
  it.each([
    [["GET"], ["GET", "HEAD"]],
    [
      ["GET", "POST"],
      ["GET", "POST", "HEAD"],
    ],
    [["HEAD"], ["HEAD"]],
    [["POST"], ["POST"]],
  ])("%j", (methods, covered) => {
    expect([...methodsCovered(methods)]).toEqual(covered);
  });
});
