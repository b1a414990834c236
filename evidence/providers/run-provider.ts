import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, waitFor } from "../../test/gateways/gateway.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { sandboxFromSettings } from "../../test/gateways/kong/sandbox-from-settings.ts";
import { replaceSignature } from "../../test/tokens.ts";
import { type Client, createClient } from "../key-proof/gateway/open-load.ts";
import { COOLDOWN_MS, MAX_MS } from "../key-proof/gateway/rotate-under-load.ts";
import { createProofWorld, NARROW_REFRESH, type ProofWorld } from "../key-proof/proof-world.ts";
import { noteFigures } from "../key-proof/results/proof-files.ts";
import type { Provider, ProviderKind } from "./provider.ts";
import { readKid } from "./read-kid.ts";

const START_MS = 700_000;
const TEST_MS = 120_000;
/** Time for a fetch on a busy machine. */
const SLACK_MS = 2_000;
const SERVING_MS = 20_000;

/** Declares what must hold with every provider, through the plugin server behind the sandbox. */
export function runProvider(kind: ProviderKind): void {
  describe(kind.label, () => {
    if (kind.missing !== undefined) {
      reportMissing("its keys rotate", kind.missing);
      return;
    }
    let provider: Provider;
    let world: ProofWorld;
    let gateway: Gateway;
    let client: Client;
    let unannouncedMs = Number.NaN;
    const send = async (token: string): Promise<string> => (await client.send({ kind: "", token })).answer;
    /** Milliseconds until the gateway answers the token with this result. */
    const timeUntil = async (token: string, pattern: RegExp, withinMs: number): Promise<number> => {
      const startMs = performance.now();
      const answered = async (): Promise<true | undefined> => (pattern.test(await send(token)) ? true : undefined);
      return (await waitFor(answered, withinMs)) ? Math.round(performance.now() - startMs) : Number.POSITIVE_INFINITY;
    };

    beforeAll(async () => {
      provider = await kind.start();
      world = await createProofWorld({ ...provider.issuer, key_refresh: NARROW_REFRESH }, provider.scope);
      gateway = await sandboxFromSettings().start(world);
      client = createClient(gateway.url);
    }, START_MS);
    afterAll(async () => {
      await client?.stop();
      await gateway?.stop();
      await world?.stop();
      await provider?.stop();
    }, START_MS);

    it("its token passes, but not with the signature of another token", async ({ task }) => {
      task.meta.gateway = provider.name;
      const token = await provider.mintToken();
      expect(await timeUntil(token, /^200$/, SERVING_MS)).toBeLessThan(SERVING_MS);
      const other = await provider.mintToken();
      expect(await send(replaceSignature(token, other.slice(other.lastIndexOf(".") + 1)))).toMatch(/^401/);
    });

    it("a key that signs at once is known after one cooldown at most", { timeout: TEST_MS }, async () => {
      await provider.switchAtOnce();
      unannouncedMs = await timeUntil(await provider.mintToken(), /^200$/, SERVING_MS);
      expect(unannouncedMs).toBeLessThan(COOLDOWN_MS + SLACK_MS);
      noteFigures("providers", kind.label, { provider: provider.name, unannouncedMs });
      await provider.steps?.retire();
      await sleep(MAX_MS + SLACK_MS);
    });

    it("rotates keys correctly without a refused token, and tokens of a removed key are refused", {
      timeout: TEST_MS,
    }, async ({ skip }) => {
      const { steps } = provider;
      if (steps === undefined) {
        return skip(`${provider.name} rotates by itself`);
      }
      const old = await provider.mintToken();
      await steps.publish();
      await sleep(MAX_MS + SLACK_MS);
      expect(await send(old)).toBe("200");
      await steps.switchOver();
      const fresh = await provider.mintToken();
      expect(readKid(fresh)).not.toBe(readKid(old));
      expect([await send(fresh), await send(old)]).toEqual(["200", "200"]);
      await steps.retire();
      const passedForMs = await timeUntil(old, /^401/, MAX_MS + 2 * SLACK_MS);
      expect(passedForMs).toBeLessThan(MAX_MS + SLACK_MS);
      expect([await send(fresh), await send(old)]).toEqual(["200", expect.stringMatching(/^401/)]);
      noteFigures("providers", kind.label, { provider: provider.name, unannouncedMs, passedForMs });
    });
  });
}
