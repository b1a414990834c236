import { createHmac, generateKeyPairSync, randomBytes } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { KeyLookup } from "../../../plugin/core/model/key.ts";
import type { KeyOrigin } from "../../../plugin/core/model/policy.ts";
import { PASSED } from "../../../plugin/core/model/result.ts";
import { FollowedFile } from "../../../plugin/keys/life/followed-file.ts";
import { IssuerKeys } from "../../../plugin/keys/life/issuer-keys.ts";
import type { KeyFiles } from "../../../plugin/keys/life/load-key-set.ts";
import type { KeyStore } from "../../../plugin/keys/store/key-store.ts";
import { createRootFiles } from "../../../plugin/runtime/load/root-files.ts";
import { compileIssuer, joseHeaderOf } from "../../core/fixtures.ts";
import { logInto, silentLog } from "../../logs.ts";
import { unwrap, valueOrNone } from "../../results.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { generateSigningKey, type SigningKey } from "../../tokens.ts";
import { CERTIFICATE } from "../fetch/certificate.ts";
import { keySetOf } from "../key-server.ts";
import { noFiles } from "../store/no-files.ts";
import { emptyStore, TIMINGS } from "./issuer-scene.ts";

const first = generateSigningKey("ES256", "1");
const second = generateSigningKey("ES256", "2");
type FileOrigin = KeyOrigin & { readonly file: string };
const SET: FileOrigin = { from: "jwks_file", file: "idp.json" };
const PEM: FileOrigin = { from: "pem_file", file: "idp.pem", kid: "1" };
const SECRET: FileOrigin = { from: "secret_file", file: "idp.key", kid: "1", encoding: "hex" };

interface Place {
  readonly keys: IssuerKeys;
  readonly log: readonly string[];
  write(file: string, content: string | Uint8Array): Promise<void>;
  remove(file: string): Promise<void>;
  removeRoot(): Promise<void>;
  has(kid: string | undefined, alg?: string): boolean;
}

/** An issuer with keys in files, which are checked every 10 ms. */
async function setUp(origins: readonly KeyOrigin[], contents: Record<string, string | Uint8Array>): Promise<Place> {
  const root = temporaryFolder(onTestFinished);
  const write = async (file: string, content: string | Uint8Array): Promise<void> => {
    await writeFile(join(root, `${file}.new`), content);
    await rename(join(root, `${file}.new`), join(root, file));
  };
  for (const [file, content] of Object.entries(contents)) {
    await write(file, content);
  }
  const log: string[] = [];
  const issuer = { ...compileIssuer(), algorithms: new Set(["ES256", "HS256"]), keys: origins };
  const ports = { now: Date.now, log: logInto(log), files: createRootFiles(root) };
  const keys = new IssuerKeys(issuer, ports, { ...TIMINGS, filePollMs: 10, retryMs: 10 });
  onTestFinished(() => keys.stop());
  void keys.prepare();
  return {
    keys,
    log,
    write,
    remove: (file) => rm(join(root, file)),
    removeRoot: () => rm(root, { recursive: true, maxRetries: 5 }),
    has(kid, alg = "ES256") {
      const lookup = keys.find(joseHeaderOf({ kid, alg }));
      return !(lookup instanceof Promise) && lookup.ok;
    },
  };
}
/** Timers that keep the process alive. */
const countTimers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
const json = (...keys: readonly SigningKey[]): string => JSON.stringify(keySetOf(...keys).json);
const until = (holds: () => boolean): Promise<void> => expect.poll(holds).toBe(true);

/** Whether another key has replaced a key that was found. */
const isReplaced = (keys: IssuerKeys, before: KeyLookup, alg: string): boolean => {
  const now = keys.find(joseHeaderOf({ kid: "1", alg }));
  return !(now instanceof Promise) && now.ok && now.value !== valueOrNone(before);
};

it.each([true, false])(
  "a version of a file that only one poll has found counts as complete if it is urgent: %s",
  async (isUrgent) => {
    const file = new FollowedFile("f", { ...noFiles, identify: async () => "1" });
    expect(await file.hasChanged(isUrgent)).toBe(isUrgent);
  },
);

describe("keys in files", () => {
  it("of all kinds belong together, and are loaded when every file is loaded", async () => {
    const secret = randomBytes(32);
    const origins = [SET, { ...PEM, file: "cert.pem", kid: "cert" }, { ...SECRET, file: "s.key", kid: "s" }];
    const { keys, has, write } = await setUp(origins, { "idp.json": json(first), "cert.pem": CERTIFICATE });
    await until(() => has("1") && has("cert"));
    expect([keys.hasKeys(), has("s", "HS256")]).toEqual([false, false]);
    await write("s.key", secret.toString("hex"));
    await until(() => has("s", "HS256"));
    expect(keys.hasKeys()).toBe(true);
    const lookup = await keys.find(joseHeaderOf({ kid: "s", alg: "HS256" }));
    const input = Buffer.from("a.b");
    expect(unwrap(lookup).verify(input, createHmac("sha256", secret).update(input).digest())).toBe(PASSED);
  });

  it("are read again when the file changes, and removed keys are no longer used", async () => {
    const { has, write } = await setUp([SET], { "idp.json": json(first) });
    await until(() => has("1"));
    await write("idp.json", json(second));
    await until(() => has("2"));
    expect(has("1")).toBe(false);
  });

  const places: readonly (readonly [origin: FileOrigin, content: string, alg: string])[] = [
    [SET, json(first), "ES256"],
    [PEM, CERTIFICATE, "ES256"],
    [SECRET, randomBytes(32).toString("hex"), "HS256"],
  ];

  const cut = /idp\.pem: the file is damaged, or its key is of an unknown type$/;
  const two = /idp\.pem: the file must have one public key or certificate in PEM, but it has 2$/;
  it.each<[place: number, what: string, content: string, why: RegExp]>([
    [0, "no JSON", `{"secret`, /idp\.json: the file is not a JSON object: ends inside a string$/],
    [0, "JSON that is cut off", json(first).slice(0, -1), /idp\.json: the file is not a JSON object: bad object$/],
    [0, "a member twice", '{"keys": [], "keys": []}', /idp\.json: the file is not a JSON object: duplicate member$/],
    [0, "no list `keys`", "{}", /idp\.json: it is not a key set: it has no list "keys"$/],
    [0, "too much", " ".repeat(300_000), /idp\.json: the file has 300000 bytes, at most 262144 are read$/],
    [1, "a certificate that is cut off", CERTIFICATE.slice(0, 90), cut],
    [1, "two certificates", CERTIFICATE + CERTIFICATE, two],
  ])(
    "stay in use if the file (%i) has %s, because this is not an answer about keys",
    async (place, _what, content, why) => {
      const [origin, good] = places[place] ?? [SET, ""];
      const { has, write, log } = await setUp([origin], { [origin.file]: good });
      await until(() => has("1"));
      await write(origin.file, content);
      await until(() => why.test(log.at(-1) ?? ""));
      expect(has("1")).toBe(true);
    },
  );

  it("stay in use if the whole root is missing, for example an unmounted volume", async () => {
    const { has, removeRoot, log } = await setUp([SET], { "idp.json": json(first) });
    await until(() => has("1"));
    await removeRoot();
    await until(() => /keys not loaded: idp\.json: ENOENT/.test(log.at(-1) ?? ""));
    expect(has("1")).toBe(true);
  });

  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ type: "spki", format: "pem" });
  it.each<[place: number, what: string, content: string | undefined, why: RegExp]>([
    [0, "is removed", undefined, /; the file idp\.json does not exist$/],
    [0, "is empty", "", /; idp\.json is empty$/],
    [0, "has an empty set", json(), /no usable key$/],
    [
      0,
      "has the key with its private part",
      JSON.stringify({ keys: [first.privateKey.export({ format: "jwk" })] }),
      /; key 0: the key's private part is published/,
    ],
    [1, "is removed", undefined, /; the file idp\.pem does not exist$/],
    [1, "is empty", "\n", /; idp\.pem is empty$/],
    [1, "has a key for other algorithms", String(rsa), /; key 0, kid "1": the key fits RS256, .* do not name$/],
    [
      1,
      "has a private key",
      String(first.privateKey.export({ type: "pkcs8", format: "pem" })),
      /; the file has a private/,
    ],
    [2, "is removed", undefined, /; the file idp\.key does not exist$/],
    [2, "is empty", "", /; idp\.key is empty$/],
    [2, "is too short", "00ff", /; HS256 needs 32 bytes or more; the secret has 2$/],
    [2, "is in another encoding", "not hex", /; idp\.key: ./],
    [2, "has a public key", CERTIFICATE, /; idp\.key: ./],
    [2, "has another secret", randomBytes(48).toString("hex"), /./],
  ])(
    "are no longer used when the file (%i) %s, and are used again when it is back",
    async (place, what, content, why) => {
      const [origin, good, alg] = places[place] ?? [SET, "", "ES256"];
      const { keys, has, write, remove, log } = await setUp([origin], { [origin.file]: good });
      await until(() => has("1", alg));
      const before = await keys.find(joseHeaderOf({ kid: "1", alg }));
      await (content === undefined ? remove(origin.file) : write(origin.file, content));
      if (what === "has another secret") {
        await until(() => isReplaced(keys, before, alg));
        return;
      }
      await until(() => !has("1", alg));
      expect(log.at(-1)).toMatch(/no usable key is left: its last answer has no usable key/);
      const failure = expect.stringMatching(why);
      expect(keys.status()).toMatchObject([{ state: "without_keys", keys: 0, failure }]);
      await write(origin.file, good);
      await until(() => (what.includes("private") ? true : has("1", alg)));
    },
  );

  it("are not read from outside the root", async () => {
    const { keys, log } = await setUp([{ from: "jwks_file", file: "../idp.json" }], {});
    await until(() => log.length > 0);
    const outside = expect.stringContaining("../idp.json: the file lies outside the policy root; move it there");
    expect([keys.hasKeys(), log]).toEqual([false, [outside]]);
  });
});

it("the timer of a file keeps no process alive", async () => {
  const before = countTimers();
  const { has } = await setUp([SET], { "idp.json": json(first) });
  await until(() => has("1"));
  expect(countTimers()).toBeLessThanOrEqual(before);
});

it("keys in a file never become too old, and are read only from the file", async () => {
  let clock = Date.now();
  const files: KeyFiles = { identify: async () => "v1", read: async () => Buffer.from(json(first)) };
  const stored: string[] = [];
  const note = async (place: string): Promise<undefined> => void stored.push(place);
  const store: KeyStore = { ...emptyStore, readKeySet: note, saveKeySet: note };
  const issuer = { ...compileIssuer({ algorithms: ["ES256"] }), keys: [SET] };
  const keys = new IssuerKeys(issuer, { now: () => clock, log: silentLog, files, store }, { ...TIMINGS, idleMs: 1e12 });
  onTestFinished(() => keys.stop());
  await keys.refresh();
  for (const days of [0, 4, 400, -800]) {
    clock += days * 86_400_000;
    expect(await keys.find(joseHeaderOf({ kid: "1" })), `${days} days`).toMatchObject({ value: { kid: "1" } });
  }
  expect(stored).toEqual([]);
});

it("a kid in two key sets belongs to the first, and a token without kid may use this key", async () => {
  const twin = generateSigningKey("ES256", "1");
  const origins = [SET, { ...SET, file: "new.json" }];
  const { keys, has } = await setUp(origins, { "idp.json": json(first), "new.json": json(twin) });
  await until(() => keys.hasKeys());
  expect([has("1"), has(undefined)]).toEqual([true, true]);
});

it("a secret that the issuer publishes in its key set is leaked, and no longer used", async () => {
  const secret = randomBytes(32);
  const contents = { "idp.json": json(first), "s.key": secret.toString("hex") };
  const { keys, has, write } = await setUp([SET, { ...SECRET, file: "s.key", kid: "s" }], contents);
  await until(() => keys.hasKeys());
  expect(has("s", "HS256")).toBe(true);
  const published = { kty: "oct", kid: "x", k: secret.toString("base64url") };
  await write("idp.json", JSON.stringify({ keys: [first.publicJwk, published] }));
  await until(() => !has("s", "HS256"));
  expect(has("1")).toBe(true);
});

describe("a file that changes while it is checked", () => {
  /** Files whose versions and contents the test sets, with fake timers. */
  async function setUpFiles(onRead: (state: { version: string; content: string }) => void) {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const state = { version: "v1", content: json(first), reads: 0 };
    const files: KeyFiles = {
      identify: async () => state.version,
      async read() {
        state.reads += 1;
        const { content } = state;
        onRead(state);
        return Buffer.from(content);
      },
    };
    const issuer = { ...compileIssuer({ algorithms: ["ES256"] }), keys: [SET] };
    const keys = new IssuerKeys(issuer, { now: Date.now, log: silentLog, files }, TIMINGS);
    onTestFinished(() => keys.stop());
    const look = async (): Promise<void> => {
      vi.advanceTimersByTime(TIMINGS.filePollMs);
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    };
    const has = async (kid: string): Promise<boolean> => (await keys.find(joseHeaderOf({ kid }))).ok;
    return { state, keys, look, has };
  }

  it("during the read is read again, because its content belongs to no version", async () => {
    const { keys, look, has } = await setUpFiles((state) => {
      state.version = "v2";
      state.content = json(second);
    });
    await keys.refresh();
    expect(keys.status()).toMatchObject([{ failure: "idp.json: the file changed while it was read" }]);
    await look();
    await expect.poll(() => has("2")).toBe(true);
    expect(await has("1")).toBe(false);
  });

  it("is read when two checks in a row found the same version, and not earlier while its keys are in use", async () => {
    const { state, keys, look, has } = await setUpFiles(() => {});
    await keys.refresh();
    Object.assign(state, { version: "v2", content: "" });
    await look();
    expect([state.reads, await has("1")]).toEqual([1, true]);
    Object.assign(state, { version: "v3", content: json(second) });
    await look();
    expect([state.reads, await has("1")]).toEqual([1, true]);
    await look();
    await expect.poll(() => has("2")).toBe(true);
    expect(state.reads).toBe(2);
  });

  it("is not read because a token has an unknown kid", async () => {
    const { state, keys, has } = await setUpFiles(() => {});
    await keys.refresh();
    expect([await has("x"), await has("y"), state.reads]).toEqual([false, false, 1]);
  });
});
