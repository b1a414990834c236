import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { globToPattern } from "../../cli/files/list-files.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { runCli } from "./run-cli.ts";
import { writeFiles } from "./write-files.ts";

const POLICY = `jwt_policy: 1
name: shop
issuers:
  acme: { issuer: https://idp.example, audiences: [api], algorithms: [ES256] }
routes:
  read: { required_scopes: [read] }
  things: { operations: [{ methods: [GET], path: "/things/{id}" }] }
`;
const TESTS = `jwt_policy_test: 1
tokens:
  alice: { claims: { scope: read } }
tests:
  - { token: alice, rule: read, expect: allow }
  - { name: Without a token, rule: read, expect: token_missing }
`;
const FAILING = `${TESTS}  - { name: "<Bob> & 50%", token: alice, rule: read, expect: deny }
  - { name: Later, skip: the issuer is not ready, rule: read, expect: deny }
`;
const KONG = `_format_version: "3.0"
services:
  - name: s
    url: http://127.0.0.1
    routes:
      - { name: read, paths: [/read], plugins: [{ name: jwt-policy, config: { policy_file: shop.yaml } }] }
      - { name: other, paths: [/other], plugins: [{ name: jwt-policy, config: { policy_file: other.yaml } }] }
      - { name: open, paths: [/open] }
`;

const directory = temporaryFolder();

/** Writes files into a folder below the common one. */
function write(folder: string, files: Readonly<Record<string, string>>): string {
  writeFiles(join(directory, folder), files);
  return join(directory, folder);
}

describe("kong-jwt-policy test", () => {
  it("finds tests in directories and globs, and exits 0 if all pass", () => {
    const folder = write("good", {
      "a/shop.yaml": POLICY,
      "a/shop.test.yaml": TESTS,
      "b.yaml": POLICY,
      "b.test.yml": TESTS,
    });
    const all = runCli(["test", folder]);
    expect(all).toEqual({ status: 0, stderr: "", stdout: "2 files, 4 tests, 4 passed, 0 failed\n" });
    expect(runCli(["test", `${folder}/**/*.test.{yaml,yml}`]).stdout).toBe(all.stdout);
    expect(runCli(["test", folder, "--file", "a/shop", "-t", "without"]).stdout).toBe(
      "1 file, 1 test, 1 passed, 0 failed\n",
    );
  });

  it("shows a failed test with its line, the expected and actual decision and the stage, and exits 1", () => {
    const folder = write("bad", { "shop.yaml": POLICY, "shop.test.yaml": FAILING });
    const { status, stdout } = runCli(["test", folder]);
    expect(stdout).toBe(`${folder}/shop.test.yaml:7:5 test_failed <Bob> & 50%: the decision is not as expected.
7 |   - { name: "<Bob> & 50%", token: alice, rule: read, expect: deny }
  |     ^
  decision: expected deny
            actual   allow
  because: rule "read"; issuer "acme"; every stage passed
skipped Later: the issuer is not ready
1 file, 4 tests, 2 passed, 1 failed, 1 skipped
`);
    expect(status).toBe(1);
  });

  it("reads standard input, if the document names its policy", () => {
    const folder = write("input", { "shop.yaml": POLICY });
    const { status, stdout } = runCli(["test", "-"], {}, `${TESTS}policy: ${folder}/shop.yaml\n`);
    expect([status, stdout]).toEqual([0, "1 file, 2 tests, 2 passed, 0 failed\n"]);
  });

  it("routes requests by kong.yml", () => {
    const tests = `jwt_policy_test: 1
kong: kong.yml
tokens: { alice: { claims: { scope: read } } }
tests:
  - { token: alice, path: /read/7, expect: { rule: read, route: read } }
  - { path: /nowhere, expect: not_routed }
`;
    const folder = write("kong", { "shop.yaml": POLICY, "shop.test.yaml": tests, "kong.yml": KONG });
    expect(runCli(["test", folder]).stdout).toBe("1 file, 2 tests, 2 passed, 0 failed\n");
    const more = ["/other", "/open", "/none"].map((path) => `  - { path: ${path}, expect: allow }\n`);
    write("kong", { "shop.test.yaml": `${tests}${more.join("")}` });
    const { status, stdout } = runCli(["test", folder]);
    expect(status).toBe(1);
    expect(stdout).toContain('GET /other goes to the Route "other", which uses another policy, "other.yaml".');
    expect(stdout).toContain('GET /open goes to the Route "open", which has no jwt-policy plugin.');
    expect(stdout).toContain("kong.yml has no Route for this request");
  });

  it("exits 1 for a mistake in the tests or in the policy, each at its place", () => {
    const folder = write("typo", {
      "shop.yaml": POLICY,
      "shop.test.yaml": TESTS.replace("token_missing", "token_mising"),
      "broken.yaml": POLICY.replace("required_scopes", "required_scope"),
      "broken.test.yaml": TESTS,
    });
    const { status, stdout } = runCli(["test", folder]);
    expect(stdout).toContain(`${folder}/shop.test.yaml:6:`);
    expect(stdout).toContain('Did you mean "token_missing"?');
    expect([status, stdout]).toEqual([1, expect.stringContaining(`${folder}/broken.yaml:6:`)]);
  });

  it.each([
    ["a file that is not there", "none.test.yaml", {}, /none.test.yaml: no such file here/],
    ["a directory without tests", "", { "shop.yaml": POLICY }, /no such file here/],
    ["a policy that is not there", "", { "lost.test.yaml": TESTS }, /file_missing No policy is beside this file/],
  ])("exits 2 if it could not run: %s", (_what, name, files, said) => {
    const folder = write(`none-${name}`, files);
    mkdirSync(folder, { recursive: true });
    const { status, stdout, stderr } = runCli(["test", join(folder, name)]);
    expect(stdout + stderr).toMatch(said);
    expect(status).toBe(2);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it("does not quote a file that is not a test document", () => {
    const folder = write("secret", { "shop.yaml": POLICY, "shop.test.yaml": "password: SECRET\nx: [\n" });
    const { status, stdout } = runCli(["test", folder]);
    expect(stdout).toContain("not_a_policy");
    expect(stdout).not.toContain("SECRET");
    expect(status).toBe(1);
  });

  it("takes signatures as valid with --no-sign, and says how many", () => {
    const tests = `${TESTS}  - { token: { extends: alice, tamper: other_key }, rule: read, expect: signature_invalid }\n`;
    const folder = write("fast", { "shop.yaml": POLICY, "shop.test.yaml": tests });
    const { status, stdout } = runCli(["test", folder, "--no-sign"]);
    expect(stdout).toBe("1 signatures were taken as valid, 1 were checked\n1 file, 3 tests, 3 passed, 0 failed\n");
    expect(status).toBe(0);
  });

  it("is a part of validate, which checks tests but does not run them", () => {
    const folder = write("valid", { "shop.yaml": POLICY, "shop.test.yaml": FAILING });
    const { status, stdout } = runCli(["validate", `${folder}/shop.yaml`, `${folder}/shop.test.yaml`]);
    expect(stdout).toContain(`ok ${folder}/shop.test.yaml: policy "shop", 4 tests\n2 files, no mistakes\n`);
    expect(status).toBe(0);
  });
});

describe("a report", () => {
  const failing = (format: string): string => {
    const folder = write(`report`, { "shop.yaml": POLICY, "shop.test.yaml": FAILING });
    return runCli(["test", folder, "--format", format]).stdout;
  };

  it("as SARIF is valid against the schema of SARIF 2.1.0, and so is one without findings", () => {
    const schema = JSON.parse(readFileSync(join(import.meta.dirname, "findings/sarif-schema-2.1.0.json"), "utf8"));
    const { $schema: _, id: __, ...draft } = schema; // The schema is draft-04. Its keywords have the same meaning in draft-07.
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(draft);
    const folder = write("report-good", { "shop.yaml": POLICY, "shop.test.yaml": TESTS });
    for (const text of [failing("sarif"), runCli(["test", folder, "--format", "sarif"]).stdout]) {
      expect(validate(JSON.parse(text)), JSON.stringify(validate.errors)).toBe(true);
    }
    const [result] = JSON.parse(failing("sarif")).runs[0].results;
    expect(result).toMatchObject({ ruleId: "test_failed", level: "error" });
    expect(result.locations[0].physicalLocation.region).toEqual({ startLine: 7, startColumn: 5 });
    expect(result.locations[0].physicalLocation.artifactLocation.uri).toMatch(/^file:\/\/\//);
  });

  it("for GitLab is a list of code quality: each finding has the members that GitLab asks for, and its own fingerprint", () => {
    const folder = write("gitlab", { "shop.yaml": POLICY, "shop.test.yaml": FAILING, "again.test.yaml": FAILING });
    const good = write("gitlab-good", { "shop.yaml": POLICY, "shop.test.yaml": TESTS });
    const run = (path: string): unknown[] => JSON.parse(runCli(["test", path, "--format", "gitlab"]).stdout);
    expect(run(good)).toEqual([]);
    const found = run(folder);
    // docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
    const validate = new Ajv().compile({
      type: "array",
      items: {
        type: "object",
        required: ["description", "check_name", "fingerprint", "severity", "location"],
        properties: {
          description: { type: "string", minLength: 1 },
          check_name: { type: "string", minLength: 1 },
          fingerprint: { type: "string", pattern: "^[0-9a-f]{32}$" },
          severity: { enum: ["info", "minor", "major", "critical", "blocker"] },
          location: {
            type: "object",
            required: ["path", "lines"],
            properties: {
              path: { type: "string", pattern: "^(?!/|\\./).+" },
              lines: { type: "object", required: ["begin"], properties: { begin: { type: "integer", minimum: 1 } } },
            },
          },
        },
      },
    });
    expect(validate(found), JSON.stringify(validate.errors)).toBe(true);
    expect(found.length).toBeGreaterThan(1);
    expect(new Set(found.map((one) => (one as { fingerprint: string }).fingerprint)).size).toBe(found.length);
    const moved = write("gitlab", { "shop.test.yaml": `# Another line.\n${FAILING}` });
    expect(run(moved)).toMatchObject(
      found.map((one) => ({ fingerprint: (one as { fingerprint: string }).fingerprint })),
    );
  });

  it("as JSON has findings, tests and the number of signatures", () => {
    const report = JSON.parse(failing("json"));
    expect(report.findings).toHaveLength(1);
    expect(report.tests.map(({ status }: { status: string }) => status)).toEqual([
      "passed",
      "passed",
      "failed",
      "skipped",
    ]);
    expect(report.signatures).toEqual({ made: 1, verified: 1, assumed: 0 });
  });

  it("as JUnit lists every test, with escaped names", () => {
    const text = failing("junit");
    expect(text).toContain('tests="4" failures="1" skipped="1"');
    expect(text).toContain('name="&lt;Bob&gt; &amp; 50%"');
    expect(text).toContain('<skipped message="the issuer is not ready"/>');
  });

  it("for GitHub is one annotation per finding, and no text can end it early", () => {
    const [annotation = "", notice, end] = failing("github").split("\n");
    expect(annotation).toMatch(/^::error file=[^:,]*shop\.test\.yaml,line=7,col=5,title=test_failed::<Bob> & 50%25: /);
    expect(annotation).toContain("%0A");
    expect(notice).toContain("::notice title=kong-jwt-policy test::");
    expect(end).toBe("");
  });
});

it("a glob stays within a folder, unless it has two stars", () => {
  const fits = (glob: string, file: string): boolean => globToPattern(glob).test(file);
  expect(fits("a/*.yaml", "a/b.yaml")).toBe(true);
  expect(fits("a/*.yaml", "a/b/c.yaml")).toBe(false);
  expect(fits("a/**/*.yaml", "a/b/c.yaml")).toBe(true);
  expect(fits("a/**/*.yaml", "a/c.yaml")).toBe(true);
  expect(fits("a/[!b]?.{yaml,json}", "a/cd.json")).toBe(true);
  expect(fits("a/[!b]?.{yaml,json}", "a/bd.json")).toBe(false);
  expect(fits("a.b", "axb")).toBe(false);
});
