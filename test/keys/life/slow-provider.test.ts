import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { generateSigningKey } from "../../tokens.ts";
import { keySetOf } from "../key-server.ts";
import { COOLDOWN_MS, type IssuerScene, setUpIssuer, TIMINGS } from "./issuer-scene.ts";

const first = generateSigningKey("ES256", "1");
const second = generateSigningKey("ES256", "2");
let scene: IssuerScene;
/** The answers that the provider has not given yet. */
let held: ServerResponse[];
beforeEach(async () => {
  scene = await setUpIssuer();
  held = [];
});
afterEach(() => scene.stop());

/** From now on, the provider receives requests and does not answer them. */
const hold = (): void => scene.serve((_request, response) => void held.push(response));
const answer = (): void => held.pop()?.end(JSON.stringify(keySetOf(first, second).json)) as undefined;
const asked = (): Promise<void> => expect.poll(() => held).toHaveLength(1);

it("a request waits for a slow load at most until the limit, and a key that comes later is used", async () => {
  hold();
  const waiting = scene.find("1");
  await asked();
  vi.advanceTimersByTime(TIMINGS.maxWaitMs - 1);
  expect(scene.isFetching()).toBe(true);
  vi.advanceTimersByTime(1);
  expect(await waiting).toBeTypeOf("number");
  answer();
  expect(await scene.find("1")).toBe("found");
});

it("a token whose kid is unknown gets 503 after that wait, because its key may still come; a known kid never waits", async () => {
  await scene.load(keySetOf(first));
  hold();
  scene.clock += COOLDOWN_MS;
  const waiting = scene.find("2");
  await asked();
  expect(await scene.find("1")).toBe("found");
  vi.advanceTimersByTime(TIMINGS.maxWaitMs);
  expect(await waiting).toBe(1);
  answer();
  await scene.keys.refresh();
  expect(await scene.findAll(["2", "3"])).toEqual(["found", "unknown"]);
});

it("a token whose kid is unknown is reported as invalid at once if the provider answered in time", async () => {
  await scene.load(keySetOf(first));
  const timers = vi.getTimerCount();
  scene.clock += COOLDOWN_MS;
  expect(await scene.find("2")).toBe("unknown");
  expect(vi.getTimerCount()).toBe(timers); // No timer of a wait is left.
});

it("the issuer's timeout ends a load", async () => {
  await scene.stop();
  scene = await setUpIssuer(["jwks"], ["ES256"], undefined, undefined, { timeout: "1s" });
  hold();
  await scene.keys.refresh();
  const failure = `GET ${scene.server.origin}/jwks failed: no complete answer in 1000 ms`;
  expect(scene.keys.status()).toMatchObject([{ state: "waiting", failures: 1, failure }]);
});
