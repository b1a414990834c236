import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type InlinePolicies, keepInlinePolicies } from "../../plugin/runtime/inline-policies.ts";
import type { PolicySource } from "../../plugin/runtime/policy-source.ts";
import { createPolicyStore } from "../../plugin/runtime/policy-store.ts";
import { type HeldKeys, holdKeys, logApart, nameOfLoad, policyText } from "./policy-scene.ts";

const BROKEN = "jwt_policy: 1\ndescription: broken\n";
const BROKEN_CODES = "missing_key,missing_key";
const PLUGIN = "5d7f";
const MAX_PLUGINS = 10_000;

const root = mkdtempSync(join(tmpdir(), "inline-"));
afterAll(() => rmSync(root, { recursive: true }));

let keys: HeldKeys;
let log: ReturnType<typeof logApart>;
let policies: InlinePolicies;
beforeEach(() => {
  keys = holdKeys();
  log = logApart();
  policies = keepInlinePolicies(createPolicyStore(root), keys, log);
});

const open = (name: string, pluginId = PLUGIN): PolicySource => policies.open(pluginId, policyText(name), undefined);
const nameOf = async (source: PolicySource): Promise<string> => nameOfLoad(await source.current());
const become = (source: PolicySource, name: string): Promise<void> =>
  vi.waitFor(async () => expect(await nameOf(source)).toBe(name), { timeout: 5_000, interval: 5 });

describe("the first good version of a plugin decides at once", () => {
  it("and its keys are asked for", async () => {
    keys.hold("one");
    expect(await nameOf(open("one"))).toBe("one");
    expect(keys.prepared).toEqual(["one"]);
    expect(log.infos).toEqual([
      expect.stringMatching(/^inline policy of plugin 5d7f is in force: name=one sha256=[0-9a-f]{64}$/),
    ]);
  });

  it("also where a broken one came before", async () => {
    expect(await nameOf(policies.open(PLUGIN, BROKEN, undefined))).toBe(BROKEN_CODES);
    expect(await nameOf(open("mended"))).toBe("mended");
  });
});

describe("a broken version", () => {
  it("leaves the last good one of the same plugin in force, in an instance that starts anew", async () => {
    open("one");
    const broken = policies.open(PLUGIN, BROKEN, undefined);
    expect(await nameOf(broken)).toBe("one");
    expect(log.warnings).toEqual([
      expect.stringMatching(
        /^inline policy of plugin 5d7f is refused; the last good version stays in force: policy:1:1 missing_key: ./,
      ),
    ]);
  });

  it("that comes again and again leaves it in force all the same", async () => {
    open("one");
    const sources = ["", "[", BROKEN, BROKEN].map((text) => policies.open(PLUGIN, text, undefined));
    expect(await Promise.all(sources.map(nameOf))).toEqual(["one", "one", "one", "one"]);
  });

  it("leaves the latest good one in force, not the first", async () => {
    open("one");
    await become(open("two"), "two");
    expect(await nameOf(policies.open(PLUGIN, BROKEN, undefined))).toBe("two");
  });

  it("of a plugin that never had a good one is refused, whatever other plugins have", async () => {
    open("one", "other");
    expect(await nameOf(policies.open(PLUGIN, BROKEN, undefined))).toBe(BROKEN_CODES);
    expect(log.warnings).toEqual([
      expect.stringMatching(
        /^inline policy of plugin 5d7f is refused; its routes answer 503: policy:1:1 missing_key: ./,
      ),
    ]);
  });
});

it("without a plugin's id nothing is kept: the policy of one must never decide for another", async () => {
  const good = policies.open(undefined, policyText("one"), undefined);
  const broken = policies.open(undefined, BROKEN, undefined);
  expect([await nameOf(good), await nameOf(broken)]).toEqual(["one", BROKEN_CODES]);
  expect(policies.status()).toEqual([]);
});

describe("a new good version", () => {
  it("decides for its own instance once its keys are there, and the previous one until then", async () => {
    open("one");
    keys.hold("two");
    const second = open("two");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await nameOf(second)).toBe("one");
    keys.release("two");
    await become(second, "two");
    expect(log.warnings).toEqual([]);
  });

  it("never decides for an instance that was started with another text: old worker, new worker", async () => {
    const first = open("one");
    const second = open("two");
    await become(second, "two");
    expect(await nameOf(first)).toBe("one");
  });

  it("is not disturbed by an old worker that starts its instance once more: each ends up with its own", async () => {
    open("one");
    const second = open("two");
    await become(second, "two");
    const firstAgain = open("one");
    await become(firstAgain, "one");
    expect(await nameOf(second)).toBe("two");
  });

  it("with the same text is the same one, at once", async () => {
    const first = open("one");
    keys.hold("one");
    const again = open("one");
    expect(again.current()).toBe(first.current());
    expect(keys.prepared).toEqual(["one", "one"]);
  });

  it("of one plugin is nothing to another", async () => {
    const mine = open("one");
    const others = open("two", "other");
    expect([await nameOf(mine), await nameOf(others)]).toEqual(["one", "two"]);
  });
});

it("status says per plugin what is in force, what is refused, and whose keys are missing", () => {
  keys.hold("one");
  open("one");
  policies.open("other", BROKEN, undefined);
  const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/);
  const mistake = expect.objectContaining({ code: "missing_key" });
  const mine = { source: "inline 5d7f", inForce: { name: "one", sha256 }, refused: [], issuersWithoutKeys: ["acme"] };
  const other = {
    source: "inline other",
    inForce: undefined,
    refused: [mistake, mistake],
    issuersWithoutKeys: [],
  };
  expect(policies.status()).toEqual([mine, other]);

  policies.open(PLUGIN, BROKEN, undefined);
  open("mended", "other");
  expect(policies.status()).toEqual([
    { ...mine, refused: [mistake, mistake] },
    { ...other, inForce: { name: "mended", sha256 }, refused: [] },
  ]);
});

it(`keeps ${MAX_PLUGINS} plugins at most: one more forgets whoever changed longest ago, and no other`, async () => {
  for (let plugin = 0; plugin < MAX_PLUGINS; plugin += 1) {
    open("one", `${plugin}`);
  }
  open("one", "0");
  open("one", "new");
  expect(policies.status()).toHaveLength(MAX_PLUGINS);
  const broken = ["0", "2", "new", "1"].map((plugin) => policies.open(plugin, BROKEN, undefined));
  expect(await Promise.all(broken.map(nameOf))).toEqual(["one", "one", "one", BROKEN_CODES]);
});

it("a new version decides at once where the last good one lacks the rule that is configured with it", async () => {
  open("one");
  keys.hold("two");
  expect(await nameOf(policies.open(PLUGIN, policyText("two"), "read"))).toBe("one");
  expect(await nameOf(policies.open(PLUGIN, policyText("two"), "write"))).toBe("two");
});

it("a broken version gives way to one that was waiting for its keys", async () => {
  open("one");
  keys.hold("two");
  open("two");
  const broken = policies.open(PLUGIN, BROKEN, undefined);
  expect(await nameOf(broken)).toBe("one");
  keys.release("two");
  await become(broken, "two");
});
