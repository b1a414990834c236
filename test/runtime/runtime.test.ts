import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { NO_CALLERS } from "../../plugin/core/model/caller.ts";
import { createRuntime, type Runtime } from "../../plugin/runtime/runtime.ts";
import { claimsOf, inlineIssuer, NOW, policyDocument, requestOf } from "../core/fixtures.ts";
import { logInto } from "../logs.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";
import { askNothing } from "./versions/policy-scene.ts";

const key = generateSigningKey("EdDSA", "1");
const document = (name: string): string =>
  JSON.stringify(policyDocument(inlineIssuer([key], { clock_skew: "0s" }), { name }));

/** Asked for nothing by the policies here. */
const NO_KONG = { ...NO_CALLERS, workspace: "", loadConsumer: async () => undefined };

let root: string;
let log: string[];
let clockMs: number;
let runtime: Runtime;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "runtime-"));
  log = [];
  clockMs = NOW * 1000;
});
afterEach(async () => {
  runtime.stop();
  await rm(root, { recursive: true });
});

function start(): void {
  runtime = createRuntime({ policyRoot: root, policyPollMs: 1_000, now: () => clockMs, log: logInto(log) });
}

const ENTITY = { pluginId: "5d7f", sequence: 1, workspace: "", routeId: undefined, serviceId: undefined };

it("decides by a policy file, with a clock in milliseconds", async () => {
  await writeFile(join(root, "a.json"), document("payments"));
  start();
  const load = await runtime.openPolicyFile("a.json").current(askNothing);
  if ("issues" in load) {
    throw new Error(JSON.stringify(load.issues));
  }
  const facts = requestOf(mintToken({ key, claims: claimsOf({ exp: NOW + 1 }) }));
  clockMs = NOW * 1000 + 999;
  expect(await runtime.decide(facts, load.policy, NO_KONG)).toMatchObject({
    verdict: "allow",
    headers: { "x-user-id": "alice" },
    evidence: { policy: "payments", rule: "read", issuer: "acme", kid: "1" },
  });
  clockMs += 1;
  expect(await runtime.decide(facts, load.policy, NO_KONG)).toMatchObject({ denial: { reason: "token_expired" } });
});

it("decides by an inline policy", async () => {
  start();
  const load = await runtime.openInlinePolicy(ENTITY, document("inline"), undefined).current(askNothing);
  const decision = "policy" in load && (await runtime.decide(requestOf(undefined), load.policy, NO_KONG));
  expect(decision).toMatchObject({ denial: { reason: "token_missing" }, evidence: { policy: "inline" } });
});

it("starts reading every policy under the root by itself, and passes by tests, other files and what Kubernetes links to", async () => {
  await mkdir(join(root, "team"));
  await mkdir(join(root, "..data"));
  const names = ["a.yaml", "b.yml", "team/c.json", "a.test.yaml", "README.md", "..data/a.yaml", "d.yaml.bak"];
  await Promise.all(names.map((name) => writeFile(join(root, name), document(name.replaceAll(/[^a-z]/g, "")))));
  start();
  await vi.waitFor(() => expect(runtime.readiness.isReady()).toBe(true), { timeout: 10_000 });
  const inForce = log.filter((line) => /^policy file .* is in effect/.test(line)).map((line) => line.split(" ")[2]);
  expect(inForce.sort()).toEqual(["a.yaml", "b.yml", "team/c.json"]);
});

it("reads the good ones when one is broken, and says which", async () => {
  await writeFile(join(root, "a.yaml"), document("a"));
  await writeFile(join(root, "b.yaml"), "jwt_policy: 2");
  start();
  const refusal = expect.stringMatching(/^policy file b\.yaml is refused; its routes answer 503: b\.yaml:1:/);
  await vi.waitFor(() => expect(log).toContainEqual(refusal), { timeout: 10_000 });
  await vi.waitFor(() => expect(log).toContainEqual(expect.stringMatching(/^policy file a\.yaml is in effect/)));
});

it("tells how files and inline policies stand", async () => {
  await writeFile(join(root, "a.yaml"), document("a"));
  start();
  await runtime.openPolicyFile("a.yaml").current(askNothing);
  await runtime.openInlinePolicy(ENTITY, document("inline"), undefined).current(askNothing);
  expect(runtime.status()).toMatchObject([
    { source: "a.yaml", inForce: { name: "a" } },
    { source: "inline 5d7f", inForce: { name: "inline" } },
  ]);
});
