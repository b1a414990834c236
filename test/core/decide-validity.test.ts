import { describe, expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import type { CallerSource } from "../../plugin/core/model/caller.ts";
import { ALWAYS_VALID, isAllow, type Validity } from "../../plugin/core/model/decision.ts";
import type { KeySource } from "../../plugin/core/model/key.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";
import { claimsOf, compileDocument, inlineIssuer, NOW, policyDocument, requestOf } from "./fixtures.ts";
import { createInlineKeys } from "./inline-keys.ts";

/** How long the plugin may reuse an Allow, and which Allows it must not reuse. */

const key = generateSigningKey("ES256", "acme-1");
const token = (claims: Record<string, unknown> = {}): string => mintToken({ key, claims: claimsOf(claims) });
const inlineKeys = createInlineKeys();
const keysWith = (validity: Validity | undefined): KeySource => ({
  find: (...question) => inlineKeys.find(...question),
  validity: () => validity,
});

/** Kong knows the Consumer `alice`, and another plugin has authenticated the request. */
const CALLERS: CallerSource = {
  findConsumer: async () => ({ id: "11111111-1111-4111-8111-111111111111", username: "alice" }),
  authenticatedCredential: async () => "session-1",
  authenticatedConsumer: async () => undefined,
};

interface Question {
  readonly rule?: string;
  readonly credentials?: string | undefined;
  readonly identity?: object;
  readonly keys?: KeySource;
}

async function judge({ rule = "read", credentials, identity, keys = keysWith(ALWAYS_VALID) }: Question) {
  const document = policyDocument(inlineIssuer([key], { clock_skew: "0s" }), {
    ...(identity && { identity }),
    routes: {
      read: { required_scopes: ["read"] },
      trial: { mode: "report", required_scopes: ["write"] },
      open: { access: "public" },
      maybe: { access: "optional" },
      skip: { other_authentication: "skip" },
      both: { other_authentication: "require" },
    },
  });
  const facts = requestOf(credentials, { binding: { by: "rule", rule } });
  const decision = await decide(facts, compileDocument(document), keys, () => NOW, CALLERS);
  if (!isAllow(decision)) {
    throw new Error(`the request is refused: ${JSON.stringify(decision)}`);
  }
  return decision;
}

describe("an Allow with a token may be reused while both the token and the issuer's keys stay valid", () => {
  it.each<[what: string, ofKeys: Validity | undefined, expected: Validity | undefined]>([
    ["keys that are always valid", ALWAYS_VALID, { after: NOW - 9.999, before: NOW + 299.999 }],
    [
      "keys that become valid after the token",
      { after: NOW - 5, before: NOW + 900 },
      { after: NOW - 5, before: NOW + 299.999 },
    ],
    [
      "keys that expire before the token",
      { after: NOW - 900, before: NOW + 5 },
      { after: NOW - 9.999, before: NOW + 5 },
    ],
    ["keys without a span", undefined, undefined],
  ])("%s", async (_what, ofKeys, expected) => {
    const { validity } = await judge({ credentials: token(), keys: keysWith(ofKeys) });
    expect(validity).toEqual(
      expected && { after: expect.closeTo(expected.after, 5), before: expect.closeTo(expected.before, 5) },
    );
  });

  it("and never if the source of keys cannot say how long they stay valid", async () => {
    const { validity } = await judge({ credentials: token(), keys: { find: keysWith(ALWAYS_VALID).find } });
    expect(validity).toBeUndefined();
  });
});

describe("an Allow without a token", () => {
  it.each(["open", "maybe"])("may be reused at any time, and names its policy and rule: %s", async (rule) => {
    expect(await judge({ rule })).toMatchObject({ validity: ALWAYS_VALID, evidence: { policy: "payments", rule } });
  });

  it("must not be reused if another plugin authenticated the request", async () => {
    const { validity, evidence } = await judge({ rule: "skip" });
    expect([validity, evidence]).toEqual([undefined, { policy: "payments", rule: "skip" }]);
  });
});

describe("an Allow with a token must not be reused", () => {
  it.each<[what: string, question: Question]>([
    ["if Kong was asked for the Consumer", { identity: { consumer: { claim: "sub" } } }],
    ["if Kong was asked for the credential of another plugin", { rule: "both" }],
    ["in report mode, if the rule would refuse the request", { rule: "trial" }],
  ])("%s", async (_what, question) => {
    expect((await judge({ credentials: token(), ...question })).validity).toBeUndefined();
  });

  it("but may be if the policy names a caller without a question to Kong", async () => {
    const { validity, caller } = await judge({ credentials: token(), identity: { credential: "sub" } });
    expect([validity?.before, caller?.credentialId]).toEqual([expect.closeTo(NOW + 299.999, 5), "alice"]);
  });
});
