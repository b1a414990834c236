import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { waitFor } from "../gateways/gateway.ts";
import { kongBinary } from "../gateways/kong/kong-binary.ts";
import { reportMissing } from "../gateways/kong/report-missing.ts";
import { type Scene, type SceneOptions, startScene } from "./scene.ts";
import type { Answer, Ask } from "./send-request.ts";
import { startForeignInstance } from "./stock-peer.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const { missing } = kongBinary();

type Settings = Readonly<Record<string, string>>;
const START_CMD = "KONG_PLUGINSERVER_JWT_POLICY_START_CMD";
const DEFAULT_DENY = { plugins: [{ name: "jwt-policy-guard" }] };

/**
 * Limits how long Kong waits for a silent plugin server. Kong has two workers, and each worker has its own instances.
 */
const withTimeout = (settings: Settings): Settings => ({
  ...settings,
  KONG_NGINX_PROXY_LUA_SOCKET_READ_TIMEOUT: "2s",
  KONG_NGINX_WORKER_PROCESSES: "2",
});
const here = (path: string): string => join(import.meta.dirname, path);

/**
 * A header causes the fault. No rule reads this header, so the guard would otherwise reuse the verdict of the last
 * request.
 */
const OURS: SceneOptions = {
  ...DEFAULT_DENY,
  guard: true,
  adapt: (settings) => ({
    ...withTimeout(settings),
    [START_CMD]: `${(settings[START_CMD] ?? "").replace(
      process.execPath,
      (node) => `${node} --import ${here("faulty-preload.mjs")}`,
    )} --verdict-cache server`,
  }),
};
const REUSING: SceneOptions = { ...DEFAULT_DENY, guard: true, adapt: withTimeout };
const STOCK: SceneOptions = {
  ...DEFAULT_DENY,
  stock: true,
  adapt: (settings) => ({
    ...withTimeout(settings),
    [START_CMD]: (settings[START_CMD] ?? "").replace(
      /--plugins-directory \S+/,
      `--plugins-directory ${here("faulty-stock")}`,
    ),
  }),
};

const NO_VERDICT = "jwt-policy gave no verdict";
const WRONG_VERDICT = "jwt-policy gave a verdict that is not for this request and configuration";

if (missing !== undefined) {
  reportMissing("the guard against faults on a real Kong", missing);
} else {
  describe.each<[what: string, options: SceneOptions, faults: [fault: string, status: number, line: string][]]>([
    [
      "our plugin server",
      OURS,
      [
        ["throw", 500, "reason=internal_error"],
        ["never", 500, "pluginserver error: timeout"],
        ["nothing", 500, "reason=internal_error"],
        ["no-verdict", 503, NO_VERDICT],
        ["other-configuration", 503, WRONG_VERDICT],
        ["stale-instance", 503, WRONG_VERDICT],
      ],
    ],
    [
      "the stock plugin server",
      STOCK,
      [
        ["throw", 503, NO_VERDICT],
        ["never", 503, NO_VERDICT],
        ["nothing", 503, NO_VERDICT],
        ["no-verdict", 503, NO_VERDICT],
        ["other-configuration", 503, WRONG_VERDICT],
        ["stale-instance", 503, WRONG_VERDICT],
      ],
    ],
  ])("a request does not pass without a verdict: %s", (_what, options, faults) => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await startScene(options);
      await scene.untilServing();
    });
    afterAll(() => scene?.stop());
    afterEach(() => scene.untilServing());

    it.each(faults)("a handler with the fault `%s`: %i", async (fault, status, words) => {
      const headers = ["X-Fault", fault, "Authorization", scene.reader];
      const answers = await Promise.all(["/read", "/public", "/both"].map((path) => scene.send(path, { headers })));
      for (const answer of answers) {
        expect(answer.status, answer.body).toBe(status);
        expect(scene.upstreamOf(answer)).toBeUndefined();
        expect(await scene.findLine(answer, words)).toBeDefined();
      }
      // Both workers must answer, and Kong must have started a new instance in place of a stale instance.
      for (let count = 0; count < 8; count += 1) {
        const { status: after } = await scene.send("/read", { headers: ["Authorization", scene.reader] });
        expect(after, "the next request").toBe(200);
      }
      expect(await scene.kong.readErrorLog()).not.toContain("cannot make Kong start plugin instances anew");
    });

    it("a verdict from the client has no effect, and does not even count as a wrong verdict", async () => {
      const headers = ["X-Fault", "no-verdict", "Authorization", scene.reader, "X-Jwt-Policy-Verdict", "made up"];
      const answer = await scene.send("/read", { headers });
      expect(answer.status).toBe(503);
      expect(await scene.findLine(answer, NO_VERDICT)).toBeDefined();
    });

    it("a stopped process: requests are refused after Kong's timeout, also on a route with the tag of public routes", async () => {
      const pid = (await scene.kong.pluginServerPid()) ?? Number.NaN;
      process.kill(pid, "SIGSTOP");
      const answers = await Promise.all(["/read", "/public", "/both"].map((path) => scene.send(path)));
      process.kill(pid, "SIGCONT");
      for (const answer of answers) {
        expect([500, 503]).toContain(answer.status);
        expect(scene.upstreamOf(answer)).toBeUndefined();
      }
    });

    it("a killed process: requests are refused until there is a new process, and then judged by their own rule again", async () => {
      const ask = { headers: ["Authorization", scene.reader] };
      for (let kill = 0; kill < 3; kill += 1) {
        process.kill((await scene.kong.pluginServerPid()) ?? Number.NaN, "SIGKILL");
        await expectNoLeakUntilServing(scene, ask);
      }
      expect(await statusOf(scene, "/write", ask)).toBe(403);
      expect(await statusOf(scene, "/read", ask)).toBe(200);
      expect(await statusOf(scene, "/both", {})).toBe(401);
    });
  });

  describe("verdicts that the guard may reuse", () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await startScene(REUSING);
      await scene.untilServing();
    });
    afterAll(() => scene?.stop());

    it("are not used soon after the plugin server is stopped, and no other request passes", async () => {
      const valid = { headers: ["Authorization", scene.reader] };
      for (let count = 0; count < 20; count += 1) {
        expect(await statusOf(scene, "/read", valid)).toBe(200);
      }
      const pid = (await scene.kong.pluginServerPid()) ?? Number.NaN;
      process.kill(pid, "SIGSTOP");
      const refused = await waitFor(async () => {
        const [good, ...others] = await Promise.all([
          scene.send("/read", valid),
          scene.send("/read"),
          scene.send("/write", valid),
        ]);
        for (const other of others) {
          expect([401, 403, 500, 503]).toContain(other.status);
          expect(scene.upstreamOf(other)).toBeUndefined();
        }
        return good.status === 200 ? undefined : good;
      });
      process.kill(pid, "SIGCONT");
      expect([500, 503]).toContain(refused?.status);
      expect(refused && scene.upstreamOf(refused)).toBeUndefined();
    });

    it("are not used for other requests after the plugin server was killed", async () => {
      await scene.untilServing();
      const valid = { headers: ["Authorization", scene.reader] };
      process.kill((await scene.kong.pluginServerPid()) ?? Number.NaN, "SIGKILL");
      await expectNoLeakUntilServing(scene, valid);
    });
  });

  describe("a stock plugin server whose instance ids belong to wrong configurations", () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await startScene({ stock: true });
      await scene.untilServing();
    });
    afterAll(() => scene?.stop());

    it("judges no request by a wrong configuration, and no request is lost", async () => {
      for (const path of ["/read", "/write", "/public", "/items/open", "/both"]) {
        await scene.send(path);
      }
      await scene.kong.restartPluginServer();
      // Every id that Kong has stored is now the id of a configuration without any requirement.
      const foreign = { policy_file: "shop.yaml", rule: "public", __plugin_id: "0", __seq__: 1 };
      const socket = join(scene.kong.prefix, "jwt-policy.socket");
      await waitFor(() =>
        startForeignInstance(socket, foreign).then(
          () => true,
          () => undefined,
        ),
      );
      for (let id = 1; id < 10; id += 1) {
        await startForeignInstance(socket, foreign);
      }
      const reader = { headers: ["Authorization", scene.reader] };
      const expected: [path: string, ask: Ask, status: number][] = [
        ["/write", reader, 403],
        ["/read", {}, 401],
        ["/read", reader, 200],
        ["/both", {}, 401],
        ["/items/closed", {}, 403],
        ["/public", {}, 200],
      ];
      for (const [path, ask, status] of expected) {
        expect(await statusOf(scene, path, ask), path).toBe(status);
      }
    });
  });
}

async function statusOf(scene: Scene, path: string, ask: Ask): Promise<number> {
  return (await scene.send(path, ask)).status;
}

/**
 * Sends requests that must not pass, together with a valid request. The function stops when the valid request passes.
 */
async function expectNoLeakUntilServing(scene: Scene, valid: Ask): Promise<void> {
  const check = (answer: Answer | undefined, allowed: number[]): void => {
    expect(allowed).toContain(answer?.status);
    expect(answer && scene.upstreamOf(answer)).toBeUndefined();
  };
  const isServing = await waitFor(async () => {
    const [missing, insufficient, tagged, good] = await Promise.all([
      scene.send("/read"),
      scene.send("/write", valid),
      scene.send("/both"),
      scene.send("/read", valid),
    ]);
    check(missing, [401, 500, 503]);
    check(insufficient, [403, 500, 503]);
    check(tagged, [401, 500, 503]);
    return good.status === 200 || undefined;
  });
  expect(isServing, "serves again").toBe(true);
}
