import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { CompiledPolicy } from "../../plugin/core/policy.ts";
import { type PolicyFiles, watchPolicyFiles } from "../../plugin/runtime/policy-files.ts";
import { createPolicyStore } from "../../plugin/runtime/policy-store.ts";

const policy = (name: string): string => `jwt_policy: 1
name: ${name}
issuers:
  acme: { issuer: https://idp.example, audiences: [api] }
routes:
  read: {}
`;

let root: string;
let log: string[];
let prepared: string[];
let prepareKeys: (policy: CompiledPolicy) => Promise<void>;
let files: PolicyFiles;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "policy-files-"));
  log = [];
  prepared = [];
  prepareKeys = async ({ name }) => void prepared.push(name);
  const store = createPolicyStore(root, (line) => log.push(line), 0);
  files = watchPolicyFiles(store, (compiled) => prepareKeys(compiled), 10, Date.now);
});
afterEach(async () => {
  files.stop();
  await rm(root, { recursive: true });
});

const nameOf = async (file: string): Promise<string> => {
  const load = await files.open(file).current();
  return "policy" in load ? load.policy.name : load.issues.map(({ code }) => code).join();
};
const become = (file: string, name: string): Promise<void> =>
  vi.waitFor(async () => expect(await nameOf(file)).toBe(name), { timeout: 5_000, interval: 10 });

it("puts a file that was edited in place into force", async () => {
  await writeFile(join(root, "a.yaml"), policy("one"));
  expect(await nameOf("a.yaml")).toBe("one");
  await writeFile(join(root, "a.yaml"), policy("two"));
  await become("a.yaml", "two");
});

it("puts a file that was renamed over the old one into force", async () => {
  await writeFile(join(root, "a.yaml"), policy("one"));
  expect(await nameOf("a.yaml")).toBe("one");
  await writeFile(join(root, "a.yaml.new"), policy("two"));
  await rename(join(root, "a.yaml.new"), join(root, "a.yaml"));
  await become("a.yaml", "two");
});

it("follows Kubernetes, which swaps the link that all files of a ConfigMap go through", async () => {
  for (const [directory, name] of [
    ["..2026_1", "one"],
    ["..2026_2", "two"],
  ] as const) {
    await mkdir(join(root, directory));
    await writeFile(join(root, directory, "a.yaml"), policy(name));
  }
  await symlink("..2026_1", join(root, "..data"));
  await symlink("..data/a.yaml", join(root, "a.yaml"));
  expect(await nameOf("a.yaml")).toBe("one");
  await symlink("..2026_2", join(root, "..data_tmp"));
  await rename(join(root, "..data_tmp"), join(root, "..data"));
  await become("a.yaml", "two");
});

it("keeps the last good version while the file is broken or gone, and says each problem once", async () => {
  await writeFile(join(root, "a.yaml"), policy("one"));
  expect(await nameOf("a.yaml")).toBe("one");
  await writeFile(join(root, "a.yaml"), "jwt_policy: 1\n");
  await vi.waitFor(() => expect(log.join("\n")).toContain("the last good version stays in force"));
  await rm(join(root, "a.yaml"));
  await vi.waitFor(() => expect(log.join("\n")).toContain("file_unreadable"));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await nameOf("a.yaml")).toBe("one");
  expect(log.filter((line) => line.includes("file_unreadable"))).toHaveLength(1);
  await writeFile(join(root, "a.yaml"), policy("three"));
  await become("a.yaml", "three");
});

it("takes a file that comes into being later", async () => {
  expect(await nameOf("late.yaml")).toBe("file_unreadable");
  await writeFile(join(root, "late.yaml"), policy("late"));
  await become("late.yaml", "late");
});

it("lets the old version decide until the keys of the new one are there", async () => {
  await writeFile(join(root, "a.yaml"), policy("one"));
  expect(await nameOf("a.yaml")).toBe("one");
  let haveKeys = (): void => {};
  const promise = new Promise<void>((resolve) => {
    haveKeys = resolve;
  });
  prepareKeys = ({ name }) => {
    prepared.push(name);
    return promise;
  };
  await writeFile(join(root, "a.yaml"), policy("two"));
  await vi.waitFor(() => expect(prepared).toContain("two"));
  expect(await nameOf("a.yaml")).toBe("one");
  haveKeys();
  await become("a.yaml", "two");
});

it("waits for a writer to finish: a cut-off policy can be a valid one, and a laxer one", async () => {
  files.stop();
  const store = createPolicyStore(root, (line) => log.push(line), 300);
  files = watchPolicyFiles(store, async () => {}, 10, Date.now);
  await writeFile(join(root, "a.yaml"), policy("one"));
  expect(await nameOf("a.yaml")).toBe("one");
  for (const text of [policy("half"), policy("almost"), policy("whole")]) {
    await writeFile(join(root, "a.yaml"), text);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await become("a.yaml", "whole");
  expect(log.join("\n")).not.toMatch(/name=(half|almost)/);
});
