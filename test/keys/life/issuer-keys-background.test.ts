import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fail } from "../../../plugin/core/model/result.ts";
import { joseHeaderOf } from "../../core/fixtures.ts";
import { generateSigningKey } from "../../tokens.ts";
import { keySetOf, status } from "../key-server.ts";
import { COOLDOWN_MS, type IssuerScene, REFRESH_MS, setUpIssuer, TIMINGS, WEAK_JWK } from "./issuer-scene.ts";

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

describe("refreshes in the background", () => {
  it("when a good set is five minutes old, and not earlier", async () => {
    await scene.keys.refresh();
    scene.serve(keySetOf(second));
    vi.advanceTimersByTime(REFRESH_MS - 1);
    expect(scene.isFetching()).toBe(false);
    vi.advanceTimersByTime(1);
    expect(scene.isFetching()).toBe(true);
    await scene.keys.refresh(); // Joins the fetch that the timer started.
    expect(scene.fetches()).toBe(2);
    expect(await scene.findAll(["1", "2"])).toEqual([UNKNOWN, FOUND]);
  });

  it("earlier after a failure", async () => {
    await scene.load(status(503));
    scene.serve(keySetOf(first));
    vi.advanceTimersByTime(TIMINGS.retryMs - 1);
    expect(scene.isFetching()).toBe(false);
    vi.advanceTimersByTime(1);
    expect(scene.isFetching()).toBe(true);
    await scene.keys.refresh();
    expect(scene.fetches()).toBe(2);
    expect(await scene.find("1")).toBe(FOUND);
  });

  it("after a failure with keys: first after the cooldown, then after twice the time, up to max", async () => {
    await scene.keys.refresh();
    await scene.load(status(503));
    for (const [attempt, wait] of [30, 60, 120, 240, 480, 900, 900].entries()) {
      vi.advanceTimersByTime(wait * 1000 - 1);
      expect(scene.isFetching()).toBe(false);
      vi.advanceTimersByTime(1);
      expect(scene.isFetching()).toBe(true);
      await scene.keys.refresh();
      expect(scene.fetches()).toBe(attempt + 3);
    }
  });

  it.each([false, true])("not after a stop (during a fetch: %s)", async (isFetching) => {
    const refreshing = scene.keys.refresh();
    await (isFetching ? undefined : refreshing);
    scene.keys.stop();
    await refreshing;
    vi.advanceTimersByTime(24 * 3600 * 1000);
    expect(scene.isFetching()).toBe(false);
  });
});

describe("prepare", () => {
  it("fetches once for all that wait, and resolves when the keys are loaded", async () => {
    expect(scene.keys.hasKeys()).toBe(false);
    await Promise.all([scene.keys.prepare(), scene.keys.prepare()]);
    expect([scene.keys.hasKeys(), scene.fetches()]).toEqual([true, 1]);
  });

  it("fetches nothing if the keys are already loaded", async () => {
    await scene.keys.refresh();
    scene.clock += COOLDOWN_MS;
    await scene.keys.prepare();
    scene.clock -= 1; // Without this step back, the look-up itself would fetch.
    expect([scene.fetches(), scene.isFetching()]).toEqual([1, false]);
  });

  it("makes no request before the pause after a failure is over, even if it is called often", async () => {
    await scene.load(status(503));
    scene.clock += TIMINGS.retryMs - 1;
    for (let time = 0; time < 100; time += 1) {
      void scene.keys.prepare();
    }
    expect([scene.fetches(), scene.isFetching(), scene.keys.hasKeys()]).toEqual([1, false, false]);
    scene.clock += 1;
    scene.serve(keySetOf(first));
    await scene.keys.prepare();
    expect([scene.fetches(), scene.keys.hasKeys()]).toEqual([2, true]);
  });

  it("resolves not with an unusable set, but with the first usable set", async () => {
    scene.serve({ json: { keys: [WEAK_JWK] } });
    let isReady = false;
    const waiting = scene.keys.prepare().then(() => {
      isReady = true;
    });
    await scene.keys.refresh(); // Joins.
    expect([isReady, scene.keys.hasKeys()]).toEqual([false, false]);
    await scene.load(keySetOf(first));
    await waiting;
    expect(scene.keys.hasKeys()).toBe(true);
  });
});

it("keys that were loaded once still count after a failed fetch", async () => {
  await scene.keys.refresh();
  await scene.load(status(500));
  expect(scene.keys.hasKeys()).toBe(true);
});

describe("inline keys", () => {
  it("are imported once and never fetched again", async () => {
    await scene.stop();
    scene = await setUpIssuer([{ from: "jwks", jwks: { keys: [{ ...first.publicJwk }] } }]);
    expect(await scene.find("1")).toBe(FOUND);
    scene.clock += 3600 * 1000;
    expect(scene.keys.find(joseHeaderOf({ kid: "2" }))).toEqual(fail({ because: UNKNOWN }));
    vi.advanceTimersByTime(24 * 3600 * 1000);
    expect([scene.fetches(), scene.isFetching()]).toEqual([0, false]);
    expect(scene.log).toEqual([expect.stringMatching(/^issuer=acme .*keys in effect: ES256 "1"$/)]);
  });
});

describe("tells the operator", () => {
  it("which keys are in use and which are left out, without key material", async () => {
    await scene.load({ json: { keys: [first.publicJwk, { ...second.publicJwk, d: "c2VjcmV0" }, WEAK_JWK] } });
    const weak = 'key 2, kid "1": an RSA key of 1024 bits; only 2048 to 8192 bits are allowed';
    const lines = [
      `key 1, kid "2": the key's private part is published`,
      `keys not used: ${weak}`,
      'keys in effect: ES256 "1"',
    ];
    expect(scene.log).toEqual(lines.map((line) => expect.stringMatching(`^issuer=acme .*${line}`)));
    expect(scene.log.join()).not.toMatch(/c2VjcmV0/);
  });

  it("only changes: not the same set again, but each change and each recovery", async () => {
    const lines: number[] = [];
    const one = keySetOf(first);
    for (const answer of [one, one, status(500), status(500), one, keySetOf(second)]) {
      await scene.load(answer);
      lines.push(scene.log.length);
    }
    expect(lines).toEqual([1, 1, 2, 2, 3, 4]);
  });

  it.each([
    ["without a kid", {}, "ES256 null"],
    ["with only a certificate's name", { x5t: "Zm9v" }, 'ES256 x5t "Zm9v"'],
    [
      "with only a long name, of which 64 characters are shown",
      { x5t: "x".repeat(65) },
      `ES256 x5t "${"x".repeat(64)}"`,
    ],
    ["with a kid and a certificate's name", { kid: "k", x5t: "Zm9v" }, 'ES256 "k"'],
    ["with a long kid, of which 64 characters are shown", { kid: "k".repeat(65) }, `ES256 "${"k".repeat(64)}"`],
  ])("about a key %s", async (_what, names, shown) => {
    const { kid: _, ...publicJwk } = first.publicJwk;
    await scene.load({ json: { keys: [{ ...publicJwk, ...names }] } });
    expect(scene.log.map((line) => line.split("keys in effect: ")[1])).toEqual([shown]);
  });

  it("about a kid in one line, for any text of the kid", async () => {
    await scene.load({ json: { keys: [{ ...first.publicJwk, kid: "1\nissuer=acme keys in effect: none" }] } });
    expect(scene.log.join("\n").split("\n")).toHaveLength(1);
  });
});
