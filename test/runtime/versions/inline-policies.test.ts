import { beforeEach, describe, expect, it } from "vitest";
import type { PolicyCompiler } from "../../../plugin/runtime/load/policy-compiler.ts";
import { createPolicyStore } from "../../../plugin/runtime/load/policy-store.ts";
import { type InlinePolicies, keepInlinePolicies } from "../../../plugin/runtime/versions/inline-policies.ts";
import type { InlineEntity } from "../../../plugin/runtime/versions/last-good.ts";
import type { PolicySource } from "../../../plugin/runtime/versions/policy-source.ts";
import { type HeldKeys, holdKeys, logApart, nameOfLoad, policyText } from "./policy-scene.ts";

const BROKEN = "jwt_policy: 1\ndescription: broken\n";
const BROKEN_CODES = "missing_key,missing_key";
const ROUTE = '["route","/things"]';
const IDLE_MS = 60_000;
const ONE_POLICY = policyText("one").length;

let keys: HeldKeys;
let log: ReturnType<typeof logApart>;
let policies: InlinePolicies;
let clock: number;
let compiled: string[];
let sequence: number;
beforeEach(() => {
  keys = holdKeys();
  log = logApart();
  clock = 0;
  sequence = 0;
  compiled = [];
  const store = createPolicyStore("/nowhere");
  const compiler: PolicyCompiler = {
    ...store,
    compileText(text) {
      compiled.push(/name: (.*)/.exec(text)?.[1] ?? "broken");
      return store.compileText(text);
    },
  };
  const limits = { idleMs: IDLE_MS, maxBytes: ONE_POLICY };
  policies = keepInlinePolicies({ compiler, keys, log, now: () => clock, limits });
});

/**
 * Versions of one plugin entity on one Route. Some tests use other entities or Routes. Kong numbers instances in the
 * order of their starts.
 */
function openText(text: string, other: Partial<InlineEntity> = {}, rule?: string): PolicySource {
  sequence += 1;
  const entity = { pluginId: "5d7f", sequence, workspace: "w", routeId: "route", serviceId: undefined, ...other };
  return policies.open(entity, text, rule);
}
const open = (name: string, other?: Partial<InlineEntity>): PolicySource => openText(policyText(name), other);
const nameOf = async (source: PolicySource, route: string | null = ROUTE): Promise<string> =>
  nameOfLoad(await source.current(async () => route ?? undefined));
const become = (source: PolicySource, name: string): Promise<void> => expect.poll(() => nameOf(source)).toBe(name);

/** Opens a version, lets it decide about one request, and returns the version. */
async function putIntoEffect(name: string, other?: Partial<InlineEntity>): Promise<PolicySource> {
  const source = open(name, other);
  await become(source, name);
  return source;
}

describe("the first good version of a plugin decides at once", () => {
  it("and its keys are fetched", async () => {
    keys.hold("one");
    expect(await nameOf(open("one"))).toBe("one");
    expect(keys.prepared).toEqual(["one"]);
    expect(log.infos).toEqual([
      expect.stringMatching(/^inline policy of plugin 5d7f is in effect: name=one sha256=[0-9a-f]{64}$/),
    ]);
  });

  it("also after a broken version", async () => {
    expect(await nameOf(openText(BROKEN))).toBe(BROKEN_CODES);
    expect(log.warnings).toEqual([
      expect.stringMatching(
        /^inline policy of plugin 5d7f is refused; its routes answer 503: policy:1:1 missing_key: ./,
      ),
    ]);
    expect(await nameOf(open("mended"))).toBe("mended");
  });
});

describe("a broken version", () => {
  it("leaves the last good version of the same entity and Route in effect, in a new instance", async () => {
    const old = await putIntoEffect("one");
    const broken = openText(BROKEN);
    old.close?.();
    expect(await nameOf(broken)).toBe("one");
    expect(log.warnings).toEqual([
      expect.stringMatching(
        /^inline policy of plugin 5d7f is refused; the last good version stays in effect: policy:1:1 missing_key: ./,
      ),
    ]);
  });

  it("that comes again and again leaves the last good version in effect", async () => {
    await putIntoEffect("one");
    const sources = ["", "[", BROKEN, BROKEN].map((text) => openText(text));
    expect(await Promise.all(sources.map((source) => nameOf(source)))).toEqual(["one", "one", "one", "one"]);
  });

  it("leaves the latest good version in effect, not the first", async () => {
    await putIntoEffect("one");
    await putIntoEffect("two");
    expect(await nameOf(openText(BROKEN))).toBe("two");
  });

  it("has no last good version if that version lacks the configured rule", async () => {
    await putIntoEffect("one");
    expect(await nameOf(openText(BROKEN, {}, "other"))).toBe(BROKEN_CODES);
    expect(await nameOf(openText(BROKEN, {}, "read"))).toBe("one");
  });

  it.each<[what: string, other: Partial<InlineEntity>]>([
    ["another plugin", { pluginId: "other" }],
    ["another Route", { routeId: "other" }],
    ["another workspace", { workspace: "other" }],
    ["a plugin whose id Kong does not give", { pluginId: undefined }],
  ])("is never replaced by the last good version of %s", async (_what, other) => {
    await putIntoEffect("one");
    expect(await nameOf(openText(BROKEN, other))).toBe(BROKEN_CODES);
  });
});

describe("a last good version counts only while its Route is unchanged", () => {
  it.each<[what: string, route: string | null]>([
    ["leads elsewhere with the same id, as after it was deleted and created again", '["route","/payroll"]'],
    ["is unknown to Kong", null],
  ])(
    "and not if the Route %s: the newest version decides at once, and a broken version refuses",
    async (_what, route) => {
      await putIntoEffect("public");
      keys.hold("strict");
      expect(await nameOf(open("strict"), route)).toBe("strict");
      expect(await nameOf(openText(BROKEN), route)).toBe(BROKEN_CODES);
    },
  );

  it("and only after the version has decided a request, because the plugin does not know the Route before", async () => {
    open("unasked");
    await expect.poll(() => log.infos).toHaveLength(1);
    expect(await nameOf(openText(BROKEN))).toBe(BROKEN_CODES);
  });

  it("and the plugin asks Kong once for each instance, at the first request that gets an answer", async () => {
    const source = open("one");
    const asked: string[] = [];
    const ask = (route: string | undefined) => async () => {
      asked.push(String(route));
      return route;
    };
    await source.current(ask(undefined));
    await source.current(ask(ROUTE));
    await source.current(ask(ROUTE));
    expect(asked).toEqual(["undefined", ROUTE]);
  });

  it("and never for a plugin on a Service, whose Routes can change unnoticed", async () => {
    const onService = { routeId: undefined, serviceId: "service" };
    await putIntoEffect("one", onService);
    expect(await nameOf(openText(BROKEN, onService))).toBe(BROKEN_CODES);
  });

  it("and never for a global plugin, because its Routes can be deleted and created again with other paths", async () => {
    const global = { routeId: undefined };
    await putIntoEffect("one", global);
    keys.hold("two");
    expect(await nameOf(open("two", global))).toBe("two");
    expect(await nameOf(openText(BROKEN, global))).toBe(BROKEN_CODES);
  });
});

describe("a last good version ends", () => {
  it("when no instance uses it any longer", async () => {
    (await putIntoEffect("one")).close?.();
    expect(policies.status()).toEqual([]);
    expect(await nameOf(openText(BROKEN))).toBe(BROKEN_CODES);
  });

  it("not before the instances that use it have ended as well", async () => {
    const good = await putIntoEffect("one");
    const broken = openText(BROKEN);
    good.close?.();
    const again = openText(BROKEN);
    broken.close?.();
    expect(await nameOf(again)).toBe("one");
    again.close?.();
    expect(await nameOf(openText(BROKEN))).toBe(BROKEN_CODES);
  });
});

describe("if it is uncertain which version was the last good version, there is none", () => {
  it("for example after a late worker starts an instance of the previous version", async () => {
    const before = { sequence: 1 };
    await putIntoEffect("lax", before);
    await putIntoEffect("strict", { sequence: 3 });
    await putIntoEffect("lax", { sequence: 2 });
    expect(await nameOf(openText(BROKEN, { sequence: 4 }))).toBe(BROKEN_CODES);
  });

  it("for example after a restart of Kong, which starts to count again", async () => {
    await putIntoEffect("one", { sequence: 100 });
    await putIntoEffect("two", { sequence: 1 });
    expect(await nameOf(openText(BROKEN, { sequence: 2 }))).toBe(BROKEN_CODES);
  });

  it("until the instances of the earlier version have ended", async () => {
    const one = await putIntoEffect("one", { sequence: 100 });
    await putIntoEffect("two", { sequence: 1 });
    one.close?.();
    expect(await nameOf(openText(BROKEN, { sequence: 2 }))).toBe("two");
  });
});

it("without a plugin's id no version is kept, because the policy of one plugin must never decide for another", async () => {
  const unnamed = { pluginId: undefined };
  const good = open("one", unnamed);
  const broken = openText(BROKEN, unnamed);
  expect([await nameOf(good), await nameOf(broken)]).toEqual(["one", BROKEN_CODES]);
});

describe("a new good version", () => {
  it("decides for its own instance after its keys have arrived; until then, the previous version decides", async () => {
    await putIntoEffect("one");
    keys.hold("two");
    const second = open("two");
    expect(await nameOf(second)).toBe("one");
    keys.release("two");
    await become(second, "two");
    expect(log.warnings).toEqual([]);
  });

  it.each<[mistake: number | undefined, again: number | undefined]>([
    [2, 3],
    [2, 2],
    [undefined, 3],
    [2, undefined],
  ])(
    "never takes effect if it was replaced while it waited for keys (Kong's counts: %s, %s)",
    async (second, third) => {
      const strict = await putIntoEffect("strict");
      keys.hold("mistake");
      const mistake = open("mistake", { sequence: second });
      expect(await nameOf(mistake)).toBe("strict");
      strict.close?.();
      const again = await putIntoEffect("strict", { sequence: third });
      keys.release("mistake");
      expect(await nameOf(mistake)).toBe("strict");
      mistake.close?.();
      again.close?.();
      expect(await nameOf(openText(BROKEN))).toBe(BROKEN_CODES);
      expect(log.infos.join()).not.toContain("name=mistake");
    },
  );

  it.each([
    ["a late worker starts an instance of the previous version", "one", 2],
    ["another worker starts an instance of the same version", "two", 4],
  ])("still waits when %s", async (_what, other, sequence) => {
    await putIntoEffect("one", { sequence: 1 });
    keys.hold("two");
    const second = open("two", { sequence: 3 });
    await nameOf(second);
    open(other, { sequence });
    keys.release("two");
    await become(second, "two");
  });

  it("never decides for an instance that was started with another text: old worker, new worker", async () => {
    const first = await putIntoEffect("one");
    await putIntoEffect("two");
    expect(await nameOf(first)).toBe("one");
  });

  it("with the same text is the same version, at once, and is compiled once", async () => {
    const first = await putIntoEffect("one");
    keys.hold("one");
    const again = await putIntoEffect("one");
    const ask = async (): Promise<string> => ROUTE;
    expect(await again.current(ask)).toBe(await first.current(ask));
    expect(compiled).toEqual(["one"]);
  });

  it("of one plugin does not affect another plugin", async () => {
    const mine = open("one");
    const others = open("two", { pluginId: "other" });
    expect([await nameOf(mine), await nameOf(others)]).toEqual(["one", "two"]);
  });
});

describe("a policy that no request needs", () => {
  it("is released after a while, the longest unused first, and compiled again for the next request", async () => {
    const [one, two] = [await putIntoEffect("one"), await putIntoEffect("two", { pluginId: "other" })];
    clock = 1;
    await nameOf(two);
    clock = IDLE_MS;
    policies.releaseIdle();
    expect([await nameOf(one), await nameOf(two), compiled]).toEqual(["one", "two", ["one", "two"]]);
    clock = 2 * IDLE_MS + 1;
    policies.releaseIdle();
    expect([await nameOf(one), await nameOf(two), compiled]).toEqual(["one", "two", ["one", "two", "one"]]);
  });

  it("stays as long as it needs little memory, and so does the last good version", async () => {
    await putIntoEffect("one");
    clock = 100 * IDLE_MS;
    policies.releaseIdle();
    expect(await nameOf(openText(BROKEN))).toBe("one");
  });

  it("is released when its instance ends", async () => {
    (await putIntoEffect("one")).close?.();
    await putIntoEffect("one");
    expect(compiled).toEqual(["one", "one"]);
  });
});

it("status names no version while the first one is compiled", () => {
  open("one");
  const nothing = { inForce: undefined, refused: [], issuersWithoutKeys: [] };
  expect(policies.status()).toEqual([{ source: "inline 5d7f", ...nothing }]);
});

it("status says for each plugin which version is in effect, which version is refused, and which issuers have no keys", async () => {
  keys.hold("one");
  await putIntoEffect("one");
  await nameOf(openText(BROKEN, { pluginId: "other" }));
  const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/);
  const mistake = expect.objectContaining({ code: "missing_key" });
  const mine = { source: "inline 5d7f", inForce: { name: "one", sha256 }, refused: [], issuersWithoutKeys: ["acme"] };
  const other = { source: "inline other", inForce: undefined, refused: [mistake, mistake], issuersWithoutKeys: [] };
  expect(policies.status()).toEqual([mine, other]);

  await nameOf(openText(BROKEN));
  await putIntoEffect("mended", { pluginId: "other" });
  expect(policies.status()).toEqual([
    { ...mine, refused: [mistake, mistake] },
    { ...other, inForce: { name: "mended", sha256 }, refused: [] },
  ]);
});
