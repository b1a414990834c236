import { describe, expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import type { CallerSource, Consumer } from "../../plugin/core/model/caller.ts";
import { type Decision, isAllow } from "../../plugin/core/model/decision.ts";
import type { RequestFacts } from "../../plugin/core/model/request.ts";
import { headerSpellings } from "../../plugin/policy/language/header-spellings.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";
import { claimsOf, compileDocument, inlineIssuer, NOW, policyDocument, requestOf } from "./fixtures.ts";
import { createInlineKeys } from "./inline-keys.ts";

const key = generateSigningKey("ES256", "acme-1");
const BILLING: Consumer = { id: "11111111-1111-4111-8111-111111111111", username: "billing", customId: "c-17" };
const SESSION: Consumer = { id: "22222222-2222-4222-8222-222222222222", username: "by-session" };
const document = policyDocument(inlineIssuer([key]), {
  identity: { consumer: { claim: "azp" }, credential: "sub", groups: "roles" },
  routes: {
    read: { required_scopes: ["read"] },
    browse: { access: "optional" },
    health: { access: "public" },
    trial: { mode: "report", required_scopes: ["read"] },
    skip: { other_authentication: "skip" },
    both: { other_authentication: "require" },
    trying: { other_authentication: "require", mode: "report" },
    "browse-both": { access: "optional", other_authentication: "require" },
    mixed: {
      other_authentication: "skip",
      operations: [
        { methods: ["GET"], path: "/" },
        { methods: ["POST"], path: "/", other_authentication: "ignore" },
        { methods: ["PUT"], path: "/", access: "public" },
      ],
    },
  },
});
const policy = compileDocument(document);
const keys = createInlineKeys();
const token = (claims: Record<string, unknown> = {}): string =>
  mintToken({ key, claims: claimsOf({ azp: "billing", roles: ["admin"], ...claims }) });
const bound = (rule: string, credentials?: string, method = "GET"): RequestFacts =>
  requestOf(credentials, { binding: { by: "rule", rule }, requestLine: { method, target: "/" } });

const OWN = [
  ...["x-user-id", "x-consumer-id", "x-consumer-username", "x-consumer-custom-id"],
  ...["x-credential-identifier", "x-anonymous-consumer", "x-consumer-groups", "x-authenticated-groups"],
];
const CLEARED = Object.fromEntries(OWN.flatMap(headerSpellings).map((name) => [name, []]));
const callerHeaders = ({ id, username, customId }: Consumer, credential: string) => ({
  ...{ "x-consumer-id": id, "x-consumer-username": username, "x-credential-identifier": credential },
  ...(customId && { "x-consumer-custom-id": customId }),
});
const AS_BILLING = callerHeaders(BILLING, "alice");
const AS_SESSION = callerHeaders(SESSION, "session-1");
/** Kong's caller is cleared: Consumer, credential and groups. */
const NO_CALLER = { consumer: undefined, credentialId: undefined, groups: undefined };
const CALLER = { consumer: BILLING, credentialId: "alice", groups: ["admin"] };

/** Decides with a Kong that has authenticated this credential. Records the order of the calls. */
async function judge(facts: RequestFacts, credential?: string, compiled = policy) {
  const asked: string[] = [];
  const callers: CallerSource = {
    async findConsumer({ value }) {
      asked.push(`consumer ${value}`);
      return value === "billing" ? BILLING : undefined;
    },
    async authenticatedCredential() {
      asked.push("credential");
      return credential;
    },
    async authenticatedConsumer() {
      asked.push("its consumer");
      return SESSION;
    },
  };
  const decision: Decision = await decide(facts, compiled, keys, () => NOW, callers);
  const headers = isAllow(decision) ? decision.headers : undefined;
  const { denial } = decision.verdict === "deny" ? decision : { denial: decision.reported?.denial };
  return { decision, headers, caller: isAllow(decision) && decision.caller, reason: denial?.reason, asked };
}

describe("Kong's identity", () => {
  it("comes from the verified token, and the upstream gets the same identity", async () => {
    const { decision, headers, asked } = await judge(bound("read", token()));
    expect(decision).toMatchObject({ verdict: "allow", caller: CALLER });
    const authorization = expect.stringMatching(/^Bearer ey/);
    expect(headers).toEqual({ ...CLEARED, ...AS_BILLING, "x-user-id": "alice", authorization });
    expect(asked).toEqual(["consumer billing"]);
  });

  it.each([
    ["an optional rule without a token", "browse"],
    ["a public rule", "health"],
  ])("is cleared on %s, even if the client or an earlier plugin set an identity", async (_what, rule) => {
    const { decision, asked } = await judge(bound(rule), "session-1");
    expect(decision).toMatchObject({ verdict: "allow", headers: CLEARED, caller: NO_CALLER });
    expect(asked).toEqual([]);
  });

  it.each<[what: string, identity: object, caller: object]>([
    ["removes the groups of an earlier plugin if the policy names none", { credential: "sub" }, {}],
    ["has no Consumer of an earlier plugin if the policy names none", { groups: "roles" }, { groups: ["admin"] }],
  ])("%s", async (_what, identity, caller) => {
    const { decision } = await judge(bound("read", token()), "session-1", compileDocument({ ...document, identity }));
    const credential = "credential" in identity ? { credentialId: "alice" } : {};
    expect(decision).toMatchObject({ verdict: "allow", caller: { ...NO_CALLER, ...credential, ...caller } });
  });

  it("is cleared for a token of an issuer that `identity` does not name", async () => {
    const { decision, asked } = await judge(bound("read", token()), "session-1", withForeignIssuer());
    expect(decision).toMatchObject({ verdict: "allow", caller: NO_CALLER, headers: { "x-user-id": "alice" } });
    expect(decision).toHaveProperty("headers.x-consumer-id", []);
    expect(decision).toHaveProperty("headers.x-consumer-username", []);
    expect(asked).toEqual([]);
  });

  it("stays the other plugin's identity for such a token if the rule requires this plugin", async () => {
    const { decision, caller } = await judge(bound("both", token()), "session-1", withForeignIssuer());
    expect(caller).toBeUndefined();
    expect(decision).toMatchObject({ verdict: "allow", headers: { ...AS_SESSION, "x-user-id": "alice" } });
  });

  /** The token's issuer may not name Kong's caller. */
  const withForeignIssuer = (): typeof policy => {
    const { issuers } = document as { issuers: { acme: object } };
    const other = { ...issuers.acme, issuer: "https://other.example" };
    return compileDocument({
      ...document,
      issuers: { ...issuers, other },
      defaults: { accept: ["acme", "other"] },
      identity: { issuers: ["other"], consumer: { claim: "azp", unknown: "ignore" }, credential: "sub" },
    });
  };

  it("is not looked up if the token lacks rights", async () => {
    expect(await judge(bound("read", token({ scope: "" })))).toMatchObject({ reason: "scope_insufficient", asked: [] });
  });

  it("makes the plugin refuse the request if Kong does not know this identity", async () => {
    expect((await judge(bound("read", token({ azp: "nobody" })))).reason).toBe("consumer_unknown");
  });

  it.each<[what: string, claims: Record<string, unknown>, reason: string]>([
    ["", {}, "claim_not_header_safe"],
    [", and the token may not do this either", { scope: "" }, "scope_insufficient"],
  ])("is not set, and no header is sent, if a mapped claim cannot be a header%s", async (_what, claims, reason) => {
    const outcome = await judge(bound("trial", token({ name: "Jos\u00e9", ...claims })), undefined, mapped());
    expect(outcome).toMatchObject({ reason, caller: NO_CALLER, headers: { ...CLEARED, "x-name": [] } });
  });

  const mapped = (): typeof policy =>
    compileDocument({ ...document, header_mappings: { "x-user-id": "sub", "x-name": "name" } });
});

describe("in report mode Kong's identity", () => {
  it.each<[what: string, claims: Record<string, unknown>, reason: string | undefined]>([
    ["is the good token's", {}, undefined],
    ["is the token's that lacks a scope", { scope: "" }, "scope_insufficient"],
  ])("%s", async (_what, claims, reason) => {
    const outcome = await judge(bound("trial", token(claims)));
    expect(outcome).toMatchObject({ reason, caller: CALLER, headers: AS_BILLING });
  });

  it.each<[what: string, credentials: string | undefined, reason: string]>([
    ["no token", undefined, "token_missing"],
    ["an expired token", token({ exp: NOW - 1000 }), "token_expired"],
    ["a token without a Consumer", token({ azp: "nobody" }), "consumer_unknown"],
    ["a token without a usable credential", token({ roles: "a,b" }), "identity_claim_invalid"],
  ])("is cleared with %s, although an earlier plugin has set an identity", async (_what, credentials, reason) => {
    const { "x-user-id": _, ...kong } = CLEARED;
    const outcome = await judge(bound("trial", credentials), "session-1");
    expect(outcome).toMatchObject({ reason, caller: NO_CALLER, headers: kong });
  });

  it("is not passed on if Kong's answer cannot be read", async () => {
    const fail = () => Promise.reject(new Error("no message"));
    const callers: CallerSource = { findConsumer: fail, authenticatedCredential: fail, authenticatedConsumer: fail };
    for (const rule of ["trial", "trying"]) {
      await expect(decide(bound(rule, token()), policy, keys, () => NOW, callers)).rejects.toThrow("no message");
    }
  });
});

describe("the caller that another plugin authenticated", () => {
  it.each(["read", "browse", "health"])("is not looked up if it has no effect: %s", async (rule) => {
    const { asked } = await judge(bound(rule), "session-1");
    expect(asked).toEqual([]);
  });

  it("is enough if the rule says so: the upstream gets Kong's identity, and the plugin reads and forwards no token", async () => {
    for (const credentials of [undefined, token(), "nonsense"]) {
      const { decision, headers, asked } = await judge(bound("skip", credentials), "session-1");
      expect(headers).toEqual({ ...CLEARED, ...AS_SESSION, authorization: [] });
      expect(decision).toHaveProperty("caller", undefined);
      expect(asked).toEqual(["credential", "its consumer"]);
    }
  });

  it("is enough, and then no token of any source reaches the upstream", async () => {
    const sources = ["authorization", { cookie: "__Host-token" }, { query: "access_token" }];
    const facts = {
      ...bound("skip", token()),
      headers: new Map([["cookie", `a=b; __Host-token=${token()}`]]),
      requestLine: { method: "GET", target: "/?access_token=x&c=d" },
    };
    const { decision } = await judge(facts, "session-1", compileDocument({ ...document, token: { sources } }));
    expect(decision).toMatchObject({ headers: { authorization: [], cookie: "a=b" }, rawQuery: "c=d" });
  });

  it("is enough without Kong's headers, if the policy does not set these headers", async () => {
    const { identity: _, ...plain } = document as Record<string, unknown>;
    const { headers, asked } = await judge(bound("skip"), "session-1", compileDocument(plain));
    const own = Object.fromEntries(headerSpellings("x-user-id").map((name) => [name, []]));
    expect(headers).toEqual({ ...own, authorization: [] });
    expect(asked).toEqual(["credential"]);
  });

  it("is not enough if no plugin authenticated a caller: then a token is needed", async () => {
    expect((await judge(bound("skip"))).reason).toBe("token_missing");
    expect(await judge(bound("skip", token()))).toMatchObject({ caller: CALLER });
  });

  it("is needed in addition to the token if the rule requires it, and Kong's identity is the token's", async () => {
    expect((await judge(bound("both", token()))).reason).toBe("other_authentication_missing");
    expect((await judge(bound("both"), "session-1")).reason).toBe("token_missing");
    expect(await judge(bound("both", token()), "session-1")).toMatchObject({ caller: CALLER });
  });

  it("is needed even without a token, if the rule is optional", async () => {
    expect((await judge(bound("browse-both"))).reason).toBe("other_authentication_missing");
    expect((await judge(bound("browse-both"), "session-1")).decision).toMatchObject({ verdict: "allow" });
    expect((await judge(bound("browse-both", "nonsense"), "session-1")).reason).toBe("token_malformed");
  });

  it("is reported as missing in report mode", async () => {
    const { decision, reason } = await judge(bound("trying", token()));
    expect([decision.verdict, reason]).toEqual(["allow", "other_authentication_missing"]);
  });

  it("counts for each operation separately", async () => {
    expect((await judge(bound("mixed"), "session-1")).decision.verdict).toBe("allow");
    expect((await judge(bound("mixed", undefined, "POST"), "session-1")).reason).toBe("token_missing");
  });

  it("stays on a public operation that inherits `skip`, and the upstream gets the same caller", async () => {
    const { caller, headers } = await judge(bound("mixed", undefined, "PUT"), "session-1");
    expect(caller).toBeUndefined();
    expect(headers).toEqual({ ...CLEARED, ...AS_SESSION });
    const alone = await judge(bound("mixed", undefined, "PUT"));
    expect(alone.decision).toMatchObject({ verdict: "allow", caller: NO_CALLER });
  });

  it.each<[what: string, facts: RequestFacts, credential: string | undefined, reason: string, stays: boolean]>([
    [
      "a bad token, together with a valid other authentication",
      bound("trying", "bad"),
      "session-1",
      "token_malformed",
      true,
    ],
    ["no other authentication", bound("trying", token()), undefined, "other_authentication_missing", false],
    ["plain HTTP", { ...bound("trying"), transport: "plain" }, "session-1", "insecure_transport", true],
  ])("in report mode with `require` and %s", async (_what, facts, credential, reason, stays) => {
    const outcome = await judge(facts, credential);
    expect(outcome).toMatchObject({ reason, headers: stays ? AS_SESSION : CLEARED });
    expect(outcome.caller).toEqual(stays ? undefined : NO_CALLER);
  });

  it("does not help a request that is refused earlier", async () => {
    const facts = { ...bound("skip"), connection: "x-consumer-id" };
    expect(await judge(facts, "session-1")).toMatchObject({ reason: "connection_header_refused", asked: [] });
  });
});
