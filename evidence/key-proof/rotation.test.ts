import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { IssuerKeys } from "../../plugin/keys/life/issuer-keys.ts";
import { compileIssuer, joseHeaderOf, NOW } from "../../test/core/fixtures.ts";
import { noFiles } from "../../test/keys/store/no-files.ts";
import { logInto } from "../../test/logs.ts";
import {
  generateProviderKey,
  type ProviderKey,
  type RotatingProvider,
  startRotatingProvider,
} from "./rotating-provider.ts";

/** A short form of `npm run soak:keys`, with the same provider, and with a clock that only the test moves. */

const COOLDOWN_MS = 30_000;
const MAX_MS = 900_000;
const [first, second] = (await Promise.all([generateProviderKey("1"), generateProviderKey("2")])) as [
  ProviderKey,
  ProviderKey,
];
let provider: RotatingProvider;
let keys: IssuerKeys;
beforeEach(async () => {
  provider = await startRotatingProvider([first]);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: NOW * 1000 });
  const issuer = {
    ...compileIssuer({ key_refresh: { timeout: "20s" } }),
    keys: [{ from: "discovery" as const, metadata: "openid" as const, issuer: provider.issuer }],
  };
  keys = new IssuerKeys(issuer, { now: () => Date.now(), log: logInto([]), files: noFiles });
  await keys.refresh();
});
afterEach(async () => {
  keys.stop();
  vi.useRealTimers();
  await provider.stop();
});

const isFound = async (kid: string): Promise<boolean> => (await keys.find(joseHeaderOf({ alg: "RS256", kid }))).ok;
/** Keys that must be refreshed at the longest time are refreshed. */
const passMax = async (): Promise<void> => {
  vi.advanceTimersByTime(MAX_MS);
  await keys.refresh(); // Joins the fetch that the timer began.
};

it("publish, overlap, switch, retire: the plugin knows each published key, and no request waits for a fetch", async () => {
  const found: unknown[] = [];
  for (const [stage, published] of Object.entries({
    published: [first, second],
    switched: [second, first],
    retired: [second],
  })) {
    await provider.setKeys(published);
    await passMax();
    const before = provider.fetches.length;
    found.push([stage, await isFound("2"), provider.fetches.length - before, await isFound("1")]);
  }
  expect(found).toEqual([
    ["published", true, 0, true],
    ["switched", true, 0, true],
    ["retired", true, 0, false],
  ]);
});

it("the plugin knows a new, unannounced key one cooldown after the last fetch, even with 1,000 unknown kids per second", async () => {
  await provider.setKeys([second, first]);
  const before = provider.fetches.length;
  let knownAfterMs = Number.NaN;
  let knownRefused = 0;
  for (let ms = 0; ms <= 4 * COOLDOWN_MS; ms += 1_000) {
    const unknown = Array.from({ length: 1_000 }, (_, index) => isFound(`unknown-${ms}-${index}`));
    expect(await Promise.all(unknown)).not.toContain(true);
    if (Number.isNaN(knownAfterMs) && (await isFound("2"))) {
      knownAfterMs = ms;
    }
    knownRefused += (await isFound("1")) ? 0 : 1;
    vi.advanceTimersByTime(1_000);
  }
  expect({ knownAfterMs, knownRefused, fetches: provider.fetches.length - before }).toEqual({
    knownAfterMs: COOLDOWN_MS,
    knownRefused: 0,
    fetches: 4,
  });
});
