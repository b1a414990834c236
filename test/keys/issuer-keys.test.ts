import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { joseHeaderOf } from "../core/fixtures.ts";
import { generateSigningKey } from "../tokens.ts";
import { COOLDOWN_MS, type IssuerScene, MAX_STALE_MS, setUpIssuer, WEAK_JWK } from "./issuer-scene.ts";
import { type Answer, keySetOf, status } from "./key-server.ts";

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

describe("fetches once for all who wait", () => {
  it("when twenty requests come before the first set", async () => {
    expect(await scene.findAll(Array.from({ length: 20 }, () => "1"))).toEqual(Array.from({ length: 20 }, () => FOUND));
    expect(scene.fetches()).toBe(1);
  });

  it("when a refresh is under way", async () => {
    expect(await Promise.all([scene.keys.refresh(), scene.keys.refresh(), scene.find("1")])).toEqual([
      undefined,
      undefined,
      FOUND,
    ]);
    expect(scene.fetches()).toBe(1);
  });

  it("and answers a known kid at once, without a promise, also while it fetches", async () => {
    await scene.keys.refresh();
    const refreshing = scene.keys.refresh();
    const lookup = scene.keys.find(joseHeaderOf({ kid: "1" }));
    expect(lookup).not.toBeInstanceOf(Promise);
    expect(lookup).toMatchObject({ found: { kid: "1" } });
    await refreshing;
  });
});

describe("an unknown kid", () => {
  beforeEach(() => scene.keys.refresh());

  it("causes no fetch one millisecond before the cooldown ends, and one at its end", async () => {
    scene.clock += COOLDOWN_MS - 1;
    expect(scene.keys.find(joseHeaderOf({ kid: "2" }))).toEqual({ found: undefined, because: UNKNOWN });
    expect(scene.fetches()).toBe(1);
    scene.clock += 1;
    expect(await scene.find("2")).toBe(UNKNOWN);
    expect(scene.fetches()).toBe(2);
  });

  it("causes one fetch per cooldown, however many there are", async () => {
    for (let round = 1; round <= 3; round += 1) {
      scene.clock += COOLDOWN_MS;
      await scene.findAll(Array.from({ length: 50 }, (_, index) => `unknown-${index}`));
      expect(await scene.find("another")).toBe(UNKNOWN);
      expect(scene.fetches()).toBe(1 + round);
    }
  });

  it("is found once the issuer publishes its key, for all who wait, and the old one as long as it is published", async () => {
    scene.serve(keySetOf(first, second));
    scene.clock += COOLDOWN_MS;
    expect(await scene.findAll(["2", "2", "1"])).toEqual([FOUND, FOUND, FOUND]);
    expect(scene.fetches()).toBe(2);
    scene.serve(keySetOf(second));
    await scene.keys.refresh();
    expect(await scene.findAll(["1", "2"])).toEqual([UNKNOWN, FOUND]);
  });

  it("counts the cooldown from the last attempt, a failed one too", async () => {
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

describe("a set that is not usable never replaces a good one", () => {
  it.each<[what: string, answer: Answer]>([
    ["an empty set", { json: { keys: [] } }],
    ["no set", { json: {} }],
    ["null", { json: null }],
    ["not JSON", { text: "<html>" }],
    ["only weak keys", { json: { keys: [WEAK_JWK] } }],
    ["only keys for other algorithms", { json: { keys: [generateSigningKey("EdDSA", "1").publicJwk] } }],
    ["status 500", status(500)],
    ["status 404", status(404)],
    ["a redirect", (_request, response) => void response.writeHead(302, { location: "/other" }).end()],
    ["a connection that breaks", (_request, response) => void response.socket?.destroy()],
  ])("%s", async (_what, answer) => {
    await scene.keys.refresh();
    scene.serve(answer);
    scene.clock += 24 * 3600 * 1000;
    await scene.keys.refresh();
    expect(await scene.findAll(["1", "2"])).toEqual([FOUND, UNKNOWN]);
    expect(scene.log.at(-1)).toMatch(/^issuer=acme .*keys not loaded: ./);
  });
});

describe("while no set ever came, keys are unavailable", () => {
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

  it("until one comes", async () => {
    scene.serve(status(503));
    expect(await scene.findAll(["1", "1"])).toEqual([8, 8]);
    scene.serve(keySetOf(first));
    scene.clock += 8_000;
    expect(await scene.findAll(["1", "2"])).toEqual([FOUND, UNKNOWN]);
    expect(scene.fetches()).toBe(2);
  });

  it.each<[what: string, answer: Answer]>([
    ["an empty set", { json: { keys: [] } }],
    ["only weak keys", { json: { keys: [WEAK_JWK] } }],
  ])("and %s is none", async (_what, answer) => {
    scene.serve(answer);
    expect(await scene.find("1")).toBe(8);
  });
});

it("at most 256 requests wait for keys: the next is sent away at once, and its token not called invalid", async () => {
  const waiting = Array.from({ length: 256 }, () => scene.find("1"));
  expect(await scene.find("1")).toBe("overloaded");
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([FOUND]));
  expect(await scene.find("1")).toBe(FOUND);
});

it("keys that nobody asked for in a day are looked at before they serve again", async () => {
  await scene.keys.refresh();
  scene.serve(keySetOf(second));
  scene.clock += 86_400_000;
  expect(await scene.find("1")).toBe(FOUND);
  scene.clock += 86_400_001;
  expect(await scene.findAll(["1", "2"])).toEqual([UNKNOWN, FOUND]);
});

describe("keys that can not be fetched anew", () => {
  beforeEach(async () => {
    await scene.keys.refresh();
    scene.serve(status(503));
  });

  it("serve up to max_stale after they came, and then tokens are not called invalid", async () => {
    scene.clock += MAX_STALE_MS - 1;
    expect(await scene.find("1")).toBe(FOUND);
    await scene.keys.refresh();
    scene.clock += 1;
    // The last attempt was a millisecond ago.
    expect([await scene.find("1"), scene.keys.hasKeys()]).toEqual([30, false]);
    await scene.keys.refresh();
    expect(scene.log.at(-1)).toMatch(/keys not loaded: .*503; the last ones are too old, and their tokens get 503$/);
  });

  it("serve again once they can", async () => {
    scene.clock += MAX_STALE_MS;
    expect(await scene.find("1")).toBe(30);
    scene.serve(keySetOf(first));
    scene.clock += COOLDOWN_MS;
    expect([await scene.find("1"), scene.keys.hasKeys()]).toEqual([FOUND, true]);
  });

  it("and the age counts from when they came, not from the last time they changed", async () => {
    scene.serve(keySetOf(first));
    scene.clock += MAX_STALE_MS - 1;
    await scene.keys.refresh();
    scene.clock += MAX_STALE_MS - 1;
    expect(await scene.find("1")).toBe(FOUND);
  });
});

it("a refresh that brings the same set leaves the same keys, so that nothing need be verified again", async () => {
  const keyOf = async () => (await scene.keys.find(joseHeaderOf({ kid: "1" }))).found;
  const before = await keyOf();
  await scene.keys.refresh();
  expect(await keyOf()).toBe(before);
  scene.serve(keySetOf(first, second));
  await scene.keys.refresh();
  expect(await keyOf()).not.toBe(before);
});

it("tells how each place of keys stands", async () => {
  const place = { from: "jwks_uri", keys: 0, loadedAt: undefined, failures: 0, failure: undefined };
  expect(scene.keys.status()).toEqual([place]);
  const loadedAt = scene.clock;
  await scene.keys.refresh();
  expect(scene.keys.status()).toEqual([{ ...place, keys: 1, loadedAt }]);
  scene.serve(status(500));
  scene.clock += 5;
  await scene.keys.refresh();
  await scene.keys.refresh();
  const failure = expect.stringMatching(/^GET .*500$/);
  expect(scene.keys.status()).toEqual([{ ...place, keys: 1, loadedAt, failures: 2, failure }]);
  scene.clock += MAX_STALE_MS;
  expect(scene.keys.status()).toEqual([{ ...place, keys: 0, loadedAt, failures: 2, failure }]);
});
