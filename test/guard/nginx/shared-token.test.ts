import { describe, expect, it, onTestFinished } from "vitest";
import { AbuseWatch } from "../../../plugin/observe/abuse/abuse-watch.ts";
import { claimsOf, inlineIssuer, NOW, policyDocument } from "../../core/fixtures.ts";
import { waitFor } from "../../gateways/gateway.ts";
import { reportMissing } from "../../gateways/kong/report-missing.ts";
import { abuseSettings } from "../../observe/abuse/settings.ts";
import { generateSigningKey, mintToken } from "../../tokens.ts";
import { findMissing, type GuardNginx, startGuardNginx } from "./guard-nginx.ts";

const key = generateSigningKey("EdDSA", "1");
const POLICIES = { shop: policyDocument(inlineIssuer([key]), { routes: { read: { required_scopes: ["read"] } } }) };
const ROUTES = { read: { policy: "shop", rule: "read" } };
const token = mintToken({ key, claims: claimsOf({ exp: NOW + 3_600 }) });
const another = mintToken({ key, claims: claimsOf({ exp: NOW + 3_600, jti: "2" }) });
/** This token is only for the start of a scene. */
const first = mintToken({ key, claims: claimsOf({ exp: NOW + 3_600, jti: "3" }) });
const [HOME, THIEF] = ["203.0.113.7", "198.51.100.9"];

interface Scene {
  readonly nginx: GuardNginx;
  readonly alarms: unknown[];
  /** Sends a request, and says whether the guard had to ask the plugin server. */
  send(client: string, text?: string): Promise<{ readonly status: number; readonly hasAsked: boolean }>;
  sendAll(clients: readonly string[], text?: string): Promise<readonly boolean[]>;
}

async function start(changes: object): Promise<Scene> {
  const alarms: unknown[] = [];
  const nginx = await startGuardNginx({
    ...{ policies: POLICIES, routes: ROUTES, clockMs: NOW * 1_000 },
    createAbuse: (monotonicMs) =>
      new AbuseWatch({
        ...{ settings: abuseSettings(changes), monotonicMs, now: () => NOW * 1_000, unseenMs: 10_000 },
        ...{ hashKey: new Uint8Array(24), warn: () => {}, log: (alarm) => alarms.push(alarm) },
      }),
  });
  onTestFinished(() => nginx.stop());
  const scene: Scene = {
    nginx,
    alarms,
    async send(client, text = token) {
      const { asked } = nginx;
      const headers = ["Authorization", `Bearer ${text}`, "X-Test-Client", client];
      const { status } = await nginx.send("/read", headers);
      return { status, hasAsked: nginx.asked > asked };
    },
    async sendAll(clients, text) {
      const asked: boolean[] = [];
      for (const client of clients) {
        asked.push((await scene.send(client, text)).hasAsked);
      }
      return asked;
    },
  };
  // Until the policy has taken effect, the guard reuses no verdict.
  const isReused = async (): Promise<boolean> => !(await scene.send("192.0.2.1", first)).hasAsked;
  await waitFor(async () => (await isReused()) || undefined);
  return scene;
}

/** Both clients send a request each second. Returns the statuses. */
async function share({ nginx, send }: Scene, seconds: number): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (let second = 0; second < seconds; second += 1) {
    nginx.clockMs += 1_000;
    statuses.push((await send(second % 2 === 0 ? HOME : THIEF)).status);
  }
  return statuses;
}

const missing = findMissing();
if (missing !== undefined) {
  reportMissing("a shared token behind the guard", missing);
} else {
  describe("while shared tokens are watched, the guard", () => {
    it("reuses a verdict for the same address only, and for ten seconds", async () => {
      const { nginx, send, sendAll } = await start({});
      const clients = [HOME, HOME, "203.0.113.8", "203.0.113.8", HOME];
      expect(await sendAll(clients)).toEqual([true, false, true, false, false]);
      for (let second = 0; second < 10; second += 1) {
        nginx.clockMs += 1_000;
        await send(HOME, another); // Keeps the lease.
      }
      expect(await send(HOME)).toEqual({ status: 200, hasAsked: true });
    });

    it("asks the server about each request of a token after a second network used it", async () => {
      const { nginx, sendAll } = await start({});
      expect(await sendAll([HOME, THIEF, THIEF])).toEqual([true, true, true]);
      nginx.clockMs += 11_000;
      expect(await sendAll([HOME, HOME])).toEqual([true, true]);
      expect(await sendAll([HOME, HOME], another)).toEqual([true, false]);
    });

    it("lets a token pass if the operator only wants reports", async () => {
      const scene = await start({});
      expect(new Set(await share(scene, 40))).toEqual(new Set([200]));
      expect(scene.alarms).toHaveLength(1);
    });

    it("refuses a shared token from all clients, and no other token", async () => {
      const scene = await start({ shared_tokens: { on_abuse: "refuse_token", refuse_for: "1m" } });
      const statuses = await share(scene, 40);
      expect(scene.alarms).toHaveLength(1);
      const first = statuses.indexOf(401);
      expect(first).toBeGreaterThan(0);
      expect(new Set(statuses.slice(first))).toEqual(new Set([401]));
      expect((await scene.send(HOME, another)).status).toBe(200);
      scene.nginx.clockMs += 60_000;
      expect((await scene.send(HOME)).status).toBe(200);
    });

    it("drops its verdicts if the server refuses a token about which the guard has a verdict", async () => {
      const scene = await start({ shared_tokens: { on_abuse: "refuse_token", networks: 2 } });
      const { runtime } = scene.nginx;
      await scene.send(HOME);
      expect(await scene.send(HOME)).toEqual({ status: 200, hasAsked: false });
      const { count } = runtime.generation;
      expect((await scene.send(THIEF)).status).toBe(200);
      expect(runtime.generation.count).toBe(count + 1);
      expect((await scene.send(THIEF)).status).toBe(401);
      expect((await scene.send(HOME, another)).status).toBe(200); // The guard learns of the new generation.
      expect(await scene.send(HOME)).toEqual({ status: 401, hasAsked: true });
    });
  });
}
