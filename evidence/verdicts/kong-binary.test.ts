import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../../test/gateways/gateway.ts";
import { kongBinary } from "../../test/gateways/kong/kong-binary.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { createRandom } from "../../test/random.ts";
import { type Choice, mintTokens, POLICIES, RequestWalk } from "../../test/verdicts/random-requests.ts";
import { type Seen, startTwoGateways, type TwoGateways } from "./two-gateways.ts";

const RUNS = Number(process.env.VERDICT_RUNS ?? 4_000);
const SEED = Number(process.env.VERDICT_SEED ?? 17);
/** The number of requests at the same time. */
const CLIENTS = 8;
/** Verdicts about most tokens change within this time. New tokens come after this time. */
const TOKENS_SERVE_MS = 60_000;

const { missing } = kongBinary({ guard: true });

describe("a verdict that Kong's guard reuses", () => {
  if (missing !== undefined) {
    reportMissing("equals a new one in random requests", missing);
    return;
  }
  let gateways: TwoGateways;
  beforeAll(async () => {
    gateways = await startTwoGateways();
  });
  afterAll(async () => {
    await gateways?.stop();
  });
  beforeEach(({ task }) => {
    task.meta.gateway = gateways.reusing.name;
  });

  it(`equals a new one in ${RUNS} random requests, while tokens expire and become valid`, async () => {
    const random = createRandom(SEED);
    const walk = new RequestWalk(random);
    const statuses = new Map<string, Set<number>>(Object.keys(POLICIES).map((name) => [name, new Set()]));
    let [tokens, mintedAtMs] = [mintTokens(Math.floor(Date.now() / 1000)), Date.now()];
    await untilServing(tokens);
    let count = 0;
    const client = async (): Promise<void> => {
      while (count < RUNS) {
        const choice = walk.next();
        if (!isServed(choice)) {
          continue;
        }
        count += 1;
        if (Date.now() - mintedAtMs > TOKENS_SERVE_MS) {
          [tokens, mintedAtMs] = [mintTokens(Math.floor(Date.now() / 1000)), Date.now()];
        }
        statuses.get(choice.policy)?.add(await compare(choice, tokens));
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    expect(await gateways.countGuardHits()).toBeGreaterThan(RUNS / 20);
    for (const [policy, seen] of statuses) {
      expect(
        [...seen].map((status) => status >= 400),
        policy,
      ).toEqual(expect.arrayContaining([true, false]));
    }
  }, 3_600_000);

  /**
   * A verdict may change between two requests. So the reused verdict must be equal to the verdict before it or to the
   * verdict after it.
   */
  async function compare(choice: Choice, tokens: readonly string[]): Promise<number> {
    const send = (gateway: "judging" | "reusing"): Promise<Seen> => gateways.send(gateways[gateway], choice, tokens);
    const [before, reused] = [await send("judging"), await send("reusing")];
    if (!isDeepStrictEqual(reused, before)) {
      const after = await send("judging");
      expect(reused, JSON.stringify({ choice, before })).toEqual(after);
    }
    return reused.status;
  }

  async function untilServing(tokens: readonly string[]): Promise<void> {
    const choice = { ...new RequestWalk(createRandom(1)).next(), policy: "plain", rule: "read", token: 0 } as Choice;
    const usual = { ...choice, authorization: "Bearer TOKEN", method: "GET", target: "/users/alice" } as Choice;
    for (const gateway of [gateways.judging, gateways.reusing]) {
      await waitFor(async () => {
        const seen = await gateways.send(gateway, usual, tokens).catch(() => undefined);
        return seen?.status === 200 || undefined;
      }, 20_000);
    }
  }
});

/** The gateways have a Route for each rule of each policy. A rule that the Route's name chooses exists once, and HTTP/2 not at all. */
function isServed({ policy, rule }: Choice): boolean {
  const { routes } = POLICIES[policy] as { routes: object };
  return rule !== undefined && rule in routes;
}
