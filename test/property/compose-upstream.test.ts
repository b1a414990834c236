import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { composeUpstream } from "../../plugin/core/upstream/compose-upstream.ts";
import { removeHeaders } from "../../plugin/core/upstream/map-claims.ts";
import { compileDocument, inlineIssuer, policyDocument } from "../core/fixtures.ts";
import { runsOf } from "../runs.ts";
import { generateSigningKey } from "../tokens.ts";

/**
 * Two changes of one header must not depend on the order of code: security depends on which change reaches the
 * upstream.
 */

const RUNS = runsOf(300);
const policy = compileDocument(
  policyDocument(inlineIssuer([generateSigningKey("ES256", "1")]), {
    header_mappings: { "x-user-id": "sub", "x-scopes": "scope" },
    identity: { consumer: { claim: "sub" } },
  }),
);

/**
 * There are few names, so that several changes concern the same header: identity headers, the token's header, Kong's
 * headers, and an unknown header.
 */
const name = fc.constantFrom(...policy.clearedHeaders, "authorization", "cookie", "x-tenant");
/** Each value contains the name of its layer, and so shows which layer won. */
const layer = (what: string): fc.Arbitrary<Record<string, string | string[]>> =>
  fc.dictionary(name, fc.constantFrom<string | string[]>(what, [what, what], []), {
    maxKeys: 8,
    noNullPrototype: true,
  });

const parts = fc.record({
  // The changes in the form of `propagateClaims`. The changes contain each identity header.
  mapped: fc.option(
    layer("mapped").map((headers) => ({ ...removeHeaders(policy.clearedHeaders), ...headers })),
    { nil: undefined },
  ),
  compared: fc.option(layer("compared"), { nil: undefined }),
  credentials: fc.option(
    fc.record({ headers: layer("credentials"), rawQuery: fc.option(fc.constantFrom("", "a=1"), { nil: undefined }) }),
    { nil: undefined },
  ),
  caller: fc.record({ identity: fc.constant(undefined), headers: layer("caller") }),
});

describe("for any changes of the stages", () => {
  it("the caller takes precedence over credentials, credentials over compared headers, and compared headers over mapped headers", () => {
    fc.assert(
      fc.property(parts, ({ mapped, compared, credentials, caller }) => {
        const { headers } = composeUpstream(policy, { mapped, compared, credentials, caller });
        const fromStrongest = [caller.headers, credentials?.headers, compared, mapped];
        for (const [header, value] of Object.entries(headers)) {
          const winner = fromStrongest.find((changes) => changes !== undefined && Object.hasOwn(changes, header));
          expect([header, value]).toEqual([header, winner?.[header] ?? []]);
        }
        for (const changes of fromStrongest) {
          expect(Object.keys(headers)).toEqual(expect.arrayContaining(Object.keys(changes ?? {})));
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("each identity header, in each spelling, is set by the plugin or removed", () => {
    fc.assert(
      fc.property(parts, (changes) => {
        const { headers } = composeUpstream(policy, changes);
        expect(Object.keys(headers)).toEqual(expect.arrayContaining([...policy.clearedHeaders]));
      }),
      { numRuns: RUNS },
    );
  });

  it("the query changes only if credentials were removed from it, and may become empty", () => {
    fc.assert(
      fc.property(parts, (changes) => {
        const { rawQuery } = changes.credentials ?? {};
        expect(composeUpstream(policy, changes).rawQuery).toBe(rawQuery);
      }),
      { numRuns: RUNS },
    );
  });
});
