import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../temporary-folder.ts";
import { runCli } from "../run-cli.ts";
import { createFolders } from "../write-files.ts";

const GOOD = `jwt_policy: 1
name: orders
issuers:
  acme: { issuer: https://idp.example.com, audiences: [https://orders.example.com] }
routes:
  read: { required_scopes: [orders:read] }
`;
const REPORTING = GOOD.replace("[orders:read] }", "[orders:read], mode: report } # new");
const KONG = `_format_version: "3.0"
services:
  - name: orders
    url: http://orders.internal
    routes:
      - { name: read, paths: [/orders] }
      - { name: admin, paths: [/admin] }
plugins:
  - name: jwt-policy
    config: { policy_file: orders.yaml }
`;

const directory = temporaryFolder();

const folder = createFolders(directory);

const codesOf = (stdout: string): readonly string[] =>
  JSON.parse(stdout).findings.map(
    ({ code, file }: { code: string; file: string }) => `${code} ${file.split("/").at(-1)}`,
  );

describe("kong-jwt-policy lint", () => {
  it("finds nothing in the shipped examples", () => {
    expect(runCli(["lint", "policies", "kong.yml"])).toEqual({
      status: 0,
      stdout: "3 files, 0 findings, 2 suppressed\n",
      stderr: "",
    });
  });

  it("exits 1 with the place, the line and the page of a finding", () => {
    const file = join(folder({ "a.yaml": REPORTING }), "a.yaml");
    const { status, stdout } = runCli(["lint", file]);
    expect(status).toBe(1);
    expect(
      stdout,
    ).toBe(`${file}:6:49 warning report_mode Requests pass even if the policy denies them. Write "enforce", or suppress the finding with the end date of report mode as the reason.
6 |   read: { required_scopes: [orders:read], mode: report } # new
  |                                                 ^
  see docs/reference/lint.md#report_mode
  --fix writes \`enforce\`
1 file, 1 finding
`);
  });

  it("finds policies and Kong's files in directories, and skips tests and all other files", () => {
    const root = folder({
      "policies/orders.yaml": REPORTING,
      "policies/orders.test.yaml": "jwt_policy_test: 1\n",
      "policies/values.yaml": "a: [\n",
      "policies/notes.txt": REPORTING,
      "kong.yml": KONG,
    });
    const { status, stdout } = runCli(["lint", root, "--format", "json"]);
    expect(codesOf(stdout)).toEqual(["report_mode orders.yaml", "route_without_rule kong.yml"]);
    expect(status).toBe(1);
  });

  it("lints policies in the configuration of plugins, and comments of kong.yml suppress findings there", () => {
    const inline = REPORTING.replaceAll(/^(?=.)/gm, "        ");
    const config = `config:\n      policy: |\n${inline}`;
    const kong = KONG.replace("config: { policy_file: orders.yaml }\n", config).replace(
      "      - { name: admin",
      "      # lint-ignore route_without_rule: refused until it has a rule\n      - { name: admin",
    );
    const { stdout } = runCli(["lint", join(folder({ "kong.yml": kong }), "kong.yml")]);
    expect(stdout).toContain(
      "report_mode Line 6, column 49 of the policy: Requests pass even if the policy denies them.",
    );
    expect(stdout).toContain("1 file, 1 finding, 1 suppressed\n");
  });

  it("keeps the Kong files of different directories apart", () => {
    const root = folder({ "policies/orders.yaml": GOOD, "a/kong.yml": KONG, "b/kong.yml": KONG });
    const { stdout } = runCli(["lint", root, "--policy-root", join(root, "policies"), "--format", "json"]);
    expect(codesOf(stdout)).toEqual(["route_without_rule kong.yml", "route_without_rule kong.yml"]);
  });

  it("checks only the named rules, and does not report suppressions of other rules", () => {
    const text = REPORTING.replace("# new", "# lint-ignore report_mode: until June").replace(
      "acme: {",
      "acme: { clock_skew: 5m,",
    );
    const root = folder({ "orders.yaml": text });
    const { stdout } = runCli(["lint", root, "--rule", "clock_skew_long", "--format", "json"]);
    expect(codesOf(stdout)).toEqual(["clock_skew_long orders.yaml"]);
  });

  it("reports findings of an extended file at `extends`, unless that file is linted too", () => {
    const root = folder({
      "base.yaml": `jwt_policy: 1\nname: base\nissuers:\n  acme: { issuer: https://idp.example.com, audiences: [https://orders.example.com], clock_skew: 5m }\n`,
      "orders.yaml":
        "jwt_policy: 1\nname: orders\nextends: base.yaml\nroutes:\n  read: { required_scopes: [orders:read] }\n",
    });
    const alone = runCli(["lint", join(root, "orders.yaml")]).stdout;
    expect(alone).toContain(
      "orders.yaml:3:1 warning clock_skew_long In an extended file, issuers.acme.clock_skew: 5m is long.",
    );
    const both = runCli(["lint", root, "--format", "json"]).stdout;
    expect(codesOf(both)).toEqual(["clock_skew_long base.yaml"]);
  });

  it("corrects files in place, but skips a fix after which the policy has a mistake", () => {
    const text = REPORTING.replace("acme: {", "acme: { clock_skew: 5m, key_refresh: { min: 20m, max: 2h },");
    const root = folder({ "orders.yaml": text, "kong.yml": KONG.replace(/ {6}- \{ name: admin.*\n/, "") });
    const { status, stdout } = runCli(["lint", root, "--fix"]);
    expect(readFileSync(join(root, "orders.yaml"), "utf8")).toBe(
      text.replace("clock_skew: 5m", "clock_skew: 30s").replace("mode: report", "mode: enforce"),
    );
    expect(stdout).toContain("warning key_max_long");
    expect([status, stdout]).toEqual([1, expect.stringContaining("2 files, 1 finding, 2 corrected\n")]);
  });

  it("does not fix values that a variable sets", () => {
    const text = GOOD.replace("acme: {", `acme: { clock_skew: "\${vars.skew}",`).replace(
      "name: orders\n",
      "name: orders\nvars: { skew: 5m }\n",
    );
    const root = folder({ "orders.yaml": text });
    const { stdout } = runCli(["lint", root, "--fix", "--format", "json"]);
    expect(codesOf(stdout)).toEqual(["clock_skew_long orders.yaml"]);
    expect(readFileSync(join(root, "orders.yaml"), "utf8")).toBe(text);
  });

  it("reads standard input, and writes the corrected text to standard output", () => {
    const { status, stdout, stderr } = runCli(["lint", "-", "--fix"], {}, REPORTING);
    expect(stdout).toBe(REPORTING.replace("mode: report", "mode: enforce"));
    expect([status, stderr]).toEqual([0, "1 file, 0 findings, 1 corrected\n"]);
  });

  it("reports mistakes of a policy, and of a named file that is not a policy", () => {
    const root = folder({ "broken.yaml": GOOD.replace("audiences", "audience"), "other.yaml": "a: secret\n" });
    const { status, stdout } = runCli(["lint", join(root, "broken.yaml"), join(root, "other.yaml")]);
    expect(stdout).toContain("unknown_key");
    expect(stdout).toContain("not_a_policy");
    expect(stdout).not.toContain("secret");
    expect(status).toBe(1);
  });

  it.each(["sarif", "github", "junit", "json"])("writes %s with the rule and its page", (format) => {
    const file = join(folder({ "a.yaml": REPORTING }), "a.yaml");
    const { stdout } = runCli(["lint", file, "--format", format]);
    expect(stdout).toContain("report_mode");
    expect(stdout).toContain("docs/reference/lint.md#report_mode");
  });

  it.each<[what: string, args: readonly string[], message: string]>([
    ["a file that is not there", ["nowhere.yaml"], "nowhere.yaml: no such file here"],
    ["a directory without policies", ["docs/adr"], "docs/adr: no such file here"],
    ["a rule that does not exist", ["policies", "--rule", "report_mod"], 'Did you mean "report_mode"?'],
    ["a Kong file that is not there", ["policies", "--kong", "nowhere.yml"], "nowhere.yml"],
  ])("exits 2 for %s", (_what, args, message) => {
    const { status, stderr } = runCli(["lint", ...args]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
