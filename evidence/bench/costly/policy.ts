import type { CompiledPolicy, CompiledRule, Condition } from "../../../plugin/core/model/policy.ts";
import { AUDIENCE, ISSUER } from "../../../test/core/fixtures.ts";
import { generateSigningKey, type SigningKey } from "../../../test/tokens.ts";
import type { Subject } from "./subject.ts";

export const COOKIE = "__Host-t";
export const PARAMETER = "t";

export interface BenchPolicy {
  readonly text: string;
  readonly policy: CompiledPolicy;
  readonly rule: CompiledRule;
  /** Patterns with which a rule may compare claims. */
  readonly patterns: readonly Condition[];
}

export interface BenchKeys {
  readonly fast: SigningKey;
  readonly slow: SigningKey;
}

export function generateBenchKeys(): BenchKeys {
  return { fast: generateSigningKey("ES256", "fast"), slow: generateSigningKey("ES512", "slow") };
}

/**
 * A policy with everything that can make a request expensive: every source, operations, tenants, patterns, negotiated
 * answers.
 */
export function writeBenchPolicy({ fast, slow }: BenchKeys): string {
  const keys = { jwks: { keys: [fast.publicJwk, slow.publicJwk] } };
  const issuer = { audiences: [AUDIENCE], algorithms: ["ES256", "ES512"], keys };
  return JSON.stringify({
    jwt_policy: 1,
    name: "bench",
    token: {
      sources: [
        "authorization",
        { cookie: COOKIE, allowed_origins: ["https://app.example.com"] },
        { query: PARAMETER },
        { header: "x-token" },
      ],
    },
    issuers: {
      acme: { issuer: ISSUER, ...issuer },
      tenants: { issuer: "https://login.example/{tenant}/v2.0", tenants: ["7"], ...issuer },
      late: { issuer: "https://late.example/v2.0/{tenant}", tenants: ["7"], ...issuer },
    },
    answers: { format: "negotiate" },
    routes: {
      read: {
        accept: ["acme", "tenants", "late"],
        required_claims: { name: { matches: "[a-z0-9]*[a-z.]*@[a-z]" }, mail: { matches: ".*a.*x" } },
      },
      open: { accept: ["acme"] },
    },
    header_mappings: {
      "x-user-id": "sub",
      "x-list": { from: "list", list: "join" },
      "x-name": { from: "name", encoding: "json" },
    },
  });
}

export function compileBenchPolicy(subject: Subject, text: string): BenchPolicy {
  const load = subject.policy.readPolicy(text, "0".repeat(64));
  if (!load.ok) {
    throw new Error(`the policy of the bench has mistakes: ${JSON.stringify(load.failure, undefined, 2)}`);
  }
  const rule = load.value.rules.get("read");
  if (!rule) {
    throw new Error("the policy of the bench lacks its rule");
  }
  const patterns = rule.requirements.alternatives.flatMap(({ conditions }) => conditions);
  return { text, policy: load.value, rule, patterns };
}
