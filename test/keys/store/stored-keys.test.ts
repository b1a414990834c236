import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { calculateJwkThumbprint } from "jose";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { KeyDirectory } from "../../../plugin/keys/store/key-directory.ts";
import type { KeyStore, StoredKeySet } from "../../../plugin/keys/store/key-store.ts";
import { joseHeaderOf, NOW } from "../../core/fixtures.ts";
import { createDeferred } from "../../deferred.ts";
import { silentLog } from "../../logs.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { generateSigningKey, type SigningKey } from "../../tokens.ts";
import { type Answer, type KeyServer, keySetOf, startKeyServer, status } from "../key-server.ts";
import { COOLDOWN_MS, emptyStore, type IssuerScene, MAX_STALE_MS, setUpIssuer } from "../life/issuer-scene.ts";

const FOUND = "found";
const UNKNOWN = "unknown";
const first = generateSigningKey("ES256", "1");
const second = generateSigningKey("ES256", "2");
const leak = ({ publicJwk, privateKey }: SigningKey) => ({ ...publicJwk, d: privateKey.export({ format: "jwk" }).d });

let directory: string;
let clock: number;
let server: KeyServer;
let scene: IssuerScene | undefined;
beforeEach(async () => {
  server = await startKeyServer();
  directory = join(temporaryFolder(onTestFinished), "keys");
  clock = NOW * 1000;
});
afterEach(async () => {
  await scene?.stop();
  scene = undefined;
  await server.stop();
});

const openStore = (): KeyStore => new KeyDirectory(directory, silentLog, () => clock);

let fetchesBefore = 0;

interface Options {
  readonly places?: readonly string[];
  readonly algorithms?: readonly string[];
}

/** A process that starts. It has the same issuer at the same address, but another provider answers there. */
async function start(answer: Answer, options: Options = {}) {
  await scene?.stop();
  fetchesBefore = server.requests.length + 1; // The scene makes its own directory.
  const { places = ["jwks"], algorithms = ["ES256", "RS256"] } = options;
  scene = await setUpIssuer(places, algorithms, openStore(), server);
  scene.clock = clock;
  scene.serve(answer);
  server.answer("/other", answer);
  return scene;
}
const fetches = (): number => server.requests.length - fetchesBefore;
/** Fetches the keys, and waits until they are on disk. */
async function fetchAndStore(scene: IssuerScene): Promise<void> {
  await scene.keys.refresh();
  await expect.poll(() => readdirSync(directory).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  await expect.poll(storedAt).toContain(scene.clock);
}
async function startAndStore(answer: Answer): Promise<IssuerScene> {
  const started = await start(answer);
  await fetchAndStore(started);
  return started;
}
const filesOf = (kind: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith(kind))
    .map((name) => join(directory, name));
const storedAt = (): unknown[] =>
  filesOf(".keys").map((file) => JSON.parse(readFileSync(file, "utf8").split("\n")[1] ?? "").loaded_at);

describe("a process that starts while the provider is down", () => {
  it("has the keys of the process before it, at once, with their age, and says so", async () => {
    scene = await startAndStore(keySetOf(first));
    clock += 3_600_000;
    scene = await start(status(503));
    expect(await scene.findAll(["1", "1", "2"])).toEqual([FOUND, FOUND, UNKNOWN]);
    expect(scene.keys.hasKeys()).toBe(true);
    const place = { state: "serving", keys: 1, loadedAt: NOW * 1000, isRestored: true, failures: 1 };
    expect(scene.keys.status()).toMatchObject([place]);
    const since = new Date(NOW * 1000).toISOString();
    const notLoaded = new RegExp(
      `keys not loaded: .*503; keys from the state directory are in effect, fetched ${since}$`,
    );
    expect(scene.log).toEqual([
      expect.stringContaining(`keys in effect from the state directory, fetched ${since}: ES256 "1"`),
      expect.stringMatching(notLoaded),
    ]);
  });

  it("is ready with these keys, so no request waits for the provider", async () => {
    scene = await startAndStore(keySetOf(first));
    scene = await start((_request, _response) => {}); // Never answers.
    await scene.keys.prepare();
    expect(scene.keys.find(joseHeaderOf({ kid: "1" }))).not.toBeInstanceOf(Promise);
  });

  it("has these keys until max_stale, counted from the fetch of the earlier process, over any number of restarts", async () => {
    scene = await startAndStore(keySetOf(first));
    for (const [ms, isFound] of [
      [MAX_STALE_MS - 1, true],
      [MAX_STALE_MS, false],
    ] as const) {
      clock = NOW * 1000 + ms;
      scene = await start(status(503));
      expect((await scene.find("1")) === FOUND).toBe(isFound);
      expect(scene.keys.status()).toMatchObject([{ state: isFound ? "serving" : "too_old" }]);
    }
  });

  it("has no keys before it knows which of them leaked earlier", async () => {
    scene = await startAndStore(keySetOf(first));
    const store = openStore();
    const [isRead, gate] = [createDeferred(), createDeferred()];
    const slow: KeyStore = {
      ...emptyStore,
      readKeySet: (place) => store.readKeySet(place).finally(isRead.resolve),
      readLeaked: (issuer) => gate.promise.then(() => store.readLeaked(issuer)),
    };
    await scene.stop();
    server.answer("/jwks", status(503));
    scene = await setUpIssuer(["jwks"], ["ES256", "RS256"], slow, server);
    const { keys } = scene;
    void keys.prepare();
    await isRead.promise;
    for (let turn = 0; turn < 50; turn += 1) {
      await new Promise(setImmediate);
    }
    expect(keys.hasKeys()).toBe(false);
    gate.resolve();
    await expect.poll(() => keys.hasKeys()).toBe(true);
  });

  it.each([
    ["was emptied", { json: { keys: [] } }],
    ["published its private part", { json: { keys: [leak(first)] } }],
  ])("has no key of a set that %s", async (_what, answer) => {
    scene = await startAndStore(keySetOf(first));
    scene.serve(answer);
    scene.clock += 1_000;
    await fetchAndStore(scene);
    clock += 2_000;
    scene = await start(status(503));
    expect(await scene.find("1")).not.toBe(FOUND);
    expect(scene.keys.status()).toMatchObject([{ state: "without_keys", keys: 0, isRestored: true }]);
  });

  it("has no withdrawn key, and still refuses a leaked key from every source of the policy", async () => {
    scene = await startAndStore({ json: { keys: [leak(first), second.publicJwk] } });
    await expect.poll(() => filesOf(".leaked")).toHaveLength(1);
    scene = await start({ json: { keys: [first.publicJwk, second.publicJwk] } });
    await scene.keys.refresh();
    expect(await scene.findAll(["1", "2"])).toEqual([UNKNOWN, FOUND]);
    scene = await start(keySetOf(first, second), { places: ["other", "jwks"] });
    await scene.keys.refresh();
    expect(await scene.findAll(["1", "2"])).toEqual([UNKNOWN, FOUND]);
  });

  it.each<[what: string, options: Options]>([
    ["algorithms", { algorithms: ["ES256"] }],
    ["addresses", { places: ["other"] }],
    ["number of places", { places: ["jwks", "other"] }],
  ])("has no keys if its policy has other %s", async (_what, options) => {
    scene = await startAndStore(keySetOf(first));
    scene = await start(status(503), options);
    expect(await scene.find("1")).not.toBe(FOUND);
  });

  it("has no keys if the clock was more than five minutes ahead at the fetch, until this time has come", async () => {
    scene = await startAndStore(keySetOf(first));
    clock -= 300_001;
    scene = await start(status(503));
    expect(await scene.find("1")).not.toBe(FOUND);
    scene.clock += 300_001;
    expect(await scene.find("1")).toBe(FOUND);
  });

  it("has no keys if the files are damaged, and fetches as usual", async () => {
    scene = await startAndStore(keySetOf(first));
    for (const file of filesOf(".keys")) {
      writeFileSync(file, readFileSync(file, "utf8").replace('"kid":"1"', '"kid":"2"'));
    }
    scene = await start(keySetOf(first));
    expect(await scene.findAll(["2", "1"])).toEqual([UNKNOWN, FOUND]);
  });
});

describe("a process that starts while the provider answers", () => {
  it("requests keys at once, and the answer replaces the stored keys", async () => {
    scene = await startAndStore(keySetOf(first));
    scene = await start(keySetOf(second));
    await scene.keys.prepare();
    await scene.keys.refresh(); // Joins.
    expect(fetches()).toBe(1);
    expect(await scene.findAll(["1", "2"])).toEqual([UNKNOWN, FOUND]);
    expect(scene.keys.status()).toMatchObject([{ isRestored: false, loadedAt: clock }]);
  });

  it("requests keys even if no request comes and no policy is prepared", async () => {
    scene = await startAndStore(keySetOf(first));
    scene = await start(keySetOf(second));
    const { keys } = scene;
    await expect.poll(() => keys.status()).toMatchObject([{ isRestored: false, keys: 1 }]);
    expect(fetches()).toBe(1);
  });

  it("finds a new key for requests that came before the answer", async () => {
    scene = await startAndStore(keySetOf(first));
    scene = await start(keySetOf(first, second));
    expect(await scene.findAll(["2", "1", "3"])).toEqual([FOUND, FOUND, UNKNOWN]);
  });

  it("continues to store: each refresh renews the age", async () => {
    scene = await startAndStore(keySetOf(first));
    scene.clock += COOLDOWN_MS;
    await fetchAndStore(scene);
    expect(storedAt()).toEqual([NOW * 1000 + COOLDOWN_MS]);
  });
});

describe("the stored data", () => {
  it("are public: no private part, no secret, and no keys that the plugin does not use", async () => {
    const secret = Buffer.alloc(32, 7).toString("base64url");
    const unused = generateSigningKey("EdDSA", "unused");
    const keys = [leak(second), first.publicJwk, { kty: "oct", k: secret }, unused.publicJwk];
    scene = await startAndStore({ json: { keys, note: "c2VjcmV0" } });
    await expect.poll(() => filesOf(".leaked")).toHaveLength(1);
    const text = [...filesOf(".keys"), ...filesOf(".leaked")].map((file) => readFileSync(file, "utf8")).join();
    for (const absent of [leak(second).d, secret, unused.publicJwk.x, "c2VjcmV0", '"d"', '"k"']) {
      expect(text).not.toContain(absent);
    }
    expect(text).toContain(first.publicJwk.x);
    expect(text).toContain(await calculateJwkThumbprint(second.publicJwk));
  });

  it("do not include keys from the policy itself", async () => {
    scene = await setUpIssuer([{ from: "jwks", jwks: { keys: [{ ...first.publicJwk }] } }], ["ES256"], openStore());
    expect(await scene.find("1")).toBe(FOUND);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("stay unchanged if the source does not answer", async () => {
    scene = await startAndStore(keySetOf(first));
    scene.serve(status(500));
    scene.clock += COOLDOWN_MS;
    await scene.keys.refresh();
    expect(storedAt()).toEqual([NOW * 1000]);
  });
});

it.each<[event: string, happen: (scene: IssuerScene) => unknown]>([
  ["the provider has answered", ({ load }) => load(keySetOf(first))],
  ["the issuer has ended", ({ keys }) => keys.stop()],
])("stored keys have no effect if %s before they are read", async (_event, happen) => {
  const disk = createDeferred<StoredKeySet>();
  scene = await setUpIssuer(["jwks"], ["ES256"], { ...emptyStore, readKeySet: () => disk.promise });
  await happen(scene);
  disk.resolve({ keys: [{ ...second.publicJwk }], loadedAt: clock });
  expect(await scene.find("2")).not.toBe(FOUND);
});

it("requests that wait for the disk have the same limit as all others", async () => {
  const disk = createDeferred<undefined>();
  scene = await setUpIssuer(["jwks"], ["ES256"], { ...emptyStore, readKeySet: () => disk.promise });
  onTestFinished(() => disk.resolve(undefined));
  scene.serve(keySetOf(first));
  const { find } = scene;
  const waiting = Array.from({ length: 256 }, () => find("1"));
  expect(await scene.find("1")).toBe("overloaded");
  disk.resolve(undefined);
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([FOUND]));
});
