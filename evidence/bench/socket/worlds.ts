import type { SigningKey } from "../../../test/tokens.ts";
import type { MoreWork } from "../costly/plugin-server.ts";

export const ISSUER = "https://idp.example.com";
export const AUDIENCE = "bench";

/** The policies and instances of a plugin server. */
export interface World extends MoreWork {
  readonly name: string;
  /** The policy with the rule `read` that judges the requests. */
  readonly policy: object;
}

const MANY_POLICIES = 1_000;
/** The most rules that a policy may have. */
const MANY_RULES = 5_000;
const MANY_ISSUERS = 50;
const MANY_INSTANCES = 5_000;

/** One policy with one rule and one issuer. The issuer accepts tokens of these keys. */
export function createSmallWorld(keys: readonly SigningKey[]): World {
  return { name: "", policy: writePolicy(keys), otherPolicies: 0, instances: 1 };
}

/** The small world, and worlds in which one part is much larger. The requests are the same in all worlds. */
export function listWorlds(keys: readonly SigningKey[]): readonly World[] {
  const small = createSmallWorld(keys);
  const rules = Array.from({ length: MANY_RULES - 1 }, (_, index) => [`r${index}`, { required_scopes: ["s"] }]);
  return [
    { ...small, name: "1 of each" },
    { ...small, name: "1,000 policies", otherPolicies: MANY_POLICIES - 1 },
    { ...small, name: "5,000 rules", policy: writePolicy(keys, 1, Object.fromEntries(rules)) },
    { ...small, name: "50 issuers", policy: writePolicy(keys, MANY_ISSUERS) },
    { ...small, name: "5,000 instances", instances: MANY_INSTANCES },
  ];
}

/** @param issuers the number of issuers. The last issuer has the keys of the tokens. */
function writePolicy(keys: readonly SigningKey[], issuers = 1, otherRules: object = {}): object {
  const jwks = { keys: keys.map(({ publicJwk }) => publicJwk) };
  const listed = Array.from({ length: issuers }, (_, index) => {
    const issuer = index === issuers - 1 ? ISSUER : `${ISSUER}/${index}`;
    return [`i${index}`, { issuer, audiences: [AUDIENCE], algorithms: ["RS256", "ES256"], keys: { jwks } }];
  });
  return {
    jwt_policy: 1,
    name: "bench",
    issuers: Object.fromEntries(listed),
    defaults: { accept: listed.map(([id]) => id) },
    routes: { ...otherRules, read: { required_scopes: ["things:read"] } },
    header_mappings: { "x-user-id": "sub", "x-client-id": "client_id", "x-scope": "scope" },
  };
}
