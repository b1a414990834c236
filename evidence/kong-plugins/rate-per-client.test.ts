import { request } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../../test/gateways/gateway.ts";
import { type KongBinary, kongBinary } from "../../test/gateways/kong/kong-binary.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { createPluginsWorld, type PluginsWorld } from "./plugins-world.ts";

/** With one request a second, five more wait. */
const kong = kongBinary({ more: ["--rate-per-client", "1"] });
const WAITING = 5;
const SENT = 20;

describe("with --rate-per-client, nginx", () => {
  if (kong.missing !== undefined) {
    reportMissing("delays a client's requests", kong.missing);
    return;
  }
  let world: PluginsWorld;
  let gateway: KongBinary;
  beforeAll(async () => {
    world = await createPluginsWorld();
    gateway = await kong.start(world);
    await waitFor(async () => (await send("127.0.0.9")) === 401 || undefined, 20_000);
  }, 120_000);
  afterAll(async () => {
    await gateway?.stop();
    await world?.stop();
  }, 60_000);
  beforeEach(({ task }) => {
    task.meta.gateway = gateway.name;
  });

  /** Sends a request without a token from one address of this machine. */
  const send = (localAddress: string): Promise<number> =>
    new Promise((resolve, reject) => {
      request(`${gateway.url}/own-plugin`, { localAddress, agent: false }, (answer) => {
        answer.resume().once("end", () => resolve(answer.statusCode ?? 0));
      })
        .once("error", reject)
        .end();
    });

  it("rejects the requests that would wait too long, and delays others until the plugin judges them", async () => {
    const ended: number[] = [];
    const statuses = await Promise.all(
      Array.from({ length: SENT }, async () => {
        const status = await send("127.0.0.2");
        ended.push(status);
        return status;
      }),
    );
    const judged = statuses.filter((status) => status === 401).length;
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect(judged).toBeGreaterThan(WAITING);
    expect(judged).toBeLessThan(SENT / 2);
    expect(ended.at(-1)).toBe(401);
  });

  it("serves a client of another address while the first client's requests wait", async () => {
    const ended: string[] = [];
    const note = async (client: string, address: string): Promise<void> => {
      await send(address);
      ended.push(client);
    };
    await Promise.all([note("first", "127.0.0.3"), note("waiting", "127.0.0.3"), note("other", "127.0.0.4")]);
    expect(ended.at(-1)).toBe("waiting");
  });

  it("writes no line about these requests to Kong's log", async () => {
    expect(await gateway.readErrorLog()).not.toMatch(/limiting requests|delaying request/);
  });
});
