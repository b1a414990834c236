import type { JWK } from "jose";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { fail, PASSED } from "../../../plugin/core/model/result.ts";
import type { JoseHeader } from "../../../plugin/core/model/token.ts";
import { joseHeaderOf } from "../../core/fixtures.ts";
import { unwrap, valueOrNone } from "../../results.ts";
import { generateSigningKey, type SigningKey, signBytes } from "../../tokens.ts";
import { type Answer, keySetOf, status } from "../key-server.ts";
import { COOLDOWN_MS, type IssuerScene, MAX_STALE_MS, setUpIssuer, WEAK_JWK } from "./issuer-scene.ts";

const FOUND = "found";
const UNKNOWN = "unknown";
const first = generateSigningKey("ES256", "1");
const second = generateSigningKey("ES256", "2");
let scene: IssuerScene;
beforeEach(async () => {
  scene = await setUpIssuer();
  scene.serve(keySetOf(first));
});
afterEach(() => scene.stop());

describe("fetches once for all that wait", () => {
  it("if twenty requests come before the first set", async () => {
    expect(await scene.findAll(Array.from({ length: 20 }, () => "1"))).toEqual(Array.from({ length: 20 }, () => FOUND));
    expect(scene.fetches()).toBe(1);
  });

  it("if a refresh is running", async () => {
    const all = [scene.keys.refresh(), scene.keys.refresh(), scene.find("1")];
    expect(await Promise.all(all)).toEqual([undefined, undefined, FOUND]);
    expect(scene.fetches()).toBe(1);
  });

  it("and answers a known kid at once, without a promise, also while it fetches", async () => {
    await scene.keys.refresh();
    const refreshing = scene.keys.refresh();
    const lookup = scene.keys.find(joseHeaderOf({ kid: "1" }));
    expect(lookup).not.toBeInstanceOf(Promise);
    expect(lookup).toMatchObject({ value: { kid: "1" } });
    await refreshing;
  });
});

describe("an unknown kid", () => {
  beforeEach(() => scene.keys.refresh());

  it("causes no fetch one millisecond before the cooldown ends, and one at its end", async () => {
    scene.clock += COOLDOWN_MS - 1;
    expect(scene.keys.find(joseHeaderOf({ kid: "2" }))).toEqual(fail({ because: UNKNOWN }));
    expect(scene.fetches()).toBe(1);
    scene.clock += 1;
    expect(await scene.find("2")).toBe(UNKNOWN);
    expect(scene.fetches()).toBe(2);
  });

  it("causes one fetch per cooldown, for any number of unknown kids", async () => {
    for (let round = 1; round <= 3; round += 1) {
      scene.clock += COOLDOWN_MS;
      await scene.findAll(Array.from({ length: 50 }, (_, index) => `unknown-${index}`));
      expect(await scene.find("another")).toBe(UNKNOWN);
      expect(scene.fetches()).toBe(1 + round);
    }
  });

  it("is found by all waiting requests after its publication, and the old key stays as long as it is published", async () => {
    scene.serve(keySetOf(first, second));
    scene.clock += COOLDOWN_MS;
    expect(await scene.findAll(["2", "2", "1"])).toEqual([FOUND, FOUND, FOUND]);
    expect(scene.fetches()).toBe(2);
    await scene.load(keySetOf(second));
    expect(await scene.findAll(["1", "2"])).toEqual([UNKNOWN, FOUND]);
  });

  it("counts the cooldown from the last attempt, also from a failed attempt", async () => {
    scene.clock += COOLDOWN_MS;
    scene.serve(status(500));
    expect(await scene.find("2")).toBe(UNKNOWN);
    scene.clock += COOLDOWN_MS - 1;
    expect(await scene.find("2")).toBe(UNKNOWN);
    expect(scene.fetches()).toBe(2);
    scene.clock += 1;
    scene.serve(keySetOf(first, second));
    expect(await scene.find("2")).toBe(FOUND);
    expect(scene.fetches()).toBe(3);
  });

  it("counts the cooldown from a refresh in the background as well", async () => {
    scene.clock += COOLDOWN_MS - 1;
    await scene.keys.refresh();
    scene.clock += 1;
    expect(await scene.find("2")).toBe(UNKNOWN);
    expect(scene.fetches()).toBe(2);
  });
});

const leak = ({ publicJwk, privateKey }: SigningKey) => ({ ...publicJwk, d: privateKey.export({ format: "jwk" }).d });
const keysOf = (...keys: readonly unknown[]): Answer => ({ json: { keys } });

describe("a result that is not an answer about keys leaves the last good set in effect", () => {
  const brokenOff: Answer = (_request, response) =>
    void response.writeHead(200, { "content-length": 99 }).end('{"keys":[]}');
  it.each<[what: string, answer: Answer]>([
    ["no list `keys`", { json: {} }],
    ["`keys` that is no list", { json: { keys: {} } }],
    ["a list", { json: [] }],
    ["null", { json: null }],
    ["not JSON", { text: "<html>" }],
    ["nothing", { text: "" }],
    ["JSON that is cut off", { text: '{"keys":[' }],
    ["JSON with a member twice", { text: '{"keys":[],"keys":[]}' }],
    ["too much", { text: `{"keys":[],"x":"${"x".repeat(600_000)}"}` }],
    ["a web page", (_request, response) => void response.writeHead(200, { "content-type": "text/html" }).end("{}")],
    ["status 500", status(500)],
    ["status 404", status(404)],
    ["status 410", status(410)],
    ["status 203", (_request, response) => void response.writeHead(203).end('{"keys":[]}')],
    ["a redirect", (_request, response) => void response.writeHead(302, { location: "/other" }).end()],
    ["a connection that breaks", (_request, response) => void response.socket?.destroy()],
    ["a body that breaks off", brokenOff],
  ])("%s", async (_what, answer) => {
    await scene.keys.refresh();
    scene.serve(answer);
    scene.clock += 24 * 3600 * 1000;
    await scene.keys.refresh();
    expect(await scene.findAll(["1", "2"])).toEqual([FOUND, UNKNOWN]);
    expect(scene.log.at(-1)).toMatch(/^issuer=acme .*keys not loaded: ./);
    expect(scene.keys.status()).toMatchObject([{ state: "serving", keys: 1, failures: 1 }]);
  });
});

describe("an answer without a key ends the use of this key, at that fetch", () => {
  it.each<[what: string, answer: Answer]>([
    ["is empty", keysOf()],
    ["has its private part", keysOf(leak(first))],
    ["has only elements that are not keys", keysOf(null, "x", [])],
    ["has it for encryption", keysOf({ ...first.publicJwk, use: "enc" })],
    ["has it for another algorithm", keysOf({ ...first.publicJwk, alg: "ES384" })],
    ["has it in another alphabet", keysOf({ ...first.publicJwk, x: `${first.publicJwk.x}=` })],
    ["has a weak key under its kid", keysOf(WEAK_JWK)],
    ["has only keys for other algorithms", keysOf(generateSigningKey("EdDSA", "1").publicJwk)],
  ])("and if it %s, tokens get 503, because they may be valid", async (_what, answer) => {
    await scene.keys.refresh();
    expect(scene.keys.hasKeys()).toBe(true);
    await scene.load(answer);
    expect(await scene.findAll(["1", "2"])).toEqual([8, 8]);
    expect(scene.keys.hasKeys()).toBe(false);
    expect(scene.log.at(-1)).toMatch(/no usable key is left/);
    const loadedAt = scene.clock;
    const failure = expect.stringMatching(/^the key set has no usable key/);
    expect(scene.keys.status()).toMatchObject([{ state: "without_keys", keys: 0, loadedAt, failures: 1, failure }]);
    scene.serve(keySetOf(first));
    scene.clock += 8_000;
    // A leaked key stays refused, although the issuer removes the private part again.
    const isLeaked = JSON.stringify(answer).includes('"d":');
    expect(await scene.find("1")).toBe(isLeaked ? 16 : FOUND);
  });

  const many = Array.from({ length: 120 }, (_, index) => ({ kty: "x", kid: `${index}` }));
  const nameless = { ...leak(first), kid: undefined };
  it.each<[what: string, answer: Answer]>([
    ["has other keys", keySetOf(second)],
    ["has its private part beside another key", keysOf(leak(first), second.publicJwk)],
    ["has its private part under another kid", keysOf({ ...leak(first), kid: "x" }, first.publicJwk, second.publicJwk)],
    ["has its private part without its kid, last", keysOf(second.publicJwk, first.publicJwk, nameless)],
    ["has another key under its kid", keysOf({ ...WEAK_JWK }, second.publicJwk)],
    [
      "has its private part behind the keys that are read",
      keysOf(second.publicJwk, first.publicJwk, ...many, leak(first)),
    ],
  ])("and if it %s, its tokens are reported as invalid", async (_what, answer) => {
    await scene.keys.refresh();
    await scene.load(answer);
    expect(await scene.findAll(["1", "2"])).toEqual([UNKNOWN, FOUND]);
    expect(scene.keys.hasKeys()).toBe(true);
  });

  it("also for requests that wait for that answer", async () => {
    await scene.keys.refresh();
    scene.serve(keysOf(leak(first), second.publicJwk));
    scene.clock += COOLDOWN_MS;
    expect(await scene.find("2")).toBe(FOUND);
    expect(await scene.find("1")).toBe(UNKNOWN);
  });

  it("even if the same set came earlier, because a digest is only for the last answer", async () => {
    for (let time = 0; time < 2; time += 1) {
      await scene.load(keySetOf(first));
      expect(await scene.find("1")).toBe(FOUND);
      await scene.load(keysOf());
      expect(await scene.find("1")).toBe(8);
    }
  });

  it("and a leaked key is still refused after the issuer removes the private part, under any kid", async () => {
    await scene.load(keysOf(leak(first), second.publicJwk));
    await scene.load(keysOf(first.publicJwk, { ...first.publicJwk, kid: "x" }, second.publicJwk));
    expect(await scene.findAll(["1", "x", "2"])).toEqual([UNKNOWN, UNKNOWN, FOUND]);
    const reason = "its private part was published by this issuer; replace it at the issuer";
    const notUsed = ["1", "x"].map((kid) => `the ES256 key with kid "${kid}": ${reason}`);
    expect(scene.keys.status()).toMatchObject([{ notUsed }]);
  });

  it("and the provider is asked again soon, first after the pause for failures, then twice as long", async () => {
    await scene.keys.refresh();
    await scene.load(keysOf());
    scene.clock += 7_999;
    expect(await scene.find("1")).toBe(1);
    expect(scene.fetches()).toBe(2);
    scene.clock += 1;
    expect(await scene.find("1")).toBe(16);
    expect(scene.fetches()).toBe(3);
  });
});

describe("metadata that changes", () => {
  const discover = async (): Promise<void> => {
    const { server } = scene;
    server.answer("/metadata", { json: { issuer: "urn:acme", jwks_uri: `${server.origin}/jwks` } });
    server.answer("/moved", keySetOf(second));
    const previous = scene;
    const place = { from: "metadata_uri", uri: `${server.origin}/metadata`, issuer: "urn:acme" } as const;
    scene = await setUpIssuer([place], ["ES256"], undefined, server);
    onTestFinished(() => previous.stop());
    await scene.keys.refresh();
    expect(await scene.findAll(["1", "2"])).toEqual([FOUND, UNKNOWN]);
  };
  const answerAs = (json: object): void => scene.server.answer("/metadata", { json });

  it.each<[what: string, metadata: (origin: string) => object]>([
    ["names another issuer", (origin) => ({ issuer: "urn:other", jwks_uri: `${origin}/moved` })],
    ["names no issuer", (origin) => ({ jwks_uri: `${origin}/moved` })],
    ["leads to an address without an answer", (origin) => ({ issuer: "urn:acme", jwks_uri: `${origin}/none` })],
    ["leads to plain http elsewhere", () => ({ issuer: "urn:acme", jwks_uri: "http://idp.example/jwks" })],
    ["has keys itself, but leads nowhere", () => ({ issuer: "urn:acme", keys: [] })],
  ])("and %s leaves the last good keys in effect", async (_what, metadata) => {
    await discover();
    answerAs(metadata(scene.server.origin));
    await scene.keys.refresh();
    expect(await scene.findAll(["1", "2"])).toEqual([FOUND, UNKNOWN]);
  });

  it("and leads to another set ends the use of keys that the new set lacks", async () => {
    await discover();
    answerAs({ issuer: "urn:acme", jwks_uri: `${scene.server.origin}/moved` });
    await scene.keys.refresh();
    expect(await scene.findAll(["1", "2"])).toEqual([UNKNOWN, FOUND]);
  });
});

describe("an issuer with keys from two sources", () => {
  const twoPlaces = async (a: Answer, b: Answer, algorithms?: readonly string[]): Promise<void> => {
    await scene.stop();
    scene = await setUpIssuer(["jwks", "other"], algorithms);
    scene.server.answer("/other", b);
    await scene.load(a);
  };
  const algorithmOf = async (kid: string, alg: string) =>
    valueOrNone(await scene.keys.find(joseHeaderOf({ kid, alg })))?.algorithm;

  it("keeps a key that one source still has if the other source has no keys left", async () => {
    await twoPlaces(keySetOf(first), keySetOf(first, second));
    await scene.load(keysOf());
    expect(await scene.findAll(["1", "2"])).toEqual([FOUND, FOUND]);
    // The source without keys may have had the key.
    expect([await scene.find("3"), scene.keys.hasKeys()]).toEqual([8, false]);
  });

  it("says when the first source without keys gets the next request, for any state of the sources with keys", async () => {
    await twoPlaces(status(503), keySetOf(first));
    for (const wait of [8, 16, 30]) {
      expect(await scene.findAll(["1", "2"])).toEqual([FOUND, wait]);
      scene.clock += wait === 30 ? 0 : wait * 1000;
    }
    scene.server.answer("/other", keysOf());
    await scene.keys.refresh();
    expect(await scene.findAll(["1", "2"])).toEqual([8, 8]);
  });

  it.each([
    ["first", 0],
    ["second", 1],
  ])(
    "refuses a key from all sources if the %s source publishes its private part, under any kid",
    async (_what, place) => {
      const leaking = keysOf({ ...leak(first), kid: "x" }, second.publicJwk);
      const other = keySetOf(first, generateSigningKey("ES256", "3"));
      await twoPlaces(keySetOf(second), other);
      expect(await scene.findAll(["1", "2", "3"])).toEqual([FOUND, FOUND, FOUND]);
      scene.server.answer("/other", place === 0 ? other : leaking);
      await scene.load(place === 0 ? leaking : other);
      expect(await scene.findAll(["1", "2", "3"])).toEqual([UNKNOWN, FOUND, FOUND]);
    },
  );

  it("tries the keys of both sources for a token that names no key, and each key once", async () => {
    const own = { ...first.publicJwk, kid: undefined };
    await twoPlaces(keysOf(own), keysOf({ ...first.publicJwk, kid: "again" }, { ...second.publicJwk, kid: undefined }));
    const found = unwrap(await scene.keys.find(joseHeaderOf({ kid: undefined })));
    expect([found.candidates, found.kid]).toEqual([2, undefined]);
    for (const key of [first, second]) {
      expect(await found.verify(Buffer.from("x"), signBytes(key, Buffer.from("x")))).toEqual(PASSED);
    }
  });

  it("has each key once, from the first source, if the key is published as Ed25519 and as EdDSA", async () => {
    const ed = generateSigningKey("EdDSA", "e");
    const both = keysOf({ ...ed.publicJwk, alg: "Ed25519" }, { ...ed.publicJwk, kid: "e-again" });
    await twoPlaces(both, keySetOf(ed), ["EdDSA", "Ed25519"]);
    const found = await Promise.all(["EdDSA", "Ed25519", "Ed448"].map((alg) => algorithmOf("e", alg)));
    expect(found).toEqual(["EdDSA", "Ed25519", undefined]);
    expect(scene.keys.status().map(({ keys }) => keys)).toEqual([2, 0]);
  });

  it("binds a key to one algorithm, in the order of the sources", async () => {
    const rsa = generateSigningKey("RS256", "r");
    const other = keysOf({ ...rsa.publicJwk, alg: "PS256" }, second.publicJwk);
    await twoPlaces(keySetOf(rsa), other, ["RS256", "PS256", "ES256"]);
    expect([await algorithmOf("r", "RS256"), await algorithmOf("r", "PS256")]).toEqual(["RS256", undefined]);
    const reason = "a key for PS256 that is already used for RS256: each key can be used for only one algorithm";
    expect(scene.keys.status()[1]?.notUsed).toEqual([reason]);
  });
});

describe("until the first set, keys are unavailable", () => {
  it("and each failure doubles the wait, up to the cooldown", async () => {
    scene.serve(status(503));
    for (const [attempt, wait] of [8, 16, 30, 30].entries()) {
      expect(await scene.find("1")).toBe(wait);
      scene.clock += wait * 1000 - 1;
      expect(await scene.find("1")).toBe(1);
      expect(scene.fetches()).toBe(attempt + 1);
      scene.clock += 1;
    }
  });

  it("until a set comes", async () => {
    scene.serve(status(503));
    expect(await scene.findAll(["1", "1"])).toEqual([8, 8]);
    scene.serve(keySetOf(first));
    scene.clock += 8_000;
    expect(await scene.findAll(["1", "2"])).toEqual([FOUND, UNKNOWN]);
    expect(scene.fetches()).toBe(2);
  });

  it.each<[what: string, answer: Answer]>([
    ["an empty set", keysOf()],
    ["only weak keys", keysOf(WEAK_JWK)],
  ])("and %s is not a set", async (_what, answer) => {
    scene.serve(answer);
    expect(await scene.find("1")).toBe(8);
  });
});

it("at most 256 requests wait for keys: the next is rejected at once, and its token is not reported as invalid", async () => {
  const waiting = Array.from({ length: 256 }, () => scene.find("1"));
  expect(await scene.find("1")).toBe("overloaded");
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([FOUND]));
  expect(await scene.find("1")).toBe(FOUND);
});

it.each<[what: string, answer: Answer]>([
  ["keys came", keySetOf(first)],
  ["the fetch failed", status(500)],
  ["no usable key came", keysOf()],
])("a waiting request makes room for others when %s, again and again", async (_what, answer) => {
  scene.serve(answer);
  for (let round = 0; round < 3; round += 1) {
    scene.clock += COOLDOWN_MS;
    const outcomes = await scene.findAll(Array.from({ length: 257 }, () => `unknown-${round}`));
    expect(outcomes.filter((outcome) => outcome === "overloaded")).toHaveLength(1);
  }
});

it("a success ends the count of failures: the pause after the next failure is as short as after the first", async () => {
  scene.serve(status(503));
  expect(await scene.find("1")).toBe(8);
  scene.clock += 8_000;
  expect(await scene.find("1")).toBe(16);
  await scene.load(keySetOf(first));
  expect(scene.keys.status()).toMatchObject([{ failures: 0, failure: undefined }]);
  await scene.load(keysOf());
  expect(await scene.find("1")).toBe(8);
});

it("keys that were not needed for a day are checked before they are used again", async () => {
  await scene.keys.refresh();
  scene.serve(keySetOf(second));
  scene.clock += 86_400_000;
  expect(await scene.find("1")).toBe(FOUND);
  scene.clock += 86_400_001;
  expect(await scene.findAll(["1", "2"])).toEqual([UNKNOWN, FOUND]);
});

it("keys that were never needed count as idle after a day, and not earlier", () => {
  scene.clock += 86_400_000;
  expect(scene.keys.isIdle()).toBe(false);
  scene.clock += 1;
  expect(scene.keys.isIdle()).toBe(true);
});

describe("keys that cannot be fetched again", () => {
  beforeEach(async () => {
    await scene.keys.refresh();
    scene.serve(status(503));
  });

  it("are used until max_stale after the fetch, and then tokens are not reported as invalid", async () => {
    scene.clock += MAX_STALE_MS - 1;
    expect(await scene.find("1")).toBe(FOUND);
    await scene.keys.refresh();
    scene.clock += 1;
    // The last attempt was a millisecond ago.
    expect([await scene.find("1"), scene.keys.hasKeys()]).toEqual([30, false]);
    await scene.keys.refresh();
    const tooOld = /keys not loaded: .*503; the last keys are too old, and tokens signed with these keys get 503$/;
    expect(scene.log.at(-1)).toMatch(tooOld);
  });

  it("are used again after a successful fetch", async () => {
    scene.clock += MAX_STALE_MS;
    expect(await scene.find("1")).toBe(30);
    scene.serve(keySetOf(first));
    scene.clock += COOLDOWN_MS;
    expect([await scene.find("1"), scene.keys.hasKeys()]).toEqual([FOUND, true]);
  });

  it("and the age counts from the last answer, not from the last change", async () => {
    scene.serve(keySetOf(first));
    scene.clock += MAX_STALE_MS - 1;
    await scene.keys.refresh();
    scene.clock += MAX_STALE_MS - 1;
    expect(await scene.find("1")).toBe(FOUND);
  });
});

it("a refresh with the same set keeps the same key objects, so that no signature is verified again", async () => {
  const keyOf = async () => valueOrNone(await scene.keys.find(joseHeaderOf({ kid: "1" })));
  const before = await keyOf();
  await scene.keys.refresh();
  expect(await keyOf()).toBe(before);
  await scene.load(keySetOf(first, second));
  expect(await keyOf()).not.toBe(before);
});

it("says for each key of a set without usable keys why the plugin does not use it", async () => {
  const otherAlgorithm = generateSigningKey("ES384", "3").publicJwk;
  await scene.load(keysOf(WEAK_JWK, otherAlgorithm));
  expect(scene.keys.status()[0]?.failure).toMatch(/^the key set has no usable key; .*1024 bits.*; .*"3"/);
});

it("describes no keys and no failures before the first load", () => {
  expect(scene.keys.describe()).toEqual({ keys: [], notUsed: [], failures: [] });
});

it("describes for the log which keys are in effect, why others are not used, and why the last load failed", async () => {
  await scene.load(keysOf(leak(first), second.publicJwk));
  const other = { ...generateSigningKey("ES256", "3").publicJwk, use: "enc" };
  await scene.load(keysOf(WEAK_JWK, other, first.publicJwk, second.publicJwk));
  const overview = scene.keys.describe();
  expect(overview).toEqual({
    keys: [expect.objectContaining({ kid: "2", algorithm: "ES256" })],
    notUsed: [
      expect.stringContaining("1024 bits"),
      expect.stringContaining("not meant for signatures"),
      expect.stringContaining("its private part was published by this issuer"),
    ],
    failures: [],
  });
  scene.serve(status(503));
  await scene.keys.refresh();
  expect(scene.keys.describe()).toEqual({ ...overview, failures: [expect.stringMatching(/^GET .* 503$/)] });
  expect(scene.keys.describe()).toBe(scene.keys.describe());
});

it("reports the state of each source of keys", async () => {
  const nothing = { isRestored: false, notUsed: [], warnings: [] };
  const place = { from: "jwks_uri", state: "serving", keys: 1, failures: 0, failure: undefined, ...nothing };
  const none = { ok: 0, failed: 0 };
  expect(scene.keys.status()).toEqual([{ ...place, state: "waiting", keys: 0, loadedAt: undefined, loads: none }]);
  const loadedAt = scene.clock;
  await scene.keys.refresh();
  expect(scene.keys.status()).toEqual([{ ...place, loadedAt, loads: { ok: 1, failed: 0 } }]);
  scene.serve(status(500));
  scene.clock += 5;
  await scene.keys.refresh();
  await scene.keys.refresh();
  const failed = { failures: 2, failure: expect.stringMatching(/^GET .*500$/), loads: { ok: 1, failed: 2 } };
  expect(scene.keys.status()).toEqual([{ ...place, loadedAt, ...failed }]);
  scene.clock += MAX_STALE_MS;
  expect(scene.keys.status()).toEqual([{ ...place, state: "too_old", keys: 0, loadedAt, ...failed }]);
});

it("reports published private keys first, then what the operator should write into the policy", async () => {
  const rsa = generateSigningKey("RS256", "r").publicJwk;
  await scene.stop();
  scene = await setUpIssuer(["jwks"], ["RS256", "PS256", "ES256"]);
  await scene.load(keysOf({ ...rsa, alg: undefined }, leak(first)));
  const [published, note] = [/^key 1, kid "1": .* published/, /^key 0, kid "r": the key has no alg/];
  const warnings = [published, note].map((text) => expect.stringMatching(text));
  expect(scene.keys.status()).toMatchObject([{ state: "serving", keys: 1, warnings }]);
  expect(scene.log).toEqual([
    ...warnings.map(() => expect.anything()),
    expect.stringMatching(/keys in effect: RS256 "r"$/),
  ]);
  expect(scene.log[0]).toMatch(/ key 1, kid "1": /);
});

describe("a clock that is set back", () => {
  it("by more than five minutes makes the age of keys unknown: the plugin fetches the keys again before it uses them", async () => {
    await scene.keys.refresh();
    scene.clock -= 300_001;
    scene.serve(keySetOf(second));
    expect(await scene.findAll(["1", "2"])).toEqual([UNKNOWN, FOUND]);
  });

  it("makes them unavailable while the provider is down, until the clock is right again", async () => {
    await scene.keys.refresh();
    scene.serve(status(503));
    scene.clock -= 300_001;
    expect(await scene.find("1")).not.toBe(FOUND);
    expect(scene.keys.status()).toMatchObject([{ state: "too_old", keys: 0 }]);
    scene.clock += 300_001;
    expect(await scene.find("1")).toBe(FOUND);
  });

  it("by a little has no effect", async () => {
    await scene.keys.refresh();
    scene.clock -= 300_000;
    expect(await scene.find("1")).toBe(FOUND);
    expect(scene.fetches()).toBe(1);
  });
});

describe("the period in which the keys in effect stay the same", () => {
  const DAY_MS = 86_400_000;
  const TOLERANCE_MS = 300_000;
  let start: number;
  beforeEach(async () => {
    await scene.keys.refresh();
    scene.serve(status(503));
    start = scene.clock;
  });
  /** The period, in milliseconds since the fetch. */
  const period = () => {
    const { after, before } = scene.keys.validity();
    return [after * 1000 - start, before * 1000 - start];
  };

  it("lasts from five minutes before the fetch until no request has needed the keys for a day", async () => {
    expect(period()).toEqual([-TOLERANCE_MS, DAY_MS]);
    scene.clock += 1_000;
    expect(await scene.find("1")).toBe(FOUND);
    expect(period()).toEqual([-TOLERANCE_MS, DAY_MS + 1_000]);
  });

  it("begins and ends exactly at max_stale if the provider is down", async () => {
    for (let day = 1; day <= 3; day += 1) {
      expect(scene.keys.find(joseHeaderOf({ kid: "1" }))).toMatchObject({ ok: true });
      scene.clock += DAY_MS - 1;
    }
    expect(scene.keys.find(joseHeaderOf({ kid: "1" }))).toMatchObject({ ok: true });
    expect(period()).toEqual([-TOLERANCE_MS, MAX_STALE_MS]);
    scene.clock = start + MAX_STALE_MS;
    expect(period()).toEqual([MAX_STALE_MS, MAX_STALE_MS - 3 + DAY_MS]);
  });

  it("begins now if the clock is set back by exactly five minutes, and keys are too old before", async () => {
    scene.clock -= TOLERANCE_MS;
    await scene.keys.refresh();
    expect(period()).toEqual([-TOLERANCE_MS, DAY_MS - TOLERANCE_MS]);
    scene.clock -= 1;
    expect(period()[1]).toBe(-TOLERANCE_MS);
  });

  it("has one overview of the keys, so that look-ups of unknown keys cause no work", async () => {
    const overview = scene.keys.describe();
    for (const kid of ["1", "2", "3"]) {
      await scene.find(kid);
      scene.keys.validity();
      scene.keys.status();
    }
    expect(scene.keys.describe()).toBe(overview);
  });
});

describe("keys that have only the names of their certificates", () => {
  const nameless = (key: SigningKey, x5t: string): JWK => ({ ...key.publicJwk, kid: undefined, x5t }) as unknown as JWK;
  const findBy = async (names: Partial<JoseHeader>): Promise<string | number> => {
    const lookup = await scene.keys.find(joseHeaderOf({ kid: undefined, ...names }));
    return lookup.ok ? (lookup.value.candidates ?? FOUND) : lookup.failure.because;
  };

  it("change: a new thumbprint causes one fetch per cooldown, like a new kid, and the plugin tries no key", async () => {
    await scene.load(keysOf(nameless(first, "old")));
    scene.serve(keysOf(nameless(first, "old"), nameless(second, "new")));
    expect(await findBy({ x5t: "new" })).toBe(UNKNOWN);
    expect(scene.fetches()).toBe(1);
    scene.clock += COOLDOWN_MS;
    expect(await findBy({ x5t: "new" })).toBe(FOUND);
    expect(scene.fetches()).toBe(2);
    expect(await Promise.all([{ x5t: "old" }, {}, { x5t: "next" }].map(findBy))).toEqual([FOUND, 2, UNKNOWN]);
    expect(scene.log.at(-1)).toMatch(/keys in effect: ES256 x5t "old", ES256 x5t "new"$/);
  });

  it("a token without names causes no fetch while several keys are tried", async () => {
    await scene.load(keysOf(nameless(first, "old"), nameless(second, "new")));
    scene.clock += COOLDOWN_MS;
    expect(scene.keys.find(joseHeaderOf({ kid: undefined }))).not.toBeInstanceOf(Promise);
    expect(scene.fetches()).toBe(1);
  });
});

it("the status lists twenty keys that are not used, and counts the others", async () => {
  const others = Array.from({ length: 25 }, (_, index) => ({ ...first.publicJwk, kid: `${index + 2}`, use: "enc" }));
  await scene.load(keysOf(first.publicJwk, ...others));
  const [status] = scene.keys.status();
  expect([status?.notUsed.length, status?.notUsed.at(-1)]).toEqual([21, "and 5 more"]);
});
