import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenNetworks } from "../../../plugin/observe/abuse/token-networks.ts";

const OPTIONS = { returns: 3, networks: 6, repeatMs: 600_000, unseenMs: 10_000 };
const TOKEN = { group: 1, tag: 7 };
const [HOME, THIEF] = [11, 12];

/**
 * Plays requests of one token. Each request has its network and its second. Returns the seconds at which the token is
 * shared.
 */
function play(requests: readonly (readonly [network: number, second: number])[], options = OPTIONS): readonly number[] {
  const networks = new TokenNetworks(options);
  return requests.flatMap(([network, second]) => (networks.see(TOKEN, network, second * 1_000) ? [second] : []));
}

describe("a token is shared", () => {
  it("if two networks take turns", () => {
    expect(
      play([
        ...([
          [HOME, 0],
          [THIEF, 2],
          [HOME, 4],
          [THIEF, 8],
        ] as const),
        ...([
          [HOME, 9],
          [THIEF, 12],
        ] as const),
      ]),
    ).toEqual([12]);
  });

  it("if many networks use it, each of them once", () => {
    expect(play([1, 2, 3, 4, 5, 6].map((network) => [network, network]))).toEqual([6]);
  });
});

describe("a token is not shared", () => {
  it.each<[what: string, requests: readonly (readonly [number, number])[]]>([
    ["one network uses it", Array.from({ length: 100 }, (_, second) => [HOME, second] as const)],
    [
      "its client moves to another network",
      [...Array(50).keys()].map((second) => [second < 25 ? 1 : 2, second] as const),
    ],
    [
      "its client moves between two networks, and stays in each for eleven seconds",
      [...Array(20).keys()].map((n) => [n % 2, n * 11] as const),
    ],
    [
      "late requests come from the old network for three seconds",
      [0, 0.5, 1, 1.5, 2, 2.5, 3, 10, 11, 12].map(
        (second, index) => [second < 3 ? 1 + (index % 2) : 2, second] as const,
      ),
    ],
    [
      "its returns are more than a minute apart",
      [...Array(9).keys()].flatMap(
        (n) =>
          [
            [1, n * 61],
            [2, n * 61 + 1],
            [1, n * 61 + 2],
          ] as const,
      ),
    ],
    ["five networks use it in a minute", [1, 2, 3, 4, 5].map((network) => [network, network * 10] as const)],
  ])("if %s", (_, requests) => {
    expect(play(requests.map(([network, second]) => [network + 1, second]))).toEqual([]);
  });
});

describe("the watch of one token", () => {
  const alternate = (networks: TokenNetworks, fromSecond: number, toSecond: number) => {
    const found = [];
    for (let second = fromSecond; second <= toSecond; second += 2) {
      found.push(networks.see(TOKEN, second % 4 === 0 ? HOME : THIEF, second * 1_000));
    }
    return found.filter((finding) => finding !== undefined);
  };

  it("reports the token again only after the time of repetition", () => {
    const networks = new TokenNetworks(OPTIONS);
    expect(alternate(networks, 0, 598).map(({ isRepeat }) => isRepeat)).toEqual([false, ...Array(293).fill(true)]);
    expect(alternate(networks, 600, 640).filter(({ isRepeat }) => !isRepeat)).toHaveLength(1);
  });

  it("knows how long the guard can have a verdict", () => {
    const networks = new TokenNetworks(OPTIONS);
    expect(alternate(networks, 0, 18).map(({ isInGuard }) => isInGuard)).toEqual([true, false, false, false]);
  });

  it("suspects a token from the first request of a second network until a minute without a change of network", () => {
    const networks = new TokenNetworks(OPTIONS);
    expect(networks.isSuspect(TOKEN, HOME, 0)).toBe(false);
    networks.see(TOKEN, HOME, 0);
    expect([networks.isSuspect(TOKEN, HOME, 1_000), networks.isSuspect(TOKEN, THIEF, 1_000)]).toEqual([false, true]);
    networks.see(TOKEN, THIEF, 1_000);
    expect([networks.isSuspect(TOKEN, HOME, 60_900), networks.isSuspect(TOKEN, THIEF, 60_900)]).toEqual([true, true]);
    expect(networks.isSuspect(TOKEN, THIEF, 61_200)).toBe(false);
  });

  it("does not suspect a token that another network used more than a minute ago", () => {
    const networks = new TokenNetworks(OPTIONS);
    networks.see(TOKEN, HOME, 0);
    expect(networks.isSuspect(TOKEN, THIEF, 60_100)).toBe(false);
  });
});

it("the tables never grow and never throw, whatever comes", () => {
  const request = fc.record({
    group: fc.integer(),
    tag: fc.integer({ min: 1, max: 20 }),
    network: fc.integer({ min: 1, max: 12 }),
    afterMs: fc.integer({ min: 0, max: 100_000 }),
  });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 200 }), (requests) => {
      const networks = new TokenNetworks(OPTIONS);
      const { bytes } = networks;
      let nowMs = 0;
      for (const { group, tag, network, afterMs } of requests) {
        nowMs += afterMs;
        const found = networks.see({ group, tag }, network, nowMs);
        expect(found === undefined || found.networks <= 8).toBe(true);
      }
      expect(networks.bytes).toBe(bytes);
    }),
    { numRuns: 30 },
  );
});
