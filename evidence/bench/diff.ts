import { type Cost, type Folder, measureCommand } from "./measure-command.ts";

// `npm run bench:diff`: the cost of `kong-jwt-policy diff` as a separate process, from start to end. The bench measures
// three cases: one changed rule in a policy of 300 rules with 5 operations each, one changed policy among 500, and one
// changed Route among 300. On a busy machine, only processor time is meaningful.

const RULES = 300;
const POLICIES = 500;
const policyOf = (name: string, rules: string): string => `jwt_policy: 1
name: ${name}
issuers:
  acme:
    issuer: https://idp.example.com
    audiences: [https://api.example.com]
    algorithms: [ES256]
    required_claims: { sub: {}, token_use: { equals: access } }
routes:
${rules}
header_mappings: { x-user-id: sub }
`;

function writeRule(index: number, scope = `read-${index}`): string {
  const path = `/r${index}/items`;
  return `  rule-${index}:
    operations:
      - { methods: [GET], path: "${path}/{id}", required_scopes: [${scope}, base], required_claims: { tier: { min: 2 } } }
      - { methods: [GET], path: ${path}, required_scopes: [${scope}] }
      - { methods: [POST], path: ${path}, required_roles: { any_of: [admin, editor] } }
      - { methods: [PUT, PATCH], path: "${path}/{id}", required_scopes: [write-${index}] }
      - { methods: [DELETE], path: "${path}/{id}", required_scopes: [write-${index}], required_roles: [admin] }`;
}

const writeRules = (count: number, changed?: number): string =>
  Array.from({ length: count }, (_, index) => writeRule(index, index === changed ? "other" : undefined)).join("\n");

/** @param opened the Route without its plugin in the new version. */
const writeKong = (opened?: number): string => `_format_version: "3.0"
services:
  - name: api
    url: http://api.internal
    routes:
${Array.from({ length: RULES }, (_, index) => `      - { name: rule-${index}, paths: [/r${index}], strip_path: false${index === opened ? "" : `, plugins: [{ name: jwt-policy, config: { policy_file: bench.yaml, rule: rule-${index} } }]`} }`).join("\n")}
`;

const CASES: readonly (readonly [what: string, before: Folder, after: Folder, target: string])[] = [
  [
    `${RULES} rules × 5 operations, one change`,
    { "bench.yaml": policyOf("bench", writeRules(RULES)) },
    { "bench.yaml": policyOf("bench", writeRules(RULES, 150)) },
    "2 s, 200 MB",
  ],
  [`${POLICIES} policies of 10 rules, one change`, manyPolicies(), manyPolicies(150), ""],
  [
    `kong.yml with ${RULES} Routes, one loses its plugin`,
    { "bench.yaml": policyOf("bench", writeRules(RULES)), "kong.yml": writeKong() },
    { "bench.yaml": policyOf("bench", writeRules(RULES)), "kong.yml": writeKong(150) },
    "",
  ],
];

function manyPolicies(changed?: number): Folder {
  const files = Array.from({ length: POLICIES }, (_, index) => [
    `p${index}.yaml`,
    policyOf(`p${index}`, writeRules(10, index === changed ? 5 : undefined)),
  ]);
  return Object.fromEntries(files);
}

function measure(before: Folder, after: Folder): Cost {
  const files = Object.entries({ before, after }).flatMap(([side, folder]) =>
    Object.entries(folder).map(([name, text]) => [`${side}/${name}`, text] as const),
  );
  // One looser change, so exit code 1.
  return measureCommand(Object.fromEntries(files), ["diff", "after", "--against", "before"], 1);
}

console.log("| diff | processor | memory | target |\n| --- | --- | --- | --- |");
for (const [what, before, after, target] of CASES) {
  const { processorMs, megabytes } = measure(before, after);
  console.log(`| ${what} | ${(processorMs / 1000).toFixed(1)} s | ${megabytes.toFixed(0)} MB | ${target} |`);
}
