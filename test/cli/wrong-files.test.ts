import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { describeOtherKind, type Wanted } from "../../cli/files/recognize-file.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { runCli } from "./run-cli.ts";
import { writeFiles } from "./write-files.ts";

const POLICY = `jwt_policy: 1
name: payments
issuers:
  acme: { issuer: https://idp.example, audiences: [api] }
`;
const TESTS = 'jwt_policy_test: 1\nnow: "2026-01-01T00:00:00Z"\ntests: {}\n';
const KONG = "_format_version: '3.0'\nservices: []\n";
const JWKS = '{"keys": [{"kty": "RSA", "n": "SECRET", "e": "AQAB"}]}';
const SCHEMA = readFileSync(join(import.meta.dirname, "../../schema/policy.schema.json"), "utf8");

function write(files: Readonly<Record<string, string>>): string {
  const directory = temporaryFolder(onTestFinished);
  writeFiles(directory, files);
  return directory;
}

describe("a message names the kind of a wrong file, and shows none of its text", () => {
  it.each<[what: string, text: string, wanted: Wanted, message: RegExp | undefined]>([
    ["an empty file", "", "policy", /^This file is empty.*a policy, which begins with "jwt_policy: 1"\.$/],
    ["blank lines and comments", "\n# SECRET\n---\n  \n", "test file", /^This file is empty, or has only comments/],
    ["kong.yml", KONG, "policy", /^This is a decK file \(kong\.yml\), not a policy\. .*render/],
    ["kong.yml with a mistake", `${KONG} x: [SECRET\n`, "policy", /^This is a decK file/],
    ["kong.yml without a version", "plugins:\n- name: SECRET\n", "policy", /^This is a decK file/],
    ["kong.yml for tests", KONG, "test file", /^This is a decK file/],
    ["kong.yml as it should be", KONG, "decK file", undefined],
    ["a test file", TESTS, "policy", /^This is a test file, not a policy\. .*kong-jwt-policy test/],
    ["a test file", TESTS, "decK file", /^This is a test file, not a decK file/],
    ["a policy", POLICY, "decK file", /^This is a policy, not a decK file/],
    ["a policy", POLICY, "test file", /^This is a policy, not a test file\. .*payments\.test\.yaml/],
    ["a policy with a mistake", `${POLICY}x: [SECRET\n`, "decK file", /^This is a policy, not a decK file/],
    ["a JWKS", JWKS, "policy", /^This is a JSON Web Key Set \(JWKS\), not a policy\. .*jwks_files/],
    ["a JWKS", JWKS, "decK file", /^This is a JSON Web Key Set/],
    ["a JWK", '{"kty": "oct", "k": "SECRET"}', "policy", /^This is one JSON Web Key/],
    ["keys of decK", "_format_version: '3.0'\nkeys: [{name: a, jwk: SECRET}]\n", "decK file", undefined],
    ["a JSON Schema", SCHEMA, "policy", /^This is a JSON Schema, not a policy/],
    ["OpenAPI", "openapi: 3.1.0\ninfo: {title: SECRET}\n", "policy", /^This is a description of an API/],
    ["Kubernetes", "apiVersion: v1\nkind: Secret\ndata: {a: SECRET}\n", "policy", /^This is a Kubernetes manifest/],
    ["metadata", '{"issuer": "https://a", "jwks_uri": "SECRET"}', "policy", /^This is the metadata of an issuer/],
    ["a PEM file", "-----BEGIN PRIVATE KEY-----\nSECRET\n", "policy", /^This is a PEM file/],
    ["a token", "eyJhbGciOiJSUzI1NiJ9.eyJTRUNSRVQiOjF9.SECRET\n", "policy", /^This is a token/],
    ["a list", "- SECRET\n", "policy", /^This is a list/],
    ["a string", "SECRET", "decK file", /^This is plain text/],
    ["a map of an unknown kind", "name: SECRET\n", "policy", undefined],
  ])("%s, where a %s is expected", (_what, text, wanted, expected) => {
    const message = describeOtherKind(text, wanted);
    expect(message).toEqual(expected === undefined ? undefined : expect.stringMatching(expected));
    expect(message ?? "").not.toContain("SECRET");
  });

  it("each command says it and does not exit 0", () => {
    const directory = write({ "policy.yaml": POLICY, "kong.yml": KONG, "empty.yaml": "", "jwks.yaml": JWKS });
    const file = (name: string): string => join(directory, name);
    for (const [args, message] of [
      [["validate", file("kong.yml")], "1:1 not_a_policy This is a decK file (kong.yml), not a policy."],
      [["validate", file("empty.yaml")], "1:1 not_a_policy This file is empty"],
      [["flatten", file("jwks.yaml")], "This is a JSON Web Key Set (JWKS), not a policy."],
      [["explain", "--effective", file("kong.yml")], "This is a decK file (kong.yml), not a policy."],
      [["render", file("policy.yaml")], "This is a policy, not a decK file."],
      [["render", file("empty.yaml")], "This file is empty"],
      [["test", file("policy.yaml")], "This is a policy, not a test file."],
    ] as const) {
      const { status, stdout, stderr } = runCli([...args]);
      expect(`${stdout}${stderr}`, args.join(" ")).toContain(message);
      expect(status, args.join(" ")).not.toBe(0);
    }
  });
});

describe("a mistake is reported in the file that contains it", () => {
  const CHILD = "jwt_policy: 1\nname: child\nextends: ../base.yaml\n# a comment\nroutes:\n  r: { access: publik }\n";
  const BAD_BASE = `${POLICY}# more\ndefaults:\n  access: public\n`;

  it.each([["flatten"], ["validate"], ["explain", "--effective"]])("%s: in the child, with its own line", (...args) => {
    const directory = write({ "base.yaml": POLICY, "team/child.yaml": CHILD });
    const { status, stdout, stderr } = runCli([...args, join(directory, "team/child.yaml")]);
    expect(`${stdout}${stderr}`).toMatch(/team\/child\.yaml:6:16 invalid_value .*\n6 \| {3}r: \{ access: publik \}\n/);
    expect(status).toBe(1);
  });

  it.each<[command: string, root: string | undefined]>([
    ["flatten", undefined],
    ["validate", undefined],
    ["validate", "--policy-root"],
  ])("%s %s: in the extended file, with that file's line", (command, root) => {
    const directory = write({ "base.yaml": BAD_BASE, "team/child.yaml": CHILD });
    const options = root === undefined ? [] : [root, directory];
    const { status, stdout, stderr } = runCli([command, join(directory, "team/child.yaml"), ...options]);
    expect(`${stdout}${stderr}`).toMatch(
      /\/base\.yaml:7:3 unknown_key The key "access" is not known here\. This key belongs to a rule or an operation\.\n7 \| {3}access: public\n.*\n {2}\S*child\.yaml extends this file\n/,
    );
    expect(status).toBe(1);
  });
});
