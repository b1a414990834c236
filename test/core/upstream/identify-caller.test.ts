import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../../../plugin/core/json/json.ts";
import { type CallerSource, type Consumer, NO_CALLERS } from "../../../plugin/core/model/caller.ts";
import type { CompiledIdentity } from "../../../plugin/core/model/policy.ts";
import { fail, PASSED, succeed } from "../../../plugin/core/model/result.ts";
import { identify } from "../../../plugin/core/upstream/identify-caller.ts";
import { denied } from "../../denials.ts";
import { outcomeOf } from "../../results.ts";
import { compilePolicy } from "../fixtures.ts";

const ID = "11111111-1111-4111-8111-111111111111";
const BILLING: Consumer = { id: ID, username: "billing" };

type Members = Record<string, unknown>;

const compile = (identity: Members): CompiledIdentity | undefined => compilePolicy({ identity }).identity;

/** A Kong that gives this answer to every call, and records its calls. */
function kongWith(consumer: Consumer | undefined): { callers: CallerSource; asked: unknown[] } {
  const asked: unknown[] = [];
  const callers = {
    ...NO_CALLERS,
    async findConsumer(lookup: unknown) {
      asked.push(lookup);
      return consumer;
    },
  };
  return { callers, asked };
}

async function identified(identity: Members, claims: JsonObject, consumer: Consumer | undefined = BILLING) {
  const { callers, asked } = kongWith(consumer);
  return { result: outcomeOf(await identify(compile(identity), claims, "acme", callers)), asked };
}

const NO_CALLER = { consumer: undefined, credentialId: undefined, groups: undefined };
const unknown = expect.objectContaining({ reason: "consumer_unknown" });
const unusable = { reason: "identity_claim_invalid" };

describe("the Consumer that a token names", () => {
  const lookupOf = (by: string, value: string, maxAgeSeconds = 60) => ({ by, value, maxAgeSeconds });
  const pointer = { claim: "/client/name", cache: "0s" };
  it.each<[what: string, identity: Members, claims: JsonObject, lookup: Members]>([
    ["by username", { claim: "azp" }, { azp: "billing" }, lookupOf("username", "billing")],
    ["by id", { claim: "azp", by: "id" }, { azp: ID }, lookupOf("id", ID)],
    ["at a JSON Pointer", pointer, { client: { name: "billing" } }, lookupOf("username", "billing", 0)],
  ])("is found %s", async (_what, consumer, claims, lookup) => {
    const result = { consumer: BILLING, credentialId: ID, groups: undefined };
    expect(await identified({ consumer }, claims)).toEqual({ result, asked: [lookup] });
  });

  it.each<[what: string, by: string, azp: JsonValue | undefined]>([
    ["nothing", "username", undefined],
    ["null", "username", null],
    ["an empty string", "username", ""],
    ["a number", "username", 7],
    ["a list", "username", ["billing"]],
    ["a string that is too long", "username", "b".repeat(257)],
    ["a blank at the end", "username", "billing "],
    ["a line feed", "username", "billing\n"],
    ["other letters than ASCII", "username", "b\u00efling"],
    ["a username instead of an id, with which Kong would fail", "id", "billing"],
    ["an id in capitals", "id", ID.replaceAll("1", "A")],
    ["an id with a letter before it", "id", `a${ID}`],
    ["an id with a letter after it", "id", `${ID}a`],
  ])("is not looked up if the claim is %s", async (_what, by, azp) => {
    const claims: JsonObject = azp === undefined ? {} : { azp };
    const consumer = { claim: "azp", by };
    expect(await identified({ consumer }, claims)).toEqual({ result: unknown, asked: [] });
    const ignoring = { consumer: { ...consumer, unknown: "ignore" } };
    expect(await identified(ignoring, claims)).toEqual({ result: NO_CALLER, asked: [] });
  });

  it("may have a name of 256 characters with blanks inside", async () => {
    const azp = `b ${"b".repeat(254)}`;
    const { result } = await identified({ consumer: { claim: "azp" } }, { azp }, { id: ID, username: azp });
    expect(result).toMatchObject({ consumer: { username: azp } });
  });

  it.each<[what: string, by: string, azp: string, consumer: Consumer | undefined]>([
    ["none", "username", "billing", undefined],
    ["one without an id", "username", "billing", { username: "billing" }],
    ["one in other letters", "username", "billing", { id: ID, username: "Billing" }],
    ["a Consumer with this id, for a look-up by username", "username", ID, BILLING],
    ["a Consumer without a username, for a look-up by username", "username", "billing", { id: ID }],
    ["another Consumer, for a look-up by id", "id", ID.replaceAll("1", "2"), BILLING],
  ])("is unknown if Kong finds %s", async (_what, by, azp, consumer) => {
    const { callers } = kongWith(consumer);
    const strict = compile({ consumer: { claim: "azp", by } });
    expect(await identify(strict, { azp }, "acme", callers)).toEqual(fail(unknown));
    const ignoring = compile({ consumer: { claim: "azp", by, unknown: "ignore" }, credential: "azp" });
    const result = await identify(ignoring, { azp }, "acme", callers);
    expect(result).toEqual(succeed({ ...NO_CALLER, credentialId: azp }));
  });

  it("is set only by tokens of the named issuers", async () => {
    const { callers, asked } = kongWith(BILLING);
    const claims = { azp: "billing", sub: "alice" };
    const consumer = { claim: "azp" };
    const strict = await identify(compile({ consumer }), claims, "partner", callers);
    const ignoring = compile({ consumer: { ...consumer, unknown: "ignore" } });
    const lenient = await identify(ignoring, claims, "partner", callers);
    const credential = await identify(compile({ credential: "sub" }), claims, "partner", callers);
    expect([strict, lenient, credential]).toEqual([fail(unknown), PASSED, PASSED]);
    expect(asked).toEqual([]);
  });

  it("is not set if Kong does not answer", async () => {
    const callers = { ...NO_CALLERS, findConsumer: () => Promise.reject(new Error("index out of range")) };
    const ignoring = compile({ consumer: { claim: "azp", unknown: "ignore" } });
    await expect(identify(ignoring, { azp: "billing" }, "acme", callers)).rejects.toThrow("index out of range");
  });

  it("is looked up last, after all other checks", async () => {
    const identity = { consumer: { claim: "azp" }, credential: "sub", groups: "roles" };
    const { result, asked } = await identified(identity, { azp: "billing", sub: "alice", roles: 7 });
    expect([result, asked]).toEqual([expect.objectContaining(unusable), []]);
  });
});

describe("the credential", () => {
  it.each<[what: string, sub: JsonValue | undefined]>([
    ["nothing", undefined],
    ["an empty string", ""],
    ["a number", 7],
    ["a string that is too long", "a".repeat(257)],
    ["a line feed", "a\r\nb"],
  ])("is not %s", async (_what, sub) => {
    const { result } = await identified({ credential: "sub" }, sub === undefined ? {} : { sub });
    expect(result).toMatchObject({ reason: "identity_claim_invalid", detail: expect.stringContaining('claim "sub"') });
  });

  it("may have a single character", async () => {
    const { result } = await identified({ credential: "sub" }, { sub: "7" });
    expect(result).toEqual({ ...NO_CALLER, credentialId: "7" });
  });

  it("is used instead of the Consumer's id, and needs no Consumer", async () => {
    const claims = { azp: "billing", sub: "alice" };
    const both = await identified({ consumer: { claim: "azp" }, credential: "sub" }, claims);
    expect(both.result).toMatchObject({ consumer: BILLING, credentialId: "alice" });
    const alone = await identified({ credential: "sub" }, claims);
    expect(alone).toEqual({ result: { ...NO_CALLER, credentialId: "alice" }, asked: [] });
  });
});

describe("the log says why a token names no Consumer", () => {
  it("the policy sets no caller from tokens of this issuer", async () => {
    const detail = '"identity" is not for tokens of issuer "partner"';
    const result = await identify(compile({ consumer: { claim: "azp" } }), {}, "partner", NO_CALLERS);
    expect(result).toEqual(fail({ reason: "consumer_unknown", detail }));
  });

  it.each<[by: string, azp: string, detail: string]>([
    ["id", "billing", 'claim "azp" is not a UUID in lower case: claim azp is a string: billing'],
    ["username", "x", 'Kong has no Consumer with the username in claim "azp": claim azp is a string: x'],
  ])("the claim names none by its %s: %s", async (by, azp, detail) => {
    const { result } = await identified({ consumer: { claim: "azp", by } }, { azp });
    expect(result).toEqual({ reason: "consumer_unknown", detail });
  });
});

describe("groups", () => {
  it.each<[what: string, roles: JsonValue | undefined, groups: string[]]>([
    ["a list", ["admin", "Domain Users"], ["admin", "Domain Users"]],
    ["one string", "admin", ["admin"]],
    ["an empty list", [], []],
    ["nothing", undefined, []],
    ["null", null, []],
  ])("are %s", async (_what, roles, groups) => {
    const { result } = await identified({ groups: "roles" }, roles === undefined ? {} : { roles });
    expect(result).toEqual({ ...NO_CALLER, groups });
  });

  it.each<[what: string, roles: JsonValue]>([
    ["a number", 7],
    ["true", true],
    ["an object", { admin: true }],
    ["a list with a number", ["admin", 7]],
    ["a list in a list", [["admin"]]],
    ["a list with an empty string", ["admin", ""]],
    ["an empty string", ""],
    ["a comma, which acl puts between groups", ["user,admin"]],
    ["a line feed", ["a\nb"]],
    ["a group that is too long", ["a".repeat(257)]],
  ])("are not %s", async (_what, roles) => {
    const { result } = await identified({ groups: "roles" }, { roles });
    expect(result).toMatchObject(unusable);
  });
});

describe("the first of several claims", () => {
  it.each<[claims: JsonObject, name: string]>([
    [{ azp: "billing", client_id: "other" }, "billing"],
    [{ client_id: "billing" }, "billing"],
    [{ azp: null, client_id: "billing" }, "billing"],
  ])("names the Consumer and the credential: %j", async (claims, name) => {
    const several = ["azp", "client_id"];
    const { result, asked } = await identified({ consumer: { claim: several }, credential: several }, claims);
    expect(result).toEqual({ consumer: BILLING, credentialId: name, groups: undefined });
    expect(asked).toEqual([{ by: "username", value: name, maxAgeSeconds: 60 }]);
  });

  const noText = 'claim "azp" is not a string of 1 to 256 visible characters';
  it.each<[what: string, claims: JsonObject, detail: string]>([
    ["a number", { azp: 7, client_id: "billing" }, noText],
    ["an empty string", { azp: "", client_id: "billing" }, noText],
    ["a list", { azp: ["billing"], client_id: "billing" }, noText],
    ["kept elsewhere", { _claim_names: { azp: "src1" }, client_id: "billing" }, noText],
    ["missing, like the others", {}, 'the token has none of "azp", "client_id"'],
  ])("is not replaced by the next claim if it is %s", async (_what, claims, detail) => {
    const claim = ["azp", "client_id"];
    const consumer = await identified({ consumer: { claim } }, claims);
    expect(consumer).toEqual({ result: denied("consumer_unknown", detail), asked: [] });
    const credential = await identified({ credential: claim }, claims);
    expect(credential.result).toEqual(denied("identity_claim_invalid", detail));
    const ignored = await identified({ consumer: { claim, unknown: "ignore" } }, claims);
    expect(ignored).toEqual({ result: NO_CALLER, asked: [] });
  });

  it("is named if Kong does not know its Consumer, and the next claim is not tried", async () => {
    const { callers, asked } = kongWith(undefined);
    const claims = { azp: "nobody", client_id: "billing" };
    const result = await identify(compile({ consumer: { claim: ["azp", "client_id"] } }), claims, "acme", callers);
    const why = 'Kong has no Consumer with the username in claim "azp"';
    expect(outcomeOf(result)).toEqual(denied("consumer_unknown", why));
    expect(asked).toHaveLength(1);
  });
});

describe("groups of several claims", () => {
  const groups = ["/realm/roles", { claim: "roles", separator: "," }];
  it.each<[what: string, claims: JsonObject, expected: string[]]>([
    ["of both", { realm: { roles: ["a", "b"] }, roles: "b, c" }, ["a", "b", "c"]],
    ["of the one that is there", { roles: "c" }, ["c"]],
    ["of neither", {}, []],
  ])("count together: %s", async (_what, claims, expected) => {
    expect((await identified({ groups }, claims)).result).toMatchObject({ groups: expected });
  });

  it.each<[what: string, claims: JsonObject]>([
    ["if one is a number", { realm: { roles: ["a"] }, roles: 7 }],
    ["if one cannot be found", { realm: ["a"], roles: "c" }],
    ["if the text contains a tab", { roles: "a\tb" }],
    ["if the provider keeps one elsewhere", { _claim_names: { realm: "src1" } }],
  ])("are refused %s", async (_what, claims) => {
    const denial = denied("identity_claim_invalid", 'claim "/realm/roles", "roles" is not a list of strings');
    expect((await identified({ groups }, claims)).result).toEqual(denial);
  });
});

it("without `identity`, no caller is set", async () => {
  const { callers, asked } = kongWith(BILLING);
  expect([await identify(undefined, { azp: "billing" }, "acme", callers), asked]).toEqual([PASSED, []]);
});
