import { describe, expect, it } from "vitest";
import {
  createAllow,
  createDeny,
  encodedCallsOf,
  isAllow,
  keepEncodedCalls,
} from "../../../plugin/core/model/decision.ts";

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

it("has a class with which no other code can make an Allow", () => {
  const Issued = allow.constructor;
  const changes = { headers: {} };
  for (const issue of [undefined, "issue", Symbol("issue"), Symbol.for("issue")]) {
    expect(() => Reflect.construct(Issued, [issue, changes, evidence])).toThrow(
      new TypeError("only createAllow creates an Allow"),
    );
  }
});

it("keeps its own encoded calls, and no look-alike keeps any", () => {
  const [one, other] = [createAllow({ headers: {} }, evidence), createAllow({ headers: {} }, evidence)];
  const copy = { ...one };
  const calls = { frames: "abc", repliesToDrop: 1 };
  expect(encodedCallsOf(one)).toBeUndefined();
  keepEncodedCalls(one, calls);
  keepEncodedCalls(copy, calls);
  expect([one, other, copy].map(encodedCallsOf)).toEqual([calls, undefined, undefined]);
});

it("cannot be changed into another Allow", () => {
  expect(() => Object.assign(allow, { headers: { "x-user-id": "mallory" } })).toThrow(TypeError);
  expect(allow.headers).toEqual({ "x-user-id": "alice" });
});
