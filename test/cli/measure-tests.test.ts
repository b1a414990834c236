import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { runCli } from "./run-cli.ts";

const POLICY = `jwt_policy: 1
name: shop
issuers: { acme: { issuer: https://idp.example, audiences: [api], algorithms: [ES256], token_type: any } }
routes:
  read: { required_scopes: [read] }
`;
const WRITE = "  write: { required_scopes: [write] }\n";
const TESTS = `jwt_policy_test: 1
tests:
  - { token: { claims: { scope: read } }, rule: read, expect: allow }
  - { rule: read, expect: token_missing }
  - { token: { claims: { scope: read }, tamper: wrong_audience }, rule: read, expect: audience_mismatch }
`;

const folder = temporaryFolder();

function write(policy: string, tests: string): void {
  writeFileSync(join(folder, "shop.yaml"), policy);
  writeFileSync(join(folder, "shop.test.yaml"), tests);
}

describe("the example policies", () => {
  it("have tests that pass, cover every requirement and notice every mutant", () => {
    const { status, stdout } = runCli(["test", "policies", "--coverage", "--mutate", "--min", "100"]);
    expect(stdout).not.toMatch(/not_covered|mutant_survived|failed [^0]/);
    expect(status).toBe(0);
  });
});

describe("kong-jwt-policy test --coverage", () => {
  it("names a gap at its place in the policy, with a test that closes it when it is pasted", () => {
    write(POLICY, TESTS);
    const { status, stdout } = runCli(["test", folder, "--coverage"]);
    expect(stdout).toContain(`${folder}/shop.yaml:5:`);
    expect(stdout).toContain("warning not_covered scope read: no test is refused because of it alone.");
    expect([status, stdout]).toEqual([0, expect.stringMatching(/coverage in .*: 83 % \(5 of 6\)/)]);
    const [paste = ""] = /^ {2}- \{.*$/m.exec(stdout) ?? [];
    write(POLICY, `${TESTS}${paste}\n`);
    expect(runCli(["test", folder, "--coverage", "--min", "100"]).stdout).toMatch(/100 % \(6 of 6\)\n$/);
  });

  it("exits 1 below the minimum", () => {
    write(POLICY, TESTS);
    const { status, stdout } = runCli(["test", folder, "--coverage", "--min", "90"]);
    expect([status, stdout]).toEqual([1, expect.stringContaining("below the minimum of 90 %")]);
  });

  it("measures only what changed since a version in Git, and exits 2 if there is no such version", () => {
    write(POLICY, TESTS);
    const git = (...args: readonly string[]): string =>
      execFileSync("git", ["-C", folder, ...args], { encoding: "utf8" });
    git("init", "-q");
    git("add", ".");
    git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "first");
    write(`${POLICY}${WRITE}`, TESTS);
    const { stdout } = runCli(["test", folder, "--coverage", "--changed-since", "HEAD"], {
      PATH: process.env.PATH ?? "",
    });
    expect(stdout).toContain("scope write");
    expect(stdout).not.toContain("scope read");
    expect(stdout).toContain("coverage of the parts that changed since HEAD");
    const missing = runCli(["test", folder, "--coverage", "--changed-since", "--no-such"], {
      PATH: process.env.PATH ?? "",
    });
    expect(missing.status).toBe(2);
  });

  it("does not measure while tests fail", () => {
    write(POLICY, `${TESTS}  - { rule: read, expect: allow }\n`);
    const { status, stdout } = runCli(["test", folder, "--coverage", "--mutate"]);
    expect([status, stdout]).toEqual([1, expect.stringContaining("not measured: not all tests pass")]);
  });
});

describe("kong-jwt-policy test --mutate", () => {
  it("names survivors with a test that kills them when it is pasted", () => {
    write(POLICY, TESTS);
    const first = runCli(["test", folder, "--mutate"]).stdout;
    expect(first).toContain(
      "warning mutant_survived No test notices this change (drop_scope): scope read is not required.",
    );
    const pastes = new Set(first.match(/^ {2}- \{.*$/gm));
    write(POLICY, `${TESTS}${[...pastes].join("\n")}\n`);
    const { status, stdout } = runCli(["test", folder, "--mutate", "--min", "100"]);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/mutation score of .*: 100 %/)]);
  });
});
