import { Judge } from "../../offline/judge/judge.ts";
import { runTest, type TestResult } from "../../offline/judge/run-suite.ts";
import { readTestDocument, resolveSuite } from "../../offline/suite/read-suite.ts";
import type { Signing } from "../../offline/tokens/token-maker.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { readPolicy } from "../../plugin/policy/read-policy.ts";

export const POLICY = `jwt_policy: 1
name: shop
issuers:
  acme: { issuer: https://idp.example, audiences: [api], algorithms: [ES256, Ed25519] }
routes:
  read: { required_scopes: [read] }
  write: { required_scopes: [write], required_claims: { tenant: { equals_header: x-tenant } } }
  things:
    operations:
      - { methods: [GET], path: "/things/{id}", required_scopes: [read] }
      - { methods: [POST], path: /things, required_roles: [admin] }
header_mappings: { x-user-id: sub }
`;

export function compileText(text: string): CompiledPolicy {
  const load = readPolicy(text, "");
  if (!load.ok) {
    throw new Error(JSON.stringify(load.failure));
  }
  return load.value;
}

/** The findings of a test document, as `code line message`. The text is empty if there are no findings. */
export function findMistakes(tests: string, policy: string = POLICY): readonly string[] {
  const source = readTestDocument(`jwt_policy_test: 1\n${tests}`);
  const suite = source.ok
    ? resolveSuite(source.value, { policy: compileText(policy), kong: undefined, consumers: [] })
    : source;
  return suite.ok ? [] : suite.failure.map(describe);
}

function describe({ code, line, message }: Finding): string {
  return `${code} ${line} ${message}`;
}

/** Runs a test document without its first line. */
export async function runDocument(
  tests: string,
  policy: string = POLICY,
  signing: Signing = "real",
): Promise<{ readonly results: readonly TestResult[]; readonly judge: Judge }> {
  const compiled = compileText(policy);
  const source = readTestDocument(`jwt_policy_test: 1\n${tests}`);
  const suite = source.ok ? resolveSuite(source.value, { policy: compiled, kong: undefined, consumers: [] }) : source;
  if (!suite.ok) {
    throw new Error(suite.failure.map(describe).join("\n"));
  }
  const judge = new Judge(suite.value.nowSeconds, suite.value.consumers, signing);
  const results: TestResult[] = [];
  for (const test of suite.value.cases) {
    results.push(await runTest(test, compiled, judge));
  }
  return { results, judge };
}

/** For each failed test, its name and the differences. */
export function listFailures(results: readonly TestResult[]): readonly string[] {
  return results
    .filter(({ status }) => status === "failed")
    .map(({ test, differences }) =>
      [test.name, ...differences.map(({ what, expected, actual }) => `${what}: ${expected} / ${actual}`)].join(" | "),
    );
}
