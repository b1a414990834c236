import { describe, expect, it } from "vitest";
import { createAllow, createDeny, isAllow } from "../../../plugin/core/model/decision.ts";

const evidence = { policy: "payments", rule: "read" };
const allow = createAllow({ headers: { "x-user-id": "alice" } }, evidence);

it("recognises the Allow that it made", () => {
  expect(isAllow(allow)).toBe(true);
  expect(allow).toEqual({ verdict: "allow", headers: { "x-user-id": "alice" }, evidence });
});

describe("an object that looks like an Allow is not an Allow", () => {
  it.each<[what: string, value: unknown]>([
    ["a literal", { verdict: "allow", headers: {}, evidence }],
    ["a spread copy", { ...allow }],
    ["a structured clone", structuredClone(allow)],
    ["a copy by JSON", JSON.parse(JSON.stringify(allow))],
    ["an object that inherits from one", Object.create(allow)],
    ["a proxy of one", new Proxy(allow, {})],
    ["a promise of one", Promise.resolve(allow)],
    ["a list with one", [allow]],
    ["a Deny", createDeny({ reason: "token_missing" }, evidence)],
    ["a Deny turned into one", Object.assign(createDeny({ reason: "token_missing" }, evidence), { verdict: "allow" })],
    ["undefined", undefined],
    ["null", null],
    ["true", true],
    ["the word", "allow"],
    ["a function", () => allow],
  ])("%s", (_what, value) => {
    expect(isAllow(value)).toBe(false);
  });
});

it("cannot be changed into another Allow", () => {
  expect(() => Object.assign(allow, { headers: { "x-user-id": "mallory" } })).toThrow(TypeError);
  expect(allow.headers).toEqual({ "x-user-id": "alice" });
});
