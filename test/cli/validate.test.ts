import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { rereadKey } from "../../sandbox/stand-in/reread-key.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { runCli } from "./run-cli.ts";
import { createWriter } from "./write-files.ts";

const GOOD = `jwt_policy: 1
name: good
issuers:
  acme: { issuer: https://idp.example, audiences: [api] }
routes:
  read: { required_scopes: [things:read] }
`;

const THREE_MISTAKES = `jwt_policy: 1
name: payments
issuers:
  acme:
    issuer: https://idp.example
    audience: [api]
    audiences: [api]
    clock_skew: 30 sec
routes:
  refunds:
    operations:
      - { methods: [GET], path: "/refunds/{id}", required_scopes: refunds:read }
`;

const directory = temporaryFolder();
const write = createWriter(directory);

beforeAll(() => {
  mkdirSync(join(directory, "root"));
});

describe("kong-jwt-policy validate", () => {
  it("says that a policy without rules is only for other policies to extend", () => {
    const file = write("base.yaml", GOOD.replace(/routes:\n.*\n/, ""));
    const { status, stdout } = runCli(["validate", file]);
    expect(stdout).toContain(
      'policy "good", without rules: this policy refuses every request, so it is useful only if other policies extend it',
    );
    expect(status).toBe(0);
  });

  it("says ok and exits 0 for a good policy", () => {
    const file = write("good.yaml", GOOD);
    expect(runCli(["validate", file])).toEqual({
      status: 0,
      stdout: `ok ${file}: policy "good"\n1 file, no mistakes\n`,
      stderr: "",
    });
  });

  it("finds a key that the gateway would not use, at its place", () => {
    const weak = { kty: "RSA", kid: "old", n: Buffer.alloc(128, 0xff).toString("base64url"), e: "AQAB" };
    const other = { kty: "RSA", use: "enc", n: "AQ", e: "AQAB" };
    const { publicKey } = generateKeyPairSync("ed25519");
    const keys = [rereadKey(publicKey).export({ format: "jwk" }), other, weak];
    const policy = GOOD.replace(
      "audiences: [api] }",
      `audiences: [api], algorithms: [RS256, EdDSA],\n    keys: { jwks: { keys: [\n${keys.map((key) => `    ${JSON.stringify(key)}`).join(",\n")}] } } }`,
    );
    const file = write("weak.yaml", policy);
    const { status, stdout } = runCli(["validate", file]);
    expect(stdout).toContain(
      `${file}:8:5 key_unusable This key cannot be used: an RSA key of 1024 bits; only 2048 to 8192 bits are allowed.`,
    );
    expect([status, stdout]).toEqual([1, expect.stringContaining("1 file, 1 mistake\n")]);
  });

  it("prints three mistakes, each at its place, and exits 1", () => {
    const file = write("three.yaml", THREE_MISTAKES);
    const { status, stdout } = runCli(["validate", file]);
    expect(status).toBe(1);
    expect(stdout).toBe(`${file}:6:5 unknown_key The key "audience" is not known here. Did you mean "audiences"?
6 |     audience: [api]
  |     ^
${file}:8:17 duration_invalid "30 sec" is not a valid duration. Did you mean "30s"? A whole number followed by s, m, h or d. Example: 30s.
8 |     clock_skew: 30 sec
  |                 ^
${file}:12:67 wrong_type The value must be a list or a map, not "refunds:read". Write a list: [refunds:read].
12 |       - { methods: [GET], path: "/refunds/{id}", required_scopes: refunds:read }
   |                                                                   ^
1 file, 3 mistakes
`);
  });

  it("checks several files in one call and also reports the good files", () => {
    const { status, stdout } = runCli(["validate", write("good.yaml", GOOD), write("three.yaml", THREE_MISTAKES)]);
    expect([status, stdout]).toEqual([1, expect.stringContaining('good.yaml: policy "good"')]);
    expect(stdout).toContain("2 files, 3 mistakes");
  });

  it("reports two operations that match the same request", () => {
    const overlapping = GOOD.replace(
      "{ required_scopes: [things:read] }",
      '{ operations: [{ methods: [GET], path: "/a/{x}" }, { methods: [HEAD], path: "/a/{y}" }] }',
    );
    const { status, stdout } = runCli(["validate", write("overlap.yaml", overlapping)]);
    expect(status).toBe(1);
    expect(stdout).toContain(
      "operations_overlap HEAD /a/{y} and GET /a/{x} can fit the same request, and neither path is more specific; make them disjoint.",
    );
  });

  it("refuses a file outside the policy root, by path and by link, without showing any of it", () => {
    const outside = write("good.yaml", GOOD);
    const link = join(directory, "root/link.yaml");
    symlinkSync(outside, link);
    for (const file of [outside, link]) {
      const { status, stdout } = runCli(["validate", "--policy-root", join(directory, "root"), file]);
      expect([status, stdout]).toEqual([1, expect.stringContaining("file_outside_root")]);
      expect(stdout).not.toContain("jwt_policy");
    }
  });

  it("prints the same as data for programs", () => {
    const { status, stdout } = runCli(["validate", "--format", "json", write("three.yaml", THREE_MISTAKES)]);
    expect(status).toBe(1);
    const { files } = JSON.parse(stdout);
    expect(files[0].policy).toBeNull();
    expect(files[0].issues[0]).toEqual({
      code: "unknown_key",
      severity: "mistake",
      message: 'The key "audience" is not known here. Did you mean "audiences"?',
      pointer: "/issuers/acme/audience",
      line: 6,
      column: 5,
    });
  });

  it.each([
    ["a file that is not there", ["validate", "/nowhere/policy.yaml"], 1, "file_missing"],
    ["no file at all", ["validate"], 2, "missing required argument"],
    ["an unknown option", ["validate", "--fix", "x.yaml"], 2, "unknown option '--fix'"],
    ["an unknown command", ["chek"], 2, "unknown command 'chek'"],
  ])("answers %s with the right exit code", (_, args, status, words) => {
    const result = runCli(args);
    expect(result.status).toBe(status);
    expect(result.stdout + result.stderr).toContain(words);
  });

  const SHADOWING = `${GOOD.replace("read: {", "read: { required_claims: { sub: {} },")}defaults: { required_claims: { token_use: { equals: access } } }\n`;

  it("warns of a condition of defaults that a rule replaces, at its place, and exits 0", () => {
    const file = write("shadowing.yaml", SHADOWING);
    expect(runCli(["validate", file])).toEqual({
      status: 0,
      stdout: `${file}:6:11 warning condition_shadowed This replaces "required_claims" of "defaults", so this requirement does not apply here: "token_use" {"equals":"access"}. Repeat the condition here, or move it to "required_claims" of the issuer, which applies to every rule.
6 |   read: { required_claims: { sub: {} }, required_scopes: [things:read] }
  |           ^
ok ${file}: policy "good"
1 file, no mistakes, 1 warning
`,
      stderr: "",
    });
  });

  it("prints warnings as data, together with the policy's name", () => {
    const { status, stdout } = runCli(["validate", "--format", "json", write("shadowing.yaml", SHADOWING)]);
    const [file] = JSON.parse(stdout).files;
    expect([status, file.policy]).toEqual([0, "good"]);
    expect(file.issues).toEqual([
      expect.objectContaining({
        code: "condition_shadowed",
        severity: "warning",
        pointer: "/routes/read/required_claims",
      }),
    ]);
  });

  it("places a warning in the named file, not in the file that it extends", () => {
    write("parent.yaml", SHADOWING.replace(/routes:\n.*\n/, ""));
    const child =
      "jwt_policy: 1\nname: child\nextends: parent.yaml\n# a comment\nroutes:\n  read: { required_claims: {} }\n";
    const { status, stdout } = runCli(["validate", write("child.yaml", child)]);
    expect([status, stdout]).toEqual([0, expect.stringContaining("child.yaml:6:11 warning condition_shadowed")]);
    expect(stdout).toContain("6 |   read: { required_claims: {} }\n");
  });

  it("reports no warnings while there are mistakes", () => {
    const { status, stdout } = runCli(["validate", write("both.yaml", SHADOWING.replace("audiences", "audience"))]);
    expect(status).toBe(1);
    expect(stdout).not.toContain("warning");
  });
});
