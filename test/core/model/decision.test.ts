import { describe, expect, it } from "vitest";
import { PLAIN_REPLY } from "../../../plugin/core/model/answers.ts";
import {
  ALWAYS_VALID,
  type Allow,
  createAllow,
  createAnswer,
  createDeny,
  encodedCallsOf,
  intersect,
  isAllow,
  keepEncodedCalls,
} from "../../../plugin/core/model/decision.ts";

const evidence = { policy: "payments", rule: "read" };
const allowAlice = (): Allow => createAllow({ headers: { "x-user-id": "alice" } }, evidence);
const denyMissing = () => createDeny({ reason: "token_missing" }, evidence);

it("recognises the Allow that it made", () => {
  const allow = allowAlice();
  expect(isAllow(allow)).toBe(true);
  expect(allow).toEqual({ verdict: "allow", headers: { "x-user-id": "alice" }, evidence });
});

describe("an object that looks like an Allow is not an Allow", () => {
  it.each<[what: string, create: (allow: Allow) => unknown]>([
    ["a literal", () => ({ verdict: "allow", headers: {}, evidence })],
    ["a spread copy", (allow) => ({ ...allow })],
    ["a structured clone", (allow) => structuredClone(allow)],
    ["a copy by JSON", (allow) => JSON.parse(JSON.stringify(allow))],
    ["an object that inherits from one", (allow) => Object.create(allow)],
    ["a proxy of one", (allow) => new Proxy(allow, {})],
    ["a promise of one", (allow) => Promise.resolve(allow)],
    ["a list with one", (allow) => [allow]],
    ["a Deny", denyMissing],
    ["a Deny turned into one", () => Object.assign(denyMissing(), { verdict: "allow" })],
    ["undefined", () => undefined],
    ["null", () => null],
    ["true", () => true],
    ["the word", () => "allow"],
    ["a function", (allow) => () => allow],
  ])("%s", (_what, create) => {
    expect(isAllow(create(allowAlice()))).toBe(false);
  });
});

it("has a class with which no other code can make an Allow", () => {
  const Issued = allowAlice().constructor;
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
  const allow = allowAlice();
  expect(() => Object.assign(allow, { headers: { "x-user-id": "mallory" } })).toThrow(TypeError);
  expect(allow.headers).toEqual({ "x-user-id": "alice" });
});

it("a Deny has the plain reply unless it gets another reply", () => {
  const denial = { reason: "token_missing" } as const;
  const reply = { ...PLAIN_REPLY };
  expect(createDeny(denial, evidence)).toEqual({ verdict: "deny", denial, evidence, reply: PLAIN_REPLY });
  expect(createDeny(denial, evidence).reply).toBe(PLAIN_REPLY);
  expect(createDeny(denial, evidence, reply).reply).toBe(reply);
});

it("an Answer has the request for the API's description", () => {
  const resource = { metadataUrl: "https://api.example/about", metadataPath: "/about", metadata: "{}" };
  const metadataRequest = { asks: "text", resource } as const;
  expect(createAnswer(metadataRequest)).toEqual({ verdict: "answer", metadataRequest });
});

it.each([
  ["spans that overlap", { after: 1, before: 5 }, { after: 3, before: 9 }, { after: 3, before: 5 }],
  ["a span inside the other", { after: 0, before: 9 }, { after: 2, before: 4 }, { after: 2, before: 4 }],
  ["spans that only touch", { after: 1, before: 3 }, { after: 3, before: 9 }, { after: 3, before: 3 }],
])("the common part of %s begins at the later start and ends at the earlier end", (_what, one, other, both) => {
  expect([intersect(one, other), intersect(other, one)]).toEqual([both, both]);
  expect(intersect(one, ALWAYS_VALID)).toEqual(one);
});

it("a decision that does not depend on the time is valid from minus infinity to infinity", () => {
  expect(ALWAYS_VALID).toEqual({ after: Number.NEGATIVE_INFINITY, before: Number.POSITIVE_INFINITY });
});
