import fc from "fast-check";
import { expect, it } from "vitest";
import { PLAIN_REPLY } from "../../plugin/core/model/answers.ts";
import { createDeny } from "../../plugin/core/model/decision.ts";
import {
  DENIALS,
  type Denial,
  denialRow,
  type PublicReason,
  publicReason,
  type Reason,
} from "../../plugin/core/model/denial.ts";
import { createExit } from "../../plugin/kong/calls/create-exit.ts";
import { readPolicy } from "../../plugin/policy/read-policy.ts";
import { anyCharacter } from "../any-character.ts";
import { policyDocument } from "../core/fixtures.ts";
import { runsOf } from "../runs.ts";

/** Any answers of a policy, with any preferences of a client. */

const REASONS = Object.keys(DENIALS) as Reason[];
const NAMES = [...new Set(REASONS.map(publicReason))];
const RUNS = runsOf(400);

const text = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
  fc.string({ unit: anyCharacter, minLength: 1, maxLength: 40 }),
  fc.constantFrom('a", scope="admin', "a\\", "{", "a\r\nx: y", "100 %", "</script>"),
);
const answers = fc.record(
  {
    format: fc.constantFrom("negotiate", "problem", "kong"),
    problem_types: fc.constantFrom("https://docs.example.com/errors/", "urn:example:"),
    reasons: fc.dictionary(
      fc.constantFrom<PublicReason>(...NAMES),
      fc.record({ status: fc.integer({ min: 400, max: 599 }), text }, { requiredKeys: [] }),
      { maxKeys: 3 },
    ),
  },
  { requiredKeys: [] },
);
const client = fc.record({
  accept: fc.option(fc.oneof(fc.constant("application/problem+json"), fc.string()), { nil: undefined }),
  contentType: fc.option(fc.oneof(fc.constant("application/grpc"), fc.string()), { nil: undefined }),
  requestId: fc.constantFrom(undefined, "0123456789abcdef0123456789abcdef"),
});
const exits = (source: Record<string, unknown>, asking: object) => {
  const result = readPolicy(
    JSON.stringify(policyDocument({ issuer: "https://i.example", audiences: ["a"] }, source)),
    "",
  );
  if (!result.ok) {
    return undefined;
  }
  const reply = { ...PLAIN_REPLY, ...asking, answers: result.value.answers };
  const denialOf = (reason: Reason) => ({ reason, requiredScopes: ["a"], acrValues: ["b"] }) as unknown as Denial;
  return REASONS.map((reason) => [reason, createExit(createDeny(denialOf(reason), { policy: "p" }, reply))] as const);
};

it("clients cannot distinguish reasons that they must not distinguish", () => {
  fc.assert(
    fc.property(answers, client, (source, asking) => {
      const told = exits({ answers: source }, asking) ?? [];
      for (const [reason, exit] of told.filter(([each]) => publicReason(each) === "invalid_token")) {
        expect(exit, reason).toEqual(told.find(([each]) => each === "signature_invalid")?.[1]);
      }
      for (const [reason, exit] of told.filter(([each]) => publicReason(each) === "access_denied")) {
        expect(exit, reason).toEqual(told.find(([each]) => each === "condition_unmet")?.[1]);
      }
    }),
    { numRuns: RUNS },
  );
});

it("every answer is a refusal of the right class, with plain headers, a readable body, and a challenge on 401", () => {
  let compiled = 0;
  let challenges = 0;
  fc.assert(
    fc.property(answers, client, (source, asking) => {
      const told = exits({ answers: source }, asking) ?? [];
      compiled += told.length === 0 ? 0 : 1;
      for (const [reason, { status, body, headers }] of told) {
        expect(Math.floor(status / 100), reason).toBe(Math.floor(denialRow(reason).status / 100));
        expect(headers["Cache-Control"]).toBe("no-store");
        for (const value of Object.values(headers)) {
          expect(value, reason).toMatch(/^[\x20-\x7e]*$/);
        }
        // Parameters of the challenge: each name once, each value in quotes without any inside.
        expect(headers["WWW-Authenticate"] ?? 'Bearer realm="p"').toMatch(/^Bearer realm="p"(?:, [a-z_]+="[^"\\]*")*$/);
        if (status === 401) {
          challenges += 1;
          expect(headers).toHaveProperty("WWW-Authenticate");
        }
        expect(body === "" ? headers["Content-Type"] : typeof JSON.parse(body)).toMatch(
          /^(?:object|application\/grpc)$/,
        );
      }
    }),
    { numRuns: RUNS },
  );
  expect(compiled).toBeGreaterThan(RUNS / 20);
  expect(challenges).toBeGreaterThan(RUNS / 20);
});
