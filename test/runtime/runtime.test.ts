import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { NO_CALLERS } from "../../plugin/core/model/caller.ts";
import type { PolicyCompiler } from "../../plugin/runtime/load/policy-compiler.ts";
import { createPolicyStore } from "../../plugin/runtime/load/policy-store.ts";
import { createRuntime, type Runtime } from "../../plugin/runtime/runtime.ts";
import type { PolicySource } from "../../plugin/runtime/versions/policy-source.ts";
import { claimsOf, inlineIssuer, NOW, policyDocument, requestOf } from "../core/fixtures.ts";
import { logInto } from "../logs.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";
import { askNothing, policyOf } from "./versions/policy-scene.ts";

const key = generateSigningKey("EdDSA", "1");
const document = (name: string): string =>
  JSON.stringify(policyDocument(inlineIssuer([key], { clock_skew: "0s" }), { name }));

/** The policies of this test do not use Kong's Consumers. */
const NO_KONG = { ...NO_CALLERS, workspace: "", loadConsumer: async () => undefined };

let root: string;
let log: string[];
let clockMs: number;
let runtime: Runtime;
beforeEach(() => {
  root = temporaryFolder(onTestFinished);
  log = [];
  clockMs = NOW * 1000;
});
afterEach(() => runtime.stop());

function start(changes: Partial<Parameters<typeof createRuntime>[0]> = {}): void {
  const ports = { compiler: createPolicyStore(root), now: () => clockMs, log: logInto(log) };
  runtime = createRuntime({ policyRoot: root, policyPollMs: 1_000, ...ports, ...changes });
}

const ENTITY = { pluginId: "5d7f", sequence: 1, workspace: "", routeId: undefined, serviceId: undefined };

it("decides by a policy file, with a clock in milliseconds", async () => {
  await writeFile(join(root, "a.json"), document("payments"));
  start();
  const policy = policyOf(await runtime.openPolicyFile("a.json").current(askNothing));
  const facts = requestOf(mintToken({ key, claims: claimsOf({ exp: NOW + 1 }) }));
  clockMs = NOW * 1000 + 999;
  expect(await runtime.decide(facts, policy, NO_KONG)).toMatchObject({
    verdict: "allow",
    headers: { "x-user-id": "alice" },
    evidence: { policy: "payments", rule: "read", issuer: "acme", kid: "1" },
  });
  clockMs += 1;
  expect(await runtime.decide(facts, policy, NO_KONG)).toMatchObject({ denial: { reason: "token_expired" } });
});

it("decides by an inline policy", async () => {
  start();
  const load = await runtime.openInlinePolicy(ENTITY, document("inline"), undefined).current(askNothing);
  const decision = load.ok && (await runtime.decide(requestOf(undefined), load.value, NO_KONG));
  expect(decision).toMatchObject({ denial: { reason: "token_missing" }, evidence: { policy: "inline" } });
});

it("releases inline policies of more than 4 MiB that were unused for a minute, the oldest first, and looks each half minute", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const compiled: string[] = [];
  const store = createPolicyStore(root);
  const compileText: PolicyCompiler["compileText"] = (text) => {
    compiled.push(text);
    return store.compileText(text);
  };
  start({ policyPollMs: 1e9, compiler: { ...store, compileText } });
  const open = async (index: number, length: number): Promise<PolicySource> => {
    clockMs += 1;
    const text = `${document(`p${index}`)} #`.padEnd(length, "x");
    const source = runtime.openInlinePolicy({ ...ENTITY, pluginId: `${index}` }, text, undefined);
    await source.current(askNothing);
    return source;
  };
  const sources = await Promise.all(Array.from({ length: 16 }, (_, index) => open(index, 256 * 1_024)));
  /** All policies are needed now. */
  const compiledAgain = async (): Promise<number> => {
    const before = compiled.length;
    await Promise.all(sources.map((source) => source.current(askNothing)));
    return compiled.length - before;
  };
  clockMs += 60_001;
  vi.advanceTimersByTime(30_000);
  expect(await compiledAgain(), "exactly 4 MiB").toBe(0);
  sources.push(await open(16, 0));
  await compiledAgain();
  clockMs += 60_000;
  vi.advanceTimersByTime(30_000);
  expect(await compiledAgain(), "exactly a minute").toBe(0);
  clockMs += 60_001;
  vi.advanceTimersByTime(29_999);
  expect(await compiledAgain(), "not at once").toBe(0);
  clockMs += 60_001;
  vi.advanceTimersByTime(1);
  expect(await compiledAgain(), "one is enough").toBe(1);
  runtime.stop();
  expect(vi.getTimerCount()).toBe(0);
});

it("reads every policy under the root at the start, and skips tests, other files and the link targets of Kubernetes", async () => {
  await mkdir(join(root, "team"));
  await mkdir(join(root, "..data"));
  const names = ["a.yaml", "b.yml", "team/c.json", "a.test.yaml", "README.md", "..data/a.yaml", "d.yaml.bak"];
  await Promise.all(names.map((name) => writeFile(join(root, name), document(name.replaceAll(/[^a-z]/g, "")))));
  start();
  await expect.poll(() => runtime.readiness.isReady()).toBe(true);
  const inForce = log.filter((line) => /^policy file .* is in effect/.test(line)).map((line) => line.split(" ")[2]);
  expect(inForce.sort()).toEqual(["a.yaml", "b.yml", "team/c.json"]);
});

it("reads the good policies if one is broken, and says which policy is broken", async () => {
  await writeFile(join(root, "a.yaml"), document("a"));
  await writeFile(join(root, "b.yaml"), "jwt_policy: 2");
  start();
  const refusal = expect.stringMatching(/^policy file b\.yaml is refused; its routes answer 503: b\.yaml:1:/);
  await expect.poll(() => log).toContainEqual(refusal);
  await expect.poll(() => log).toContainEqual(expect.stringMatching(/^policy file a\.yaml is in effect/));
});

describe("a new generation begins, so that no earlier verdict is reused", () => {
  const other = generateSigningKey("EdDSA", "2");
  const jwksUri = { ...inlineIssuer([key]), keys: { jwks_uri: "https://idp.example.com/jwks" } };
  let published: readonly object[];
  /** Loads a policy whose keys are fetched, and returns the count of the generation. */
  const open = async (): Promise<number> => {
    published = [key.publicJwk];
    await writeFile(join(root, "a.json"), fetched("a"));
    start({
      policyPollMs: 10,
      fetchJson: async () => ({ body: { keys: published as never }, freshForSeconds: undefined }),
    });
    await runtime.openPolicyFile("a.json").current(askNothing);
    await expect.poll(() => runtime.readiness.isReady()).toBe(true);
    return runtime.generation.count;
  };
  const fetched = (name: string): string => JSON.stringify(policyDocument(jwksUri, { name }));

  it("when the keys of an issuer change, and not when they are only loaded again", async () => {
    const count = await open();
    await runtime.refreshKeys();
    expect(runtime.generation.count).toBe(count);
    published = [key.publicJwk, other.publicJwk];
    await runtime.refreshKeys();
    expect(runtime.generation.count).toBeGreaterThan(count);
    const withBoth = runtime.generation.count;
    published = [other.publicJwk];
    await runtime.refreshKeys();
    expect(runtime.generation.count).toBeGreaterThan(withBoth);
  });

  it("when a key leaks", async () => {
    const count = await open();
    published = [{ ...key.publicJwk, ...key.privateKey.export({ format: "jwk" }) }];
    await runtime.refreshKeys();
    expect(runtime.generation.count).toBeGreaterThan(count);
  });

  it("when another version of a policy takes effect, and when its file is deleted", async () => {
    const count = await open();
    await writeFile(join(root, "a.json"), fetched("b"));
    await expect.poll(() => runtime.status()).toMatchObject([{ inForce: { name: "b" } }]);
    const changed = runtime.generation.count;
    expect(changed).toBeGreaterThan(count);
    await rm(join(root, "a.json"));
    await expect.poll(() => runtime.generation.count).toBeGreaterThan(changed);
  });
});

it("reports the state of files, inline policies and caches", async () => {
  await writeFile(join(root, "a.yaml"), document("a"));
  start();
  await runtime.openPolicyFile("a.yaml").current(askNothing);
  await runtime.openInlinePolicy(ENTITY, document("inline"), undefined).current(askNothing);
  expect(runtime.status()).toMatchObject([
    { source: "a.yaml", inForce: { name: "a" } },
    { source: "inline 5d7f", inForce: { name: "inline" } },
  ]);
  const none = { hits: 0, misses: 0 };
  expect(runtime.cacheStatus()).toEqual([
    { cache: "verdicts", ...none },
    { cache: "guard", hits: 0, misses: undefined },
    { cache: "signatures", ...none },
    { cache: "consumers", ...none },
  ]);
});
