import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createPolicyStore } from "../../../plugin/runtime/load/policy-store.ts";
import { createRuntime, type Runtime } from "../../../plugin/runtime/runtime.ts";
import { inlineIssuer, policyDocument } from "../../core/fixtures.ts";
import type { Answer } from "../../keys/key-server.ts";
import { type KeyServer, keySetOf, startKeyServer, status } from "../../keys/key-server.ts";
import { logInto } from "../../logs.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { generateSigningKey } from "../../tokens.ts";
import { askNothing, policyText } from "./policy-scene.ts";

const key = generateSigningKey("ES256", "1");
const READY = "ready: every policy is in effect and has its keys";
const BROKEN = "jwt_policy: 1\ndescription: broken\n";

/** A policy with one issuer. The issuer's keys are in the document, or at an address. */
const policyOf = (jwksUri?: string): string =>
  JSON.stringify(policyDocument(inlineIssuer([key], jwksUri === undefined ? {} : { keys: { jwks_uri: jwksUri } })));

type Place = ReturnType<typeof setUp>;

/** Policies in a directory, and a process that the test starts. */
function setUp(policies: Readonly<Record<string, string>> = {}) {
  const root = temporaryFolder(onTestFinished);
  const log: string[] = [];
  const write = (file: string, text: string): void => {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    // The file is written in one step, so that no check finds half a file.
    writeFileSync(join(root, `${file}.new`), text);
    renameSync(join(root, `${file}.new`), join(root, file));
  };
  for (const [file, text] of Object.entries(policies)) {
    write(file, text);
  }
  const start = (now: () => number = Date.now): Runtime => {
    const compiler = createPolicyStore(root);
    const runtime = createRuntime({ policyRoot: root, compiler, policyPollMs: 20, now, log: logInto(log) });
    onTestFinished(() => runtime.stop());
    return runtime;
  };
  return { root, log, write, start };
}

/** A provider with this answer, and a policy whose keys the provider has. */
async function setUpKeys(answer: Answer) {
  const server = await startKeyServer();
  onTestFinished(() => server.stop());
  server.answer("/jwks", answer);
  return { server, place: setUp({ "a.yaml": policyOf(`${server.origin}/jwks`) }) };
}
const sourcesOf = (runtime: Runtime): readonly string[] => runtime.status().map(({ source }) => source);

const becomeReady = ({ readiness }: Runtime): Promise<void> =>
  expect.poll(() => [readiness.isReady(), readiness.reasons()]).toEqual([true, []]);

/** Waits until the server gives this reason. Then checks that it stays the reason for some more checks. */
async function stayUnready(place: Place, runtime: Runtime, reasons: readonly unknown[]): Promise<void> {
  const { readiness } = runtime;
  await expect.poll(() => readiness.reasons()).toEqual(reasons);
  await letLook(place, runtime, 2);
  // The policy of the last check may still be without its keys.
  expect([readiness.isReady(), readiness.reasons()]).toEqual([false, expect.arrayContaining([...reasons])]);
}

/**
 * If a process is not ready, lets it check this many times. In each check, the process finds one more good policy that
 * no request has opened.
 */
async function letLook(place: Place, runtime: Runtime, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const file = `look-${runtime.status().length}.yaml`;
    place.write(file, policyOf());
    await expect.poll(() => sourcesOf(runtime)).toContain(file);
  }
}

/** Checks the files, so that a change takes effect. */
async function letPoll(place: Place, runtime: Runtime): Promise<void> {
  place.write("polled.yaml", policyOf());
  const policy = runtime.openPolicyFile("polled.yaml");
  expect(await policy.current(askNothing)).toHaveProperty("ok", true);
  place.write("polled.yaml", policyOf().replace("payments", "changed"));
  const changed = { value: { name: "changed" } };
  await expect.poll(() => policy.current(askNothing)).toMatchObject(changed);
}

describe("a process is ready", () => {
  it("with key files, which have other endings", async () => {
    const keys = JSON.stringify(keySetOf(key).json);
    await becomeReady(setUp({ "a.yaml": policyOf(), "keys/idp.jwks": keys, "README.md": "our policies" }).start());
  });

  it("not before the policies were read", async () => {
    const { readiness } = setUp().start();
    expect([readiness.isReady(), readiness.reasons()]).toEqual([false, ["policies are being read"]]);
  });

  it("if there is no policy file at all", async () => {
    const place = setUp();
    await becomeReady(place.start());
    expect(place.log).toEqual([READY]);
  });

  it("when every policy file is in effect and has its keys, and it says so once", async () => {
    const place = setUp({ "a.yaml": policyOf(), "team/deep/b.json": policyOf() });
    const runtime = place.start();
    await becomeReady(runtime);
    const inEffect = { "a.yaml": [], "team/deep/b.json": [] };
    const found = runtime.status().map(({ source, issuersWithoutKeys }) => [source, issuersWithoutKeys]);
    expect(Object.fromEntries(found)).toEqual(inEffect);
    await letPoll(place, runtime);
    expect(place.log.filter((line) => line === READY)).toHaveLength(1);
  });

  it("with any other files: tests, other documents, and the link targets of Kubernetes", async () => {
    const others = [
      "a.test.yaml",
      "team/b.test.json",
      "README.md",
      "a.yaml.bak",
      "..2026/x.yaml",
      "team/..2026/x.yaml",
    ];
    const broken = Object.fromEntries(others.map((file) => [file, BROKEN]));
    const place = setUp({ ...broken, "a.yaml": policyOf() });
    await symlink("..2026", join(place.root, "..data"));
    await symlink("..2026", join(place.root, "team/..data"));
    const runtime = place.start();
    await becomeReady(runtime);
    expect(sourcesOf(runtime)).toEqual(["a.yaml"]);
  });

  it("on a ConfigMap as Kubernetes mounts it, where each file is a link", async () => {
    const place = setUp({ "..2026/a.yaml": policyOf() });
    await symlink("..2026", join(place.root, "..data"));
    await symlink("..data/a.yaml", join(place.root, "a.yaml"));
    const runtime = place.start();
    await becomeReady(runtime);
    expect(sourcesOf(runtime)).toEqual(["a.yaml"]);
  });
});

describe("a new process is not ready", () => {
  const setUpBroken = (): Place => setUp({ "good.yaml": policyOf(), "bad.yaml": BROKEN });
  const REASONS = [
    expect.stringMatching(/^bad\.yaml:1:1 missing_key: .*"name"/),
    expect.stringMatching(/^bad\.yaml:1:1 missing_key: .*"issuers"/),
  ];

  it("as long as a policy is broken, and names the mistakes of the policy as the reasons", async () => {
    const place = setUpBroken();
    await stayUnready(place, place.start(), REASONS);
    expect(place.log).not.toContain(READY);
  });

  it.each<[what: string, mend: (place: Place) => unknown]>([
    ["mended", (place) => place.write("bad.yaml", policyOf())],
    ["removed", ({ root }) => rm(join(root, "bad.yaml"))],
    ["renamed so that it is not a policy", ({ root }) => rename(join(root, "bad.yaml"), join(root, "bad.yaml.off"))],
  ])("until the broken file is %s", async (_what, mend) => {
    const place = setUpBroken();
    const runtime = place.start();
    await stayUnready(place, runtime, REASONS);
    await mend(place);
    await becomeReady(runtime);
  });

  it("if the link of a policy file leads out of the root", async () => {
    const place = setUp();
    await symlink("/etc/passwd", join(place.root, "a.yaml"));
    await stayUnready(place, place.start(), [expect.stringMatching(/^a\.yaml:1:1 file_outside_root: /)]);
  });

  it("until the plugin can list the policies", async () => {
    const place = setUp();
    await rm(place.root, { recursive: true, maxRetries: 5 });
    const runtime = place.start();
    const reasons = [expect.stringMatching(/^policies cannot be listed: ENOENT/)];
    await expect.poll(() => runtime.readiness.reasons()).toEqual(reasons);
    expect(runtime.readiness.isReady()).toBe(false);
    await mkdir(place.root);
    await becomeReady(runtime);
  });
});

describe("keys that do not come", () => {
  it("prevent that a process is ready, until they are loaded", async () => {
    const { server, place } = await setUpKeys(status(503));
    const runtime = place.start();
    await stayUnready(place, runtime, ["a.yaml: issuer acme has no keys yet"]);
    const keysMissing = (): unknown => runtime.status().find(({ source }) => source === "a.yaml")?.issuersWithoutKeys;
    expect(keysMissing()).toEqual(["acme"]);
    server.answer("/jwks", keySetOf(key));
    await becomeReady(runtime);
    expect(keysMissing()).toEqual([]);
  });

  it("are requested with the usual pauses, even if the process checks more often", async () => {
    const { server, place } = await setUpKeys(status(503));
    const begin = performance.now();
    const runtime = place.start();
    await expect.poll(() => server.requests.length).toBeGreaterThan(0);
    await letLook(place, runtime, 8);
    // The pauses are 1, 2, 4 seconds …, shortened by chance to no less than the half.
    const seconds = (performance.now() - begin) / 1_000;
    expect(server.requests.length).toBeLessThanOrEqual(2 + Math.log2(1 + 2 * seconds));
  });
});

it("the process still tries to load keys that no request needed for hours, because it waits for them", async () => {
  const { server, place } = await setUpKeys(status(503));
  let clock = Date.now();
  const runtime = place.start(() => clock);
  await stayUnready(place, runtime, ["a.yaml: issuer acme has no keys yet"]);
  clock += 3 * 3_600_000;
  const before = server.requests.length;
  await expect.poll(() => server.requests.length).toBeGreaterThan(before);
  server.answer("/jwks", keySetOf(key));
  await becomeReady(runtime);
});

describe("a ready process stays ready", () => {
  const moveKeys = ({ write }: Place, { origin }: KeyServer): void => write("a.yaml", policyOf(`${origin}/none`));
  it.each<[what: string, spoil: (place: Place, server: KeyServer) => unknown, told: string]>([
    ["a policy breaks", ({ write }) => write("a.yaml", BROKEN), "the last good version stays in effect"],
    ["a policy goes", ({ root }) => rm(join(root, "a.yaml")), "file_missing"],
    ["the keys of a new version do not come", moveKeys, "keys not loaded"],
  ])("when %s", async (_what, spoil, told) => {
    const { server, place } = await setUpKeys(keySetOf(key));
    const runtime = place.start();
    await becomeReady(runtime);
    await spoil(place, server);
    await expect.poll(() => place.log.join("\n")).toContain(told);
    await letPoll(place, runtime);
    expect([runtime.readiness.isReady(), runtime.readiness.reasons()]).toEqual([true, []]);
  });

  it("when a new file is broken", async () => {
    const place = setUp();
    const runtime = place.start();
    await becomeReady(runtime);
    place.write("new.yaml", policyText("x: y"));
    expect((await runtime.openPolicyFile("new.yaml").current(askNothing)).ok).toBe(false);
    await letPoll(place, runtime);
    expect(runtime.readiness.isReady()).toBe(true);
  });
});
