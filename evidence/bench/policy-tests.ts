import { Judge } from "../../offline/judge/judge.ts";
import { runTest } from "../../offline/judge/run-suite.ts";
import { runMutants } from "../../offline/mutants/run-mutants.ts";
import { readTestDocument, resolveSuite } from "../../offline/suite/read-suite.ts";
import type { TestSuite } from "../../offline/suite/test-case.ts";
import type { Signing } from "../../offline/tokens/token-maker.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { readPolicy } from "../../plugin/policy/read-policy.ts";
import { type Folder, measureCommand } from "./measure-command.ts";

// `npm run bench:policy-tests`: the time of `kong-jwt-policy test` for 10,000 tests, as a separate process and without its start.
// The bench also measures the time of `--mutate` for 1,000 mutants and 50 tests. On a busy machine, only processor time is
// meaningful.

const RULES = 60;
const MUTANTS = 1_000;
const CASES = 10_000;
const CASES_PER_DOCUMENT = 1_000;
const MUTATION_CASES = 50;

const policyText = (algorithm: string): string => `jwt_policy: 1
name: bench
issuers:
  acme:
    issuer: https://idp.example.com
    audiences: [https://api.example.com]
    algorithms: [${algorithm}]
    required_claims: { sub: {}, token_use: { equals: access } }
routes:
${Array.from({ length: RULES }, (_, index) => writeRule(index)).join("\n")}
header_mappings: { x-user-id: sub }
`;

/** Every rule has two operations, each with scopes, roles and conditions. */
function writeRule(index: number): string {
  return `  rule-${index}:
    operations:
      - { methods: [GET], path: "/r${index}/items/{id}", required_scopes: [read-${index}, base], required_claims: { tier: { min: 2 } } }
      - { methods: [POST], path: /r${index}/items, required_roles: { any_of: [admin, editor] } }`;
}

function compile(algorithm: string): CompiledPolicy {
  const load = readPolicy(policyText(algorithm), "");
  if (!load.ok) {
    throw new Error(JSON.stringify(load.failure));
  }
  return load.value;
}

function readSuites(policy: CompiledPolicy, count: number, perDocument: number): readonly TestSuite[] {
  return Array.from({ length: Math.ceil(count / perDocument) }, (_, document) => {
    const source = readTestDocument(writeDocument(document * perDocument, Math.min(perDocument, count)));
    const suite = source.ok ? resolveSuite(source.value, { policy, kong: undefined, consumers: [] }) : source;
    if (!suite.ok) {
      throw new Error(JSON.stringify(suite.failure.slice(0, 3)));
    }
    return suite.value;
  });
}

function writeDocument(first: number, count: number): string {
  const tests = Array.from({ length: count }, (_, index) => writeTest(first + index));
  return `jwt_policy_test: 1\npolicy: bench.yaml\ntests:\n${tests.join("\n")}\n`;
}

/** Every token with every request, as one matrix. One rule in sixty allows a token of the first half. */
function writeMatrix(): string {
  const sides = Array.from({ length: Math.sqrt(CASES) }, (_, index) => index);
  const scopeOf = (token: number): string => (token < sides.length / 2 ? `read-${token % RULES} base` : "base");
  const expect = (token: number, request: number): string =>
    token < sides.length / 2 && token % RULES === request % RULES ? "allow" : "scope_insufficient";
  return `jwt_policy_test: 1
policy: bench.yaml
tokens:
${sides.map((token) => `  t${token}: { claims: { token_use: access, tier: 3, scope: ${scopeOf(token)} } }`).join("\n")}
requests:
${sides.map((request) => `  r${request}: { rule: rule-${request % RULES}, path: /r${request % RULES}/items/${request} }`).join("\n")}
tests:
  - matrix:
${sides.map((token) => `      t${token}: { ${sides.map((request) => `r${request}: ${expect(token, request)}`).join(", ")} }`).join("\n")}
`;
}

/** Half of the tests expect a denial. Every token differs. */
function writeTest(index: number): string {
  const rule = index % RULES;
  const scope = index % 2 === 0 ? `read-${rule} base` : "base";
  const expect = index % 2 === 0 ? "allow" : "scope_insufficient";
  return `- { token: { claims: { sub: u${index}, token_use: access, tier: 3, scope: ${scope} } }, rule: rule-${rule}, path: /r${rule}/items/7, expect: ${expect} }`;
}

interface Measured {
  readonly wallMs: number;
  readonly processorMs: number;
}

async function measure(run: () => Promise<void>): Promise<Measured> {
  const [begin, before] = [performance.now(), process.cpuUsage()];
  await run();
  const { user, system } = process.cpuUsage(before);
  return { wallMs: performance.now() - begin, processorMs: (user + system) / 1000 };
}

async function runTests(policy: CompiledPolicy, suites: readonly TestSuite[], signing: Signing): Promise<void> {
  for (const suite of suites) {
    const judge = new Judge(suite.nowSeconds, suite.consumers, signing);
    for (const test of suite.cases) {
      const { status } = await runTest(test, policy, judge);
      if (status !== "passed") {
        throw new Error(`${test.name} ${status}`);
      }
    }
  }
}

async function mutate(): Promise<void> {
  const policy = compile("ES256");
  for (const suite of readSuites(policy, MUTATION_CASES, MUTATION_CASES)) {
    const judge = new Judge(suite.nowSeconds, suite.consumers, "assumed");
    const results = await runMutants({ text: policyText("ES256"), policy, suite, judge, most: MUTANTS });
    if (results.length !== MUTANTS) {
      throw new Error(`only ${results.length} mutants`);
    }
  }
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
const report = ({ wallMs, processorMs }: Measured, what: string, target: string): void =>
  console.log(`| ${what} | ${seconds(wallMs)} | ${seconds(processorMs)} | ${target} |`);

const policyFile = { "bench.yaml": policyText("ES256") };
const writtenOut: Folder = Object.fromEntries(
  Array.from({ length: CASES / CASES_PER_DOCUMENT }, (_, document) => [
    `${document}.test.yaml`,
    writeDocument(document * CASES_PER_DOCUMENT, CASES_PER_DOCUMENT),
  ]),
);
console.log("| command | processor | memory | target |\n| --- | --- | --- | --- |");
for (const [what, files] of [
  ["each written out", writtenOut],
  ["one matrix", { "matrix.test.yaml": writeMatrix() }],
] as const) {
  for (const [args, target] of [
    [["test", "--no-sign"], "2 s"],
    [["test"], "20 s"],
  ] as const) {
    const { processorMs, megabytes } = measureCommand({ ...policyFile, ...files }, args, 0);
    console.log(
      `| ${args.join(" ")}: ${CASES} tests, ${what} | ${seconds(processorMs)} | ${megabytes.toFixed(0)} MB | ${target} |`,
    );
  }
}

console.log("\n| figure | time | processor | target |\n| --- | --- | --- | --- |");
let suites: readonly TestSuite[] = [];
const reading = async (): Promise<void> => {
  suites = readSuites(compile("ES256"), CASES, CASES_PER_DOCUMENT);
};
report(await measure(reading), `reading ${CASES} tests, each written out`, "");
const policy = compile("ES256");
report(await measure(() => runTests(policy, suites, "assumed")), `${CASES} tests, --no-sign`, "2 s");
report(await measure(() => runTests(policy, suites, "real")), `${CASES} tests, signed with ES256`, "20 s");
report(await measure(() => runTests(compile("RS256"), suites, "real")), `${CASES} tests, signed with RS256`, "20 s");
report(await measure(mutate), `${MUTANTS} mutants × ${MUTATION_CASES} tests, ${RULES} rules`, "5 s");
