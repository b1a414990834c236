import fc from "fast-check";
import { validateClaims } from "../../plugin/core/access/validate-claims.ts";
import type { JsonObject } from "../../plugin/core/json/json.ts";
import { listIssuers } from "../../plugin/core/model/issuer-template.ts";
import { readPolicy } from "../../plugin/policy/read-policy.ts";
import { AUDIENCE, alternativeOf, claimsOf, ISSUER, joseHeaderOf, NOW, requirementsOf } from "./fixtures.ts";

const scalar = fc.constantFrom("a", "b", 1, true);
const condition = fc.oneof(
  scalar.map((equals) => ({ equals })),
  fc.uniqueArray(scalar, { minLength: 1, maxLength: 2 }).map((one_of) => ({ one_of })),
  scalar.map((equals) => ({ not: { equals }, absent: "allowed" })),
  scalar.map((equals) => ({ not: { equals } })),
  fc.constant({ absent: true }),
  fc.constant({}),
);
const entry = fc.record(
  {
    token_type: fc.constantFrom<unknown>("any", "JWT", "at+jwt", ["at+jwt", "JWT"]),
    required_claims: fc.dictionary(fc.constantFrom("u", "client_id", "aud"), condition, { maxKeys: 2 }),
    claims: fc.record({ audience: fc.constantFrom("aud", "client_id") }),
  },
  { requiredKeys: [] },
);
const value = fc.oneof(scalar, fc.constant(AUDIENCE), fc.constant(undefined), fc.constant(["a"]));
const token = fc.record({ typ: fc.constantFrom("JWT", "at+jwt", undefined), u: value, client_id: value, aud: value });

/**
 * Searches a policy that compiles for a token that fits two of its entries. Undefined if the search finds no such
 * token.
 */
export function findTwin(): unknown {
  let found: unknown;
  fc.assert(
    fc.property(entry, entry, fc.array(token, { minLength: 20, maxLength: 20 }), (one, other, tokens) => {
      const common = { issuer: ISSUER, audiences: [AUDIENCE] };
      const issuers = { a: { ...common, ...one }, b: { ...common, ...other } };
      const read = readPolicy(JSON.stringify({ jwt_policy: 1, name: "p", issuers }), "");
      for (const { typ, ...claims } of read.ok ? tokens : []) {
        const fitting = listIssuers(read.ok ? read.value : (undefined as never)).filter(
          (issuer) =>
            validateClaims(
              issuer,
              requirementsOf({ ...alternativeOf(), accept: new Set(["a", "b"]) }),
              joseHeaderOf({ typ }),
              JSON.parse(JSON.stringify(claimsOf(claims))) as JsonObject,
              NOW,
            ).ok,
        );
        found ??= fitting.length > 1 ? { one, other, typ, claims } : undefined;
      }
    }),
    { numRuns: 300 },
  );
  return found;
}
