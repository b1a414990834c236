import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type IdentityProvider, startIdentityProvider } from "../../../sandbox/demo/identity-provider.ts";
import { runCliBeside } from "../run-cli.ts";
import { runCliAsync } from "../run-cli-async.ts";
import { createFolder, policyOf } from "./online-scene.ts";

let provider: IdentityProvider;
beforeAll(async () => {
  provider = await startIdentityProvider(0);
});
afterAll(() => provider.stop());

describe("kong-jwt-policy validate --online, with oidc-provider", () => {
  const write = (...issuer: readonly string[]): string => {
    const file = join(createFolder(), "policy.yaml");
    writeFileSync(file, policyOf(...issuer));
    return file;
  };

  it("shows the keys, what the provider announces, and when they are fetched again", async () => {
    const file = write(`issuer: ${provider.issuer}`, "algorithms: [RS256, ES256]");
    const { status, stdout } = await runCliAsync(["validate", "--online", file]);
    expect(stdout).toMatch(
      /^ok .*policy\.yaml: policy "online"\n {3}acme: 2 keys by discovery \(RS256 "sandbox-rsa", ES256 "sandbox-ec"\); announces [A-Z0-9, ]+; fetched again after \d+ s at most\n1 file, no mistakes\n$/,
    );
    expect(status).toBe(0);
  });

  it("warns of an algorithm without a key, and exits 0", async () => {
    const file = write(`issuer: ${provider.issuer}`, "algorithms: [RS256, PS256, ES256]");
    const { status, stdout } = await runCliBeside(["validate", "--online", file]);
    expect(stdout).toContain(`${file}:6:25 warning algorithm_without_key Issuer "acme" has no key for PS256`);
    expect(status).toBe(0);
  });

  it("finds an additional slash at the end of the issuer, with place and difference, and exits 1", async () => {
    const file = write(`issuer: ${provider.issuer}/`);
    const { status, stdout } = await runCliBeside(["validate", "--online", file]);
    expect(stdout).toContain(`${file}:5:13 issuer_differs `);
    expect(stdout).toContain("the trailing slash");
    expect([status, stdout]).toEqual([1, expect.stringContaining("1 file, 1 mistake\n")]);
  });

  it.each([
    ["json", '"code": "issuer_differs"'],
    ["sarif", '"ruleId": "issuer_differs"'],
    ["github", ",line=5,col=13,title=issuer_differs::"],
    ["junit", 'name="issuer_differs at line 5"'],
  ])("reports the finding as %s, with its place", async (format, words) => {
    const file = write(`issuer: ${provider.issuer}/`);
    const { status, stdout } = await runCliBeside(["validate", "--online", "--format", format, file]);
    expect(stdout).toContain(words);
    expect([status, stdout]).toEqual([1, expect.stringContaining("policy.yaml")]);
  });

  it.each([
    ["without --online", (file: string) => ["--fetch-settings", file], "has an effect only with --online"],
    ["with a mistake in it", (file: string) => ["--online", "--fetch-settings", file], "fetch_settings"],
  ])("refuses fetch settings %s, and exits 2", async (_, args, words) => {
    const file = write(`issuer: ${provider.issuer}`);
    const { status, stderr } = await runCliBeside(["validate", ...args(file), file]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(words)]);
  });
});
