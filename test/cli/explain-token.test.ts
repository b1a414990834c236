import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { runCli } from "./run-cli.ts";

const POLICY = `jwt_policy: 1
name: shop
issuers:
  acme: { issuer: https://idp.example, audiences: [api], algorithms: [ES256] }
routes:
  pay: { required_scopes: [pay] }
`;
const PARTS = [
  { alg: "ES256", typ: "at+jwt" },
  { iss: "https://idp.example", aud: "api", sub: "SECRET", exp: 1_800_000_060 },
];
const TOKEN = [...PARTS.map((part) => JSON.stringify(part)), "x".repeat(64)]
  .map((part) => Buffer.from(part).toString("base64url"))
  .join(".");

it("explain --token reads a file or standard input, exits 1 for a refused request, and prints no part of the token", () => {
  const directory = temporaryFolder(onTestFinished);
  const [policy, token] = [join(directory, "shop.yaml"), join(directory, "token.txt")];
  writeFileSync(policy, POLICY);
  writeFileSync(token, `Bearer ${TOKEN}\n`);
  const args = ["explain", policy, "--rule", "pay", "--now", "2027-01-15T08:00:00Z"];
  const fromFile = runCli([...args, "--token", token]);
  expect(fromFile.status).toBe(1);
  expect(fromFile.stdout).toMatch(
    /^deny, rule "pay", issuer "acme"\n[\s\S]*authorize {2}decided\n[\s\S]*RFC 6750 section 3\.1[\s\S]*- add scope pay in claim scope/,
  );
  expect(runCli([...args, "--token", "-"], {}, TOKEN)).toEqual(fromFile);
  const asJson = JSON.parse(runCli([...args, "--token", token, "--format", "json"]).stdout);
  expect(asJson.denial.reason).toBe("scope_insufficient");
  const asArgument = runCli([...args, "--token", TOKEN]);
  expect(asArgument.status).toBe(2);
  for (const { stdout, stderr } of [fromFile, asArgument]) {
    expect(`${stdout}${stderr}`).not.toMatch(/SECRET|eyJ|eHh4/);
  }
});
