import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { KeyLookup } from "../../plugin/core/key.ts";
import type { KeyOrigin } from "../../plugin/core/policy.ts";
import { createIssuerKeys, type IssuerKeys, type KeyTimings } from "../../plugin/keys/issuer-keys.ts";
import { compileIssuer, joseHeaderOf, NOW } from "../core/fixtures.ts";
import { generateSigningKey } from "../tokens.ts";
import { type Answer, type KeyServer, keySetOf, startKeyServer, status } from "./key-server.ts";

const TIMINGS: KeyTimings = { refreshMs: 300_000, cooldownMs: 30_000, retryMs: 8_000, fetchTimeoutMs: 5_000 };
const FOUND = "found";
const UNKNOWN = "unknown";
const first = generateSigningKey("ES256", "1");
const second = generateSigningKey("ES256", "2");
const weak = { kty: "RSA", kid: "1", n: Buffer.alloc(128, 0xff).toString("base64url"), e: "AQAB" };

let server: KeyServer;
let clock: number;
let log: string[];
let keys: IssuerKeys;

function create(origin: KeyOrigin): IssuerKeys {
  const issuer = { ...compileIssuer({ algorithms: ["ES256", "RS256"] }), keys: origin };
  return createIssuerKeys(
    issuer,
    () => clock,
    (line) => log.push(line),
    TIMINGS,
  );
}

/** `found`, `unknown`, or the seconds to wait. */
function outcomeOf(lookup: KeyLookup): string | number {
  if (lookup.found) {
    return FOUND;
  }
  return lookup.because === "unavailable" ? lookup.retryAfterSeconds : UNKNOWN;
}
const find = async (kid: string | undefined): Promise<string | number> =>
  outcomeOf(await keys.find(joseHeaderOf({ kid })));
const findAll = (kids: readonly string[]): Promise<(string | number)[]> => Promise.all(kids.map(find));
const fetches = (): number => server.requests.length;
const serve = (answer: Answer): void => server.answer("/jwks", answer);

beforeEach(async () => {
  // Timers stand still, so that only what a test does can cause a fetch. Node's fetch has timers of its own.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  server = await startKeyServer();
  serve(keySetOf(first));
  clock = NOW * 1000;
  log = [];
  keys = create({ from: "jwks_uri", uri: `${server.origin}/jwks` });
});
afterEach(async () => {
  keys.stop();
  vi.useRealTimers();
  await server.stop();
});

describe("fetches once for all who wait", () => {
  it("when twenty requests come before the first set", async () => {
    expect(await findAll(Array.from({ length: 20 }, () => "1"))).toEqual(Array.from({ length: 20 }, () => FOUND));
    expect(fetches()).toBe(1);
  });

  it("when a refresh is under way", async () => {
    expect(await Promise.all([keys.refresh(), keys.refresh(), find("1")])).toEqual([undefined, undefined, FOUND]);
    expect(fetches()).toBe(1);
  });

  it("and answers a known kid at once, without a promise, also while it fetches", async () => {
    await keys.refresh();
    const refreshing = keys.refresh();
    const lookup = keys.find(joseHeaderOf({ kid: "1" }));
    expect(lookup).not.toBeInstanceOf(Promise);
    expect(lookup).toMatchObject({ found: { kid: "1" } });
    await refreshing;
  });
});

describe("an unknown kid", () => {
  beforeEach(() => keys.refresh());

  it("causes no fetch one millisecond before the cooldown ends, and one at its end", async () => {
    clock += TIMINGS.cooldownMs - 1;
    expect(keys.find(joseHeaderOf({ kid: "2" }))).toEqual({ found: undefined, because: UNKNOWN });
    expect(fetches()).toBe(1);
    clock += 1;
    expect(await find("2")).toBe(UNKNOWN);
    expect(fetches()).toBe(2);
  });

  it("causes one fetch per cooldown, however many there are", async () => {
    for (let round = 1; round <= 3; round += 1) {
      clock += TIMINGS.cooldownMs;
      await findAll(Array.from({ length: 50 }, (_, index) => `unknown-${index}`));
      expect(await find("another")).toBe(UNKNOWN);
      expect(fetches()).toBe(1 + round);
    }
  });

  it("is found once the issuer publishes its key, for all who wait, and the old one as long as it is published", async () => {
    serve(keySetOf(first, second));
    clock += TIMINGS.cooldownMs;
    expect(await findAll(["2", "2", "1"])).toEqual([FOUND, FOUND, FOUND]);
    expect(fetches()).toBe(2);
    serve(keySetOf(second));
    await keys.refresh();
    expect(await findAll(["1", "2"])).toEqual([UNKNOWN, FOUND]);
  });

  it("counts the cooldown from the last attempt, a failed one too", async () => {
    clock += TIMINGS.cooldownMs;
    serve(status(500));
    expect(await find("2")).toBe(UNKNOWN);
    clock += TIMINGS.cooldownMs - 1;
    expect(await find("2")).toBe(UNKNOWN);
    expect(fetches()).toBe(2);
    clock += 1;
    serve(keySetOf(first, second));
    expect(await find("2")).toBe(FOUND);
    expect(fetches()).toBe(3);
  });

  it("counts the cooldown from a refresh in the background as well", async () => {
    clock += TIMINGS.cooldownMs - 1;
    await keys.refresh();
    clock += 1;
    expect(await find("2")).toBe(UNKNOWN);
    expect(fetches()).toBe(2);
  });
});

describe("a set that is not usable never replaces a good one", () => {
  it.each<[what: string, answer: Answer]>([
    ["an empty set", { json: { keys: [] } }],
    ["no set", { json: {} }],
    ["null", { json: null }],
    ["not JSON", { text: "<html>" }],
    ["only weak keys", { json: { keys: [weak] } }],
    ["only keys for other algorithms", { json: { keys: [generateSigningKey("EdDSA", "1").publicJwk] } }],
    ["status 500", status(500)],
    ["status 404", status(404)],
    ["a redirect", (_request, response) => void response.writeHead(302, { location: "/other" }).end()],
    ["a connection that breaks", (_request, response) => void response.socket?.destroy()],
  ])("%s", async (_what, answer) => {
    await keys.refresh();
    serve(answer);
    clock += 24 * 3600 * 1000;
    await keys.refresh();
    expect(await findAll(["1", "2"])).toEqual([FOUND, UNKNOWN]);
    expect(log.at(-1)).toMatch(/^issuer=acme keys not fetched: ./);
  });
});

describe("while no set ever came, keys are unavailable", () => {
  it("and each failure doubles the wait, up to the cooldown", async () => {
    serve(status(503));
    for (const [attempt, wait] of [8, 16, 30, 30].entries()) {
      expect(await find("1")).toBe(wait);
      clock += wait * 1000 - 1;
      expect(await find("1")).toBe(1);
      expect(fetches()).toBe(attempt + 1);
      clock += 1;
    }
  });

  it("until one comes", async () => {
    serve(status(503));
    expect(await findAll(["1", "1"])).toEqual([8, 8]);
    serve(keySetOf(first));
    clock += 8_000;
    expect(await findAll(["1", "2"])).toEqual([FOUND, UNKNOWN]);
    expect(fetches()).toBe(2);
  });

  it.each<[what: string, answer: Answer]>([
    ["an empty set", { json: { keys: [] } }],
    ["only weak keys", { json: { keys: [weak] } }],
  ])("and %s is none", async (_what, answer) => {
    serve(answer);
    expect(await find("1")).toBe(8);
  });
});

describe("refreshes in the background", () => {
  it("when a good set is five minutes old, and not before", async () => {
    await keys.refresh();
    vi.advanceTimersByTime(TIMINGS.refreshMs - 1);
    expect(vi.getTimerCount()).toBe(1);
    serve(keySetOf(second));
    vi.advanceTimersByTime(1);
    await keys.refresh(); // Joins the fetch that the timer started.
    expect(fetches()).toBe(2);
    expect(await findAll(["1", "2"])).toEqual([UNKNOWN, FOUND]);
  });

  it("sooner after a failure", async () => {
    serve(status(503));
    await keys.refresh();
    serve(keySetOf(first));
    vi.advanceTimersByTime(TIMINGS.retryMs);
    await keys.refresh();
    expect(fetches()).toBe(2);
    expect(await find("1")).toBe(FOUND);
  });

  it("no more once stopped", async () => {
    await keys.refresh();
    keys.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("no more once stopped while it fetches", async () => {
    const refreshing = keys.refresh();
    keys.stop();
    await refreshing;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("inline keys", () => {
  it("are imported once and never fetched anew", async () => {
    keys = create({ from: "jwks", jwks: { keys: [{ ...first.publicJwk }] } });
    expect(await find("1")).toBe(FOUND);
    clock += 3600 * 1000;
    expect(keys.find(joseHeaderOf({ kid: "2" }))).toEqual({ found: undefined, because: UNKNOWN });
    expect([fetches(), vi.getTimerCount()]).toEqual([0, 0]);
    expect(log).toEqual(["issuer=acme took a key set with 1 usable keys"]);
  });
});

it("says which keys it left out, and no key material", async () => {
  serve({ json: { keys: [first.publicJwk, { ...second.publicJwk, d: "c2VjcmV0" }, weak] } });
  await keys.refresh();
  expect(log).toEqual([
    "issuer=acme key ignored: key 1: has private members; treat it as leaked",
    "issuer=acme key ignored: key 2: an RSA key of 1024 bits; 2048 to 8192 are used",
    "issuer=acme took a key set with 1 usable keys",
  ]);
});
