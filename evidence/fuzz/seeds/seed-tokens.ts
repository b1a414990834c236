import { AUDIENCE, ISSUER, NOW } from "../../../test/core/fixtures.ts";
import type { TokenInput } from "../token-input.ts";

/** Requests that are honest and allowed. Every mutation starts with one of them. */

const CLAIMS = { sub: "alice", exp: NOW + 300, iat: NOW - 10 };
const REALM = { id: "r", roles: ["a", "b"], scopes: ["read"] };
const ACME = { iss: ISSUER, aud: [AUDIENCE, "both"], ...CLAIMS, scope: "read write", realm: REALM };
const PARTNER = { iss: "partner", aud: ["both"], client_id: "app", ...CLAIMS, realm: REALM };

const MEMBER = { scope: "read", groups: ["a", "b"], level: 3, tags: ["x", false] };
const AUTHENTICATED = { acr: "gold", amr: ["pwd", "otp"], auth_time: NOW - 60 };

export interface Seed {
  readonly world: string;
  readonly rule: string;
  readonly key: string;
  readonly alg: string;
  readonly typ: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

const seed = (world: string, rule: string, key: string, alg: string, changes: Partial<Seed> = {}): Seed => ({
  world,
  rule,
  key,
  alg,
  typ: "at+jwt",
  claims: ACME,
  ...changes,
});
const PARTNERS = { typ: "JWT", claims: PARTNER };

/** There is at least one request for every algorithm and every rule. */
export const SEEDS: readonly Seed[] = [
  seed("strict", "read", "es256", "ES256"),
  seed("strict", "read", "eddsa", "EdDSA"),
  seed("strict", "maybe", "rs256", "RS256"),
  seed("strict", "open", "es256", "ES256"),
  seed("strict", "paths", "es256", "ES256"),
  seed("strict", "roles", "es256", "ES256", { claims: { ...ACME, ...MEMBER } }),
  seed("strict", "differs", "eddsa", "EdDSA", { claims: { ...ACME, tags: ["y"], level: 5 } }),
  seed("strict", "ways", "es256", "ES256", { claims: { ...ACME, ...AUTHENTICATED } }),
  seed("strict", "ways", "eddsa", "EdDSA", { claims: { ...ACME, scope: "admin" } }),
  seed("wide", "read", "ps256", "PS256"),
  seed("wide", "both", "rs384", "RS384"),
  seed("wide", "read", "rs512", "RS512"),
  seed("wide", "both", "ps384", "PS384"),
  seed("wide", "read", "ps512", "PS512"),
  seed("wide", "partner", "es384", "ES384", PARTNERS),
  seed("wide", "partner", "ed25519", "Ed25519", PARTNERS),
  seed("wide", "both", "es512", "ES512", { ...PARTNERS, claims: { ...PARTNER, client_id: "both" } }),
  seed("lone", "read", "lone", "ES256"),
  seed("lone", "maybe", "lone", "ES256"),
  seed("shared", "read", "hs256", "HS256"),
  seed("shared", "read", "hs384", "HS384"),
  seed("shared", "read", "hs512", "HS512"),
  seed("shared", "tenants", "tenant", "ES256", { claims: { ...ACME, iss: "https://idp.example/t1/v2", tid: "t1" } }),
  seed("shared", "read", "es256", "ES256", { claims: { ...ACME, iss: "https://idp.example/t2/v2" } }),
];

export function plantSeed({ world, rule, key, alg, typ, claims }: Seed): TokenInput {
  return {
    world,
    binding: { by: "rule", rule },
    requestLine: { method: "GET", target: "/a/b" },
    connection: undefined,
    scheme: "Bearer ",
    header: JSON.stringify({ alg, kid: key, typ }),
    payload: JSON.stringify(claims),
    key,
    signature: "signed",
    edits: [],
    later: 0,
  };
}
