import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createRuntime, type Runtime } from "../../plugin/runtime/runtime.ts";
import { claimsOf, inlineIssuer, NOW, policyDocument, requestOf } from "../core/fixtures.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";

const key = generateSigningKey("EdDSA", "1");
const document = (name: string): string =>
  JSON.stringify(policyDocument(inlineIssuer([key], { clock_skew: "0s" }), { name }));

let root: string;
let log: string[];
let clockMs: number;
let runtime: Runtime;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "runtime-"));
  log = [];
  clockMs = NOW * 1000;
  runtime = createRuntime({ policyRoot: root, now: () => clockMs, log: (line) => log.push(line) });
});
afterEach(async () => {
  runtime.stop();
  await rm(root, { recursive: true });
});

it("decides by a policy file, with a clock in milliseconds", async () => {
  await writeFile(join(root, "a.json"), document("payments"));
  const load = await runtime.openPolicyFile("a.json").current();
  if ("issues" in load) {
    throw new Error(JSON.stringify(load.issues));
  }
  const facts = requestOf(mintToken({ key, claims: claimsOf({ exp: NOW + 1 }) }));
  clockMs = NOW * 1000 + 999;
  expect(await runtime.decide(facts, load.policy)).toMatchObject({
    verdict: "allow",
    headers: { "x-user-id": "alice" },
    evidence: { policy: "payments", rule: "read", issuer: "acme", kid: "1" },
  });
  clockMs += 1;
  expect(await runtime.decide(facts, load.policy)).toMatchObject({ denial: { reason: "token_expired" } });
});

it("decides by an inline policy", async () => {
  const load = runtime.loadInlinePolicy(document("inline"));
  const decision = "policy" in load && (await runtime.decide(requestOf(undefined), load.policy));
  expect(decision).toMatchObject({ denial: { reason: "token_missing" }, evidence: { policy: "inline" } });
});

it("preloads every policy under the root and passes by tests, other files and what Kubernetes links to", async () => {
  await mkdir(join(root, "team"));
  await mkdir(join(root, "..data"));
  const names = ["a.yaml", "b.yml", "team/c.json", "a.test.yaml", "README.md", "..data/a.yaml", "d.yaml.bak"];
  await Promise.all(names.map((name) => writeFile(join(root, name), document(name.replaceAll(/[^a-z]/g, "")))));
  await runtime.preload();
  const inForce = log.filter((line) => line.includes("is in force")).map((line) => line.split(" ")[2]);
  expect(inForce.sort()).toEqual(["a.yaml", "b.yml", "team/c.json"]);
});

it("preloads the good ones when one is broken, and says which", async () => {
  await writeFile(join(root, "a.yaml"), document("a"));
  await writeFile(join(root, "b.yaml"), "jwt_policy: 2");
  await runtime.preload();
  expect(log.filter((line) => line.startsWith("policy file a.yaml is in force"))).toHaveLength(1);
  expect(log).toContain("policy file b.yaml is refused; its routes answer 503");
});
