import type { JWK } from "jose";
import type { KeySource } from "../../../plugin/core/model/key.ts";
import type { CompiledPolicy } from "../../../plugin/core/model/policy.ts";
import { createKeySource } from "../../../plugin/keys/life/key-source.ts";
import { rememberVerified } from "../../../plugin/runtime/verified-tokens.ts";
import { AUDIENCE, compileDocument, ISSUER, NOW } from "../../../test/core/fixtures.ts";
import { silentLog } from "../../../test/logs.ts";
import { generateSigners, type KeyRing, publicJwkOf, readRing, type Signer } from "./signers.ts";

/**
 * The policies and keys with which tokens are tried. The policies are plain data, because the oracle reads them with
 * its own code.
 */

export interface IssuerData {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly clock_skew?: string;
  readonly token_type?: string;
  readonly max_token_age?: string;
  readonly max_token_lifetime?: string;
  readonly required_claims?: readonly string[];
  readonly claims?: {
    readonly audience?: string;
    readonly scopes?: string;
    readonly roles?: string | readonly string[];
    readonly groups?: string | readonly string[];
  };
  readonly tenants?: readonly string[];
  readonly keys: {
    readonly jwks?: { readonly keys: readonly JWK[] };
    readonly secret_files?: readonly { readonly file: string; readonly kid: string; readonly alg: string }[];
  };
}

type Names = readonly string[];
export type MembershipData = Names | { readonly all_of?: Names; readonly any_of?: Names; readonly none_of?: Names };
type ScalarData = string | number | boolean;

export interface ConditionData {
  readonly equals?: ScalarData;
  readonly one_of?: readonly ScalarData[];
  readonly contains_any?: readonly ScalarData[];
  readonly contains_all?: readonly ScalarData[];
  readonly matches?: string;
  readonly min?: number;
  readonly max?: number;
  readonly equals_path?: string;
  readonly not?: ConditionData;
  readonly absent?: true | "allowed";
}

export interface AlternativeData {
  readonly accept?: Names;
  readonly audiences?: Names;
  readonly required_scopes?: MembershipData;
  readonly required_roles?: MembershipData;
  readonly required_groups?: MembershipData;
  readonly required_claims?: Readonly<Record<string, ConditionData>>;
  readonly authentication?: { readonly acr_values?: Names; readonly amr?: Names; readonly max_age?: string };
}

export interface RequirementData extends AlternativeData {
  readonly access?: "required" | "optional" | "public";
  readonly any_of?: readonly AlternativeData[];
}

export interface RuleData extends RequirementData {
  readonly operations?: readonly (RequirementData & { readonly methods: readonly string[]; readonly path: string })[];
}

export interface PolicyData {
  readonly jwt_policy: 1;
  readonly name: string;
  readonly issuers: Readonly<Record<string, IssuerData>>;
  readonly defaults?: RequirementData;
  readonly routes: Readonly<Record<string, RuleData>>;
  readonly token?: { readonly max_bytes: number; readonly forward?: boolean };
  readonly header_mappings: Readonly<Record<string, string>>;
}

export interface World {
  readonly name: string;
  readonly data: PolicyData;
  readonly policy: CompiledPolicy;
  /** The key source of the process, with its cache of valid signatures. */
  readonly keys: KeySource;
}

export interface Worlds {
  readonly worlds: readonly World[];
  readonly signers: ReadonlyMap<string, Signer>;
}

/** The policies with new keys, or with the keys of `ring`. */
export function createWorlds(ring?: KeyRing): Worlds {
  const signers = ring === undefined ? generateSigners() : readRing(ring);
  const find = (name: string): Signer => signers.get(name) as Signer;
  const files = {
    identify: async () => "the same",
    read: async (file: string) => find(file).key.export(),
  };
  const worlds = describePolicies(find).map((data): World => {
    const keys = rememberVerified(createKeySource({ now: () => NOW * 1000, log: silentLog, files }));
    return { name: data.name, data, policy: compileDocument({ ...data }), keys };
  });
  return { worlds, signers };
}

function describePolicies(find: (name: string) => Signer): readonly PolicyData[] {
  const jwk = (name: string): JWK => publicJwkOf(find(name));
  const issuer = (id: string, keys: readonly string[], changes: Partial<IssuerData> = {}): IssuerData => ({
    issuer: id,
    audiences: [AUDIENCE],
    algorithms: [...new Set(keys.map((name) => find(name).alg))],
    keys: changes.keys ?? { jwks: { keys: keys.map(jwk) } },
    ...changes,
  });
  const mappings = { "x-user-id": "sub", "x-roles": "/realm/roles", "x-tenant": "https://example.com/tenant" };
  return [
    {
      jwt_policy: 1,
      name: "strict",
      issuers: {
        acme: issuer(ISSUER, ["es256", "eddsa", "rs256"], {
          required_claims: ["sub", "/realm/id"],
          claims: { roles: ["/realm/roles", "/more/0/roles"] },
        }),
      },
      routes: {
        read: { required_scopes: ["read"] },
        maybe: { access: "optional" },
        roles: {
          required_scopes: { any_of: ["read", "admin"], none_of: ["write"] },
          required_roles: { any_of: ["a", "c"], none_of: ["banned"] },
          required_groups: ["a"],
          required_claims: {
            "/realm/id": { one_of: ["r", 7, true] },
            level: { min: 2, max: 5 },
            tags: { contains_any: ["x", 1], contains_all: ["x", false] },
          },
        },
        ways: {
          any_of: [
            { required_scopes: ["admin"] },
            {
              audiences: ["both"],
              required_claims: { sub: { matches: "[a-z]+" } },
              authentication: { acr_values: ["gold"], amr: ["otp"], max_age: "10m" },
            },
          ],
        },
        differs: {
          required_roles: { none_of: ["banned"] },
          required_claims: {
            "/tags/0": { not: { one_of: ["x", 7] }, absent: "allowed" },
            tags: { not: { contains_any: ["banned"] }, absent: "allowed" },
            level: { not: { min: 6 }, absent: "allowed" },
            "/realm/none": { absent: true },
          },
        },
        open: { access: "public" },
        paths: {
          operations: [
            { methods: ["GET"], path: "/a/{id}", required_scopes: ["read", "write"] },
            { methods: ["PUT"], path: "/a/{id}", required_claims: { sub: { equals_path: "id" } } },
            { methods: ["POST"], path: "/a/b", access: "optional" },
            { methods: ["GET", "POST"], path: "/", access: "public" },
          ],
        },
      },
      header_mappings: mappings,
    },
    {
      jwt_policy: 1,
      name: "wide",
      issuers: {
        acme: issuer(ISSUER, ["ps256", "rs384", "rs512", "ps384", "ps512"], {
          token_type: "any",
          clock_skew: "0s",
          max_token_age: "1h",
        }),
        partner: issuer("partner", ["es384", "es512", "ed25519"], {
          audiences: ["app", "other"],
          token_type: "application/JWT",
          max_token_lifetime: "10m",
          claims: { audience: "client_id", scopes: "/realm/scopes" },
        }),
      },
      defaults: { accept: ["acme"] },
      routes: {
        read: {},
        partner: { accept: ["partner"], required_scopes: ["read"] },
        both: { accept: ["acme", "partner"], audiences: ["both"] },
      },
      token: { max_bytes: 1536 },
      header_mappings: { ...mappings, "x-audience": "aud" },
    },
    {
      jwt_policy: 1,
      name: "lone",
      issuers: {
        acme: issuer(ISSUER, ["lone"], { keys: { jwks: { keys: [withoutName(jwk("lone"))] } }, clock_skew: "5m" }),
      },
      routes: { read: {}, maybe: { access: "optional", required_scopes: ["read"] } },
      token: { max_bytes: 16_384, forward: false },
      header_mappings: mappings,
    },
    {
      jwt_policy: 1,
      name: "shared",
      issuers: {
        acme: issuer(ISSUER, ["hs256", "hs384", "hs512"], {
          keys: {
            secret_files: ["hs256", "hs384", "hs512"].map((name) => ({ file: name, kid: name, alg: find(name).alg })),
          },
        }),
        tenants: issuer("https://idp.example/{tenant}/v2", ["tenant"], { tenants: ["t1", "t2"] }),
        special: issuer("https://idp.example/t2/v2", ["es256"]),
      },
      defaults: { accept: ["acme", "tenants", "special"] },
      routes: { read: { required_scopes: ["read"] }, tenants: { accept: ["tenants"] } },
      header_mappings: { ...mappings, "x-tenant": "tid" },
    },
  ];
}

/** A key in the form in which careless issuers publish it: without a name, and for every algorithm that fits. */
function withoutName({ kid: _kid, alg: _alg, ...jwk }: JWK): JWK {
  return jwk;
}
