import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { createDeny } from "../../plugin/core/model/decision.ts";
import { formatDenial } from "../../plugin/observe/decision-log.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { runCli } from "./run-cli.ts";

const POLICY = `jwt_policy: 1
name: shop
issuers:
  acme: { issuer: https://idp.example, audiences: [api], algorithms: [ES256] }
routes:
  pay: { required_scopes: [pay] }
  look: { required_scopes: [look] }
`;
const TESTS = `jwt_policy_test: 1
tokens:
  looker: { claims: { sub: SECRET, scope: look } }
  payer: { claims: { scope: pay } }
  stolen: { text: eyJhbGciOiJub25lIn0.eyJzdWIiOiJTRUNSRVQifQ.c2ln }
tests:
  - { name: a looker cannot pay, token: looker, rule: pay, expect: scope_insufficient }
  - { name: a looker looks, token: looker, rule: look, expect: allow }
  - { name: wrong, token: payer, rule: look, expect: allow }
  - { name: an old token, token: { extends: payer, claims: { exp: -1h } }, rule: pay, expect: token_expired }
  - { name: another key, token: { extends: payer, tamper: other_key }, rule: pay, expect: signature_invalid }
  - { name: no token, rule: pay, expect: token_missing }
  - { name: a string, token: stolen, rule: pay, expect: issuer_untrusted }
  - { token: payer, rule: pay, expect: allow }
  - { token: payer, rule: pay, expect: { issuer: acme } }
`;
const RECIPE = "claims: { scope: look }\n";

const directory = temporaryFolder();
const at = (name: string): string => join(directory, name);
beforeAll(() => {
  writeFileSync(at("shop.yaml"), POLICY);
  writeFileSync(at("shop.test.yaml"), TESTS);
  writeFileSync(at("recipe.yaml"), RECIPE);
  writeFileSync(at("alone.yaml"), POLICY);
});

it.each([
  [
    "a looker cannot pay",
    1,
    /^deny, rule "pay"[\s\S]*as the test expects\n[\s\S]*verify {5}passed\n[\s\S]*- add scope pay /,
  ],
  ["a looker looks", 0, /^allow, rule "look"[\s\S]*propagate {2}passed\n$/],
  ["wrong", 1, /not as the test expects: decision: expected allow, got deny, scope_insufficient/],
  ["old", 1, /test: an old token\n[\s\S]*reason: token_expired[\s\S]*exp such as /],
  ["another key", 1, /verify {5}decided\n[\s\S]*signature_invalid/],
  ["no token", 1, /extract {4}decided\n[\s\S]*token_missing/],
  ["a string", 1, /reason: issuer_untrusted/],
  ["14", 0, /test: payer → pay\n/],
])("explain --test %s, from the policy and from its test file", (title, status, output) => {
  const result = runCli(["explain", at("shop.yaml"), "--test", title]);
  expect(result).toEqual({ status, stdout: expect.stringMatching(output), stderr: "" });
  expect(runCli(["explain", at("shop.test.yaml"), "--test", title])).toEqual(result);
  const asJson = runCli(["explain", at("shop.yaml"), "--test", title, "--format", "json"]);
  expect(JSON.parse(asJson.stdout).stages).toHaveLength(8);
  expect(result.stdout + asJson.stdout).not.toMatch(/SECRET|eyJ/);
});

it.each([
  [
    "a name that several tests have",
    ["shop.yaml", "--test", "payer → pay"],
    /2 tests match[\s\S]*line 14: [\s\S]*line 15: /,
  ],
  [
    "a name that no test has",
    ["shop.yaml", "--test", "nothing"],
    /no test's name contains "nothing"[\s\S]*line 7: a looker/,
  ],
  ["a policy without tests", ["alone.yaml", "--test", "x"], /no test file is beside/],
  ["a recipe that is nowhere", ["alone.yaml", "--recipe", "looker", "--rule", "pay"], /no file has the name looker/],
  [
    "a test file without a name",
    ["shop.yaml", "--recipe", "shop.test.yaml", "--rule", "pay"],
    /write --recipe .*#NAME/,
  ],
  ["a name with a mistake", ["shop.yaml", "--recipe", "loker", "--rule", "pay"], /token_unknown.*"loker".*"looker"/],
  ["a policy in place of a recipe", ["shop.yaml", "--recipe", "alone.yaml", "--rule", "pay"], /unknown_key/],
  ["two ways at once", ["shop.yaml", "--recipe", "looker", "--test", "wrong"], /give one of --effective/],
  ["no rule", ["shop.yaml", "--recipe", "looker"], /give --rule: one of pay, look/],
])("explain ends with exit code 2 for %s", (_what, [file = "", option = "", value = "", ...others], message) => {
  const placed = value.endsWith(".yaml") ? at(value) : value;
  const { status, stderr } = runCli(["explain", at(file), option, placed, ...others]);
  expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
});

it("explain --recipe takes a name, FILE#NAME, a file with one recipe, and standard input", () => {
  const args = ["explain", at("shop.yaml"), "--rule", "pay", "--recipe"];
  const [byName, byFile] = [
    [...args, "looker"],
    [...args, `${at("shop.test.yaml")}#looker`],
  ].map((all) => runCli(all));
  expect(byName).toEqual(byFile);
  expect(byName?.stdout).toMatch(/add scope pay in claim scope/);
  const [alone, piped] = [runCli([...args, at("recipe.yaml")]), runCli([...args, "-"], {}, RECIPE)];
  expect(alone).toEqual(piped);
  expect(alone).toMatchObject({ status: 1, stdout: byName?.stdout });
  expect(runCli(["explain", at("shop.test.yaml"), "--rule", "look", "--recipe", "looker"]).status).toBe(0);
});

const DENIED = createDeny(
  { reason: "scope_insufficient", detail: "lacks scope pay: claim scope is absent", requiredScopes: ["pay"] },
  { policy: "shop", rule: "pay", issuer: "acme" },
);

it("explain --log-line takes a line of the decision log, also as jq prints it, and prints no claim", () => {
  const members = {
    ...{ decision_log: 1, event: "decision", time: "2027-01-15T08:00:00.000Z", outcome: "deny", policy: "shop" },
    ...{ rule: "pay", reason: "scope_insufficient", status: 403, issuer: "acme", claims: { scope: "SECRET" } },
  };
  const args = ["explain", at("shop.yaml"), "--log-line"];
  const given = runCli([...args, JSON.stringify(members)]);
  expect(given).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/^deny, rule "pay"[\s\S]*- add scope pay [\s\S]*except "scope"; so/),
  });
  expect(given.stdout).not.toContain("SECRET");
  expect(runCli([...args, "-"], {}, JSON.stringify(members, undefined, 2))).toEqual(given);
  const other = JSON.stringify({ ...members, outcome: "allow", reason: undefined });
  expect(runCli([...args, "-"], {}, `${other}\n${JSON.stringify(members)}\n`)).toEqual(given);
  expect(runCli([...args, other])).toMatchObject({ status: 2, stderr: expect.stringMatching(/was allowed/) });
});

it("explain --log-line takes the line or standard input, and prints no token that the line contains", () => {
  const line = `[warn] 1#0: ${formatDenial(DENIED)}, request: "GET /pay?access_token=eyJhbGciOiJub25lIn0.e30.c2ln HTTP/1.1"`;
  const args = ["explain", at("shop.yaml"), "--log-line"];
  const given = runCli([...args, line]);
  expect(given).toEqual({
    status: 1,
    stdout: expect.stringMatching(
      /authorize {2}decided[\s\S]*RFC 6750[\s\S]*- add scope pay [\s\S]*not in the line:\n {2}- the claims of the token/,
    ),
    stderr: "",
  });
  expect(given.stdout).not.toContain("eyJ");
  expect(runCli([...args, "-"], {}, `another line\n${line}\n`)).toEqual(given);
  const reported = runCli([...args, line.replace("denied", "would have denied"), "--format", "json"]);
  expect(reported.status).toBe(0);
  expect(JSON.parse(reported.stdout)).toMatchObject({ isReported: true, denial: { reason: "scope_insufficient" } });
  for (const wrong of ["", "\u0000", line.slice(0, 30), "GET / HTTP/1.1"]) {
    expect(runCli([...args, wrong])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/not a line about|no reason/),
    });
  }
  expect(runCli([...args, "-"], {}, `${line}\n${line}\n`)).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/2 lines about refused requests.*replay/),
  });
});
