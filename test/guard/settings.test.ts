import { afterEach, describe, expect, it, vi } from "vitest";
import { waitFor } from "../gateways/gateway.ts";
import { kongBinary } from "../gateways/kong/kong-binary.ts";
import { reportMissing } from "../gateways/kong/report-missing.ts";
import { type Scene, type SceneOptions, startScene } from "./scene.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const { missing } = kongBinary();

type Settings = Readonly<Record<string, string>>;
const withPlugins = (plugins: string) => (settings: Settings) => ({ ...settings, KONG_PLUGINS: plugins });
const withoutFactsVariable = ({ KONG_NGINX_PROXY_SET: _, ...settings }: Settings): Settings => settings;
const GUARD = [{ name: "jwt-policy-guard" }];

if (missing !== undefined) {
  reportMissing("settings of the guard on a real Kong", missing);
} else {
  describe("incomplete settings make the guard refuse every request, and the log says what is missing", () => {
    let scene: Scene | undefined;
    afterEach(() => scene?.stop());

    it.each<[what: string, options: SceneOptions, paths: string[], line: string]>([
      [
        "the stock server without the guard",
        { stock: true, adapt: withPlugins("bundled,jwt-policy"), without: "jwt-policy-guard" },
        ["/read", "/public", "/both"],
        "jwt-policy refuses every request in kong-js-pluginserver unless jwt-policy-guard is loaded",
      ],
      [
        "the stock server with the guard, without the facts variable",
        { stock: true, adapt: withoutFactsVariable },
        ["/read", "/public", "/both"],
        "the nginx variable $jwt_facts is not set",
      ],
      [
        "our server with the guard, without the facts variable",
        { guard: true, adapt: withoutFactsVariable },
        ["/read", "/public", "/both"],
        "the nginx variable $jwt_facts is not set",
      ],
      [
        "the guard as default deny, without jwt-policy",
        { guard: true, adapt: withPlugins("bundled,jwt-policy-guard"), plugins: GUARD, without: "jwt-policy" },
        ["/bare", "/tagged"],
        "jwt-policy is not loaded",
      ],
    ])("%s", async (_what, options, paths, line) => {
      const started = await startScene(options);
      scene = started;
      const headers = ["Authorization", started.reader];
      // Until the plugin server listens, Kong itself answers 500.
      await waitFor(async () => ((await started.send(paths[0] ?? "/")).status === 500 ? undefined : true));
      for (const path of paths) {
        const answer = await started.send(path, { headers });
        expect([answer.status, JSON.parse(answer.body)]).toEqual([
          503,
          { message: "The request cannot be checked at the moment" },
        ]);
        expect(started.upstreamOf(answer)).toBeUndefined();
        expect(await started.findLine(answer, line)).toContain("[error]");
      }
    });
  });
}
