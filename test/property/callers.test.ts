import fc from "fast-check";
import { expect, it } from "vitest";
import { decide } from "../../plugin/core/decide.ts";
import type { CallerSource, Consumer } from "../../plugin/core/model/caller.ts";
import { type Allow, type Decision, isAllow } from "../../plugin/core/model/decision.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import type { RequestFacts } from "../../plugin/core/model/request.ts";
import { writeIdentityHeaders } from "../../plugin/core/upstream/identify-caller.ts";
import { claimsOf, compileDocument, inlineIssuer, NOW, policyDocument, requestOf } from "../core/fixtures.ts";
import { createInlineKeys } from "../core/inline-keys.ts";
import { runsOf } from "../runs.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";

const key = generateSigningKey("ES256", "1");
const keys = createInlineKeys();
const BILLING: Consumer = { id: "11111111-1111-4111-8111-111111111111", username: "billing" };
const OTHER: Consumer = { id: "22222222-2222-4222-8222-222222222222", username: "other" };

const issuer = inlineIssuer([key]);
const policyOf = (rule: object, identity: object | undefined, forward: boolean | object, mode: string) =>
  compileDocument(
    policyDocument(issuer, {
      issuers: { acme: issuer, partner: { ...issuer, issuer: "https://partner.example" } },
      defaults: { accept: ["acme", "partner"], mode },
      ...(identity && { identity: { issuers: ["acme"], ...identity } }),
      token: { forward, sources: ["authorization", { header: "x-token" }] },
      routes: { read: rule },
      header_mappings: { "x-user-id": "sub" },
    }),
  );

const token = (claims: object): string => mintToken({ key, claims: claimsOf({ azp: "billing", ...claims }) });
const TOKENS = [
  undefined,
  token({}),
  token({ azp: "unknown" }),
  token({ iss: "https://partner.example" }),
  token({ scope: "write" }),
  token({ sub: "two\r\nlines" }),
  token({ exp: NOW - 600 }),
  "nonsense",
];
const RULES = [
  { required_scopes: ["read"] },
  { required_scopes: ["read"], required_claims: { sub: { equals_header: "x-tenant" } } },
  { access: "optional" },
  { access: "public" },
  { operations: [{ methods: ["POST"], path: "/never" }] },
];
const HONOURS = [undefined, "skip", "require"] as const;
const IDENTITIES = [
  undefined,
  { consumer: { claim: "azp", unknown: "ignore" }, credential: "sub", groups: "roles" },
  { consumer: { claim: "azp" } },
  { groups: "roles" },
];

const situation = fc.record({
  rule: fc.constantFrom(...RULES),
  honours: fc.constantFrom(...HONOURS),
  identity: fc.constantFrom(...IDENTITIES),
  forward: fc.constantFrom<boolean | object>(true, false, { header: "x-user-token" }),
  mode: fc.constantFrom("enforce", "report"),
  credentials: fc.constantFrom(...TOKENS),
  transport: fc.constantFrom("tls" as const, "plain" as const),
  connection: fc.constantFrom(undefined, "x-user-id"),
  other: fc.record({ credential: fc.boolean(), consumer: fc.boolean() }),
});

type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

const isOpen = ({ rule }: Situation): boolean => "access" in rule && rule.access === "public";

async function judge(given: Situation): Promise<{ decision: Decision; policy: CompiledPolicy }> {
  const { rule, honours, identity, forward, mode, credentials, transport, connection, other } = given;
  const honouring = honours === undefined || isOpen(given) ? {} : { other_authentication: honours };
  const policy = policyOf({ ...rule, ...honouring }, identity, forward, mode);
  const callers: CallerSource = {
    findConsumer: async ({ value }) => (value === "billing" ? BILLING : undefined),
    authenticatedCredential: async () => (other.credential ? "other-key" : undefined),
    authenticatedConsumer: async () => (other.consumer ? OTHER : undefined),
  };
  const headers = new Map([["x-tenant", "alice"]]);
  const facts: RequestFacts = requestOf(credentials, { transport, connection, headers });
  return { decision: await decide(facts, policy, keys, () => NOW, callers), policy };
}

/**
 * If another plugin authenticated the request, and the rule accepts this plugin, Kong may keep the caller of this
 * plugin. In all other cases, jwt-policy replaces the caller. The upstream always gets the same caller as Kong.
 */
function checkCaller({ headers, caller }: Allow, given: Situation): void {
  const { honours, other } = given;
  if (caller === undefined) {
    expect([honours, isOpen(given), other.credential]).toEqual([expect.stringMatching(/skip|require/), false, true]);
  }
  const seen = caller ?? { consumer: other.consumer ? OTHER : undefined, credentialId: "other-key" };
  const written = Object.entries(headers).filter(([name, value]) => /^x-(?:cons|cred)/.test(name) && value.length > 0);
  expect(Object.fromEntries(written)).toEqual(writeIdentityHeaders(seen));
}

it("in every situation, Kong and the upstream get the same caller, and no layer of changes reverts another layer", async () => {
  await fc.assert(
    fc.asyncProperty(situation, async (given) => {
      const { decision, policy } = await judge(given);
      if (!isAllow(decision)) {
        return;
      }
      expect(Object.keys(decision.headers)).toEqual(expect.arrayContaining([...policy.clearedHeaders]));
      expect([[], "alice"]).toContainEqual(decision.headers["x-user-id"]);
      if (given.forward === false && !isOpen(given)) {
        expect(decision.headers.authorization).toEqual([]);
      }
      if (given.identity === undefined) {
        expect(decision.caller).toBeUndefined();
      } else {
        checkCaller(decision, given);
      }
    }),
    { numRuns: runsOf(600) },
  );
});
