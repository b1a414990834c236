import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { kongBinary } from "../gateways/kong/kong-binary.ts";
import { reportMissing } from "../gateways/kong/report-missing.ts";
import { type Scene, type SceneOptions, startScene } from "./scene.ts";
import type { Answer, Ask } from "./send-request.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const REFUSED = '{"message":"The request cannot be checked at the moment"}\n';
const { missing } = kongBinary();

/**
 * The router of older Kongs accepts paths that are not UTF-8. The router of newer Kongs finds no Route for such paths.
 */
const adapt = (settings: Readonly<Record<string, string>>): Record<string, string> => ({
  ...settings,
  KONG_ROUTER_FLAVOR: "traditional",
});
const GATEWAYS: readonly SceneOptions[] = [
  { guard: true, adapt },
  { stock: true, adapt },
];

/** Returns the answer and the headers at the upstream. Also checks that the verdict did not reach the upstream. */
function expectAnswer(scene: Scene, answer: Answer, status: number): void {
  const upstream = scene.upstreamOf(answer);
  expect(answer.status, answer.body).toBe(status);
  expect(upstream !== undefined, "reached the upstream").toBe(status === 200 || status === 101);
  expect(Object.keys(upstream ?? {}).filter((name) => name === "x-jwt-policy-verdict")).toEqual([]);
}

async function expectGuardRefusal(scene: Scene, answer: Answer, words: string): Promise<void> {
  expectAnswer(scene, answer, 503);
  expect(answer.body).toBe(REFUSED);
  expect(answer.headers).toMatchObject({
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
  });
  const line = await scene.findLine(answer, "jwt-policy-guard refused the request");
  expect(line).toContain(`[error]`);
  expect(line).toContain(words);
}

if (missing !== undefined) {
  reportMissing("the guard on a real Kong", missing);
} else {
  describe.each(GATEWAYS)("requests that the guard sees, with stock server: $stock", (options) => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await startScene(options);
      await scene.untilServing();
    });
    afterAll(() => scene?.stop());

    const nonce = "0123456789abcdef0123456789abcdef";
    const plugin = "5d7f0a9e-0000-4000-8000-000000000000";
    it.each<[what: string, headers: string[]]>([
      ["nothing of the kind", []],
      ["a verdict in the right form", ["X-Jwt-Policy-Verdict", `${plugin} 1 ${nonce}`]],
      ["a verdict twice", ["x-jwt-policy-verdict", "a", "x-jwt-policy-verdict", "b"]],
      ["a verdict with underscores", ["x_jwt_policy_verdict", `${plugin} 1 ${nonce}`]],
      ["a verdict in mixed spellings", ["x-jwt_policy-verdict", "a", "X_JWT_POLICY_VERDICT", "b"]],
      ["an answer", ["x-jwt-policy-verdict", `answered e30= ${nonce}`]],
      ["the word of another instance", ["x-jwt-policy-verdict", `other-instance ${nonce}`]],
      ["as many other headers as nginx takes", Array.from({ length: 990 }, (_, index) => [`x-${index}`, "1"]).flat()],
    ])(
      "a client that sends %s gets the answer that its token allows, and the upstream gets no verdict",
      async (_what, headers) => {
        expectAnswer(scene, await scene.send("/read", { headers: ["Authorization", scene.reader, ...headers] }), 200);
        expectAnswer(scene, await scene.send("/read", { headers: ["Authorization", scene.writer, ...headers] }), 403);
        expectAnswer(scene, await scene.send("/read", { headers }), 401);
        expectAnswer(scene, await scene.send("/public", { headers }), 200);
      },
    );

    it("a client cannot remove the verdict by naming its header in Connection", async () => {
      const headers = ["Authorization", scene.reader, "Connection", "close, x-jwt-policy-verdict"];
      expectAnswer(scene, await scene.send("/read", { headers }), 400);
    });

    it("a verdict cannot be used twice, because the request id in an answer is no longer valid", async () => {
      const first = await scene.send("/read", { headers: ["Authorization", scene.reader] });
      const verdict = `${plugin} 1 ${first.headers["x-kong-request-id"]}`;
      expectAnswer(scene, await scene.send("/read", { headers: ["x-jwt-policy-verdict", verdict] }), 401);
    });

    it.each<[what: string, path: string, ask: Ask | undefined, valid: number, invalid: number]>([
      ["HTTP/2", "/read", { http2: true }, 200, 401],
      ["a response that is buffered", "/buffered", undefined, 200, 401],
      ["bodies that are not buffered", "/unbuffered", undefined, 200, 401],
      ["a try of a second upstream", "/retried", undefined, 200, 401],
      ["an answer of a later plugin", "/judged-and-terminated", undefined, 418, 401],
      ["an answer of an earlier plugin", "/early", undefined, 418, 418],
      ["a verdict that another plugin forged", "/forged", undefined, 200, 401],
      ["the guard configured on the route", "/guarded-and-judged", undefined, 200, 401],
      ["the tag of public routes beside the plugin", "/both", undefined, 200, 401],
    ])("%s has no effect", async (_what, path, ask, valid, invalid) => {
      expectAnswer(scene, await scene.send(path, { ...ask, headers: ["Authorization", scene.reader] }), valid);
      expectAnswer(scene, await scene.send(path, ask), invalid);
    });

    it("the token that an earlier plugin put into the request counts", async () => {
      const answer = await scene.send("/cookie", { headers: ["Cookie", scene.reader, "Authorization", "Bearer x"] });
      expectAnswer(scene, answer, 200);
      expect(scene.upstreamOf(answer)?.authorization).toBe(scene.reader);
      const ask = { headers: ["Cookie", scene.writer, "Authorization", scene.reader] };
      expectAnswer(scene, await scene.send("/cookie", ask), 403);
    });

    it("a token in the second of two Cookie lines counts, and the other cookies go on", async () => {
      const crumbs = ["Cookie", "a=1; b=2", "Cookie", `__Host-token=${scene.reader.slice("Bearer ".length)}`];
      const answer = await scene.send("/crumbs", { headers: crumbs });
      expectAnswer(scene, answer, 200);
      expect(scene.upstreamOf(answer)?.cookie).toBe("a=1; b=2");
      expectAnswer(scene, await scene.send("/crumbs", { headers: crumbs.slice(0, 2) }), 401);
    });

    it("an upgrade to WebSocket is judged like any request", async () => {
      const upgrade = ["Connection", "Upgrade", "Upgrade", "websocket"];
      const allowed = await scene.send("/read", { headers: ["Authorization", scene.reader, ...upgrade] });
      expectAnswer(scene, allowed, 101);
      expectAnswer(scene, await scene.send("/read", { headers: upgrade }), 401);
    });

    it("bytes that are not UTF-8 never lead to another path", async () => {
      expectAnswer(scene, await scene.send("/items/open"), 200);
      // A lenient decoder reads these paths as `/items/open` too, and one of them ends the line.
      for (const path of ["/items/\xc1\xafpen", "/items\xc0\xafopen", "/items/open\xc0\xa0HTTP/1.1\xc0\x8ax/../../b"]) {
        expectAnswer(scene, await scene.send(path), 400);
      }
    });

    it("if the guard is only loaded, routes without the plugin are not affected", async () => {
      expectAnswer(scene, await scene.send("/bare"), 200);
      expectAnswer(scene, await scene.send("/tagged"), 200);
    });

    it.each(["/guarded-route", "/guarded-service"])(
      "%s has the guard but no plugin that judges: refused",
      async (path) => {
        const answer = await scene.send(path, { headers: ["Authorization", scene.reader] });
        await expectGuardRefusal(scene, answer, "no jwt-policy is configured for this Kong Route");
      },
    );
  });

  describe("the guard as a global plugin: default deny", () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await startScene({ guard: true, plugins: [{ name: "jwt-policy-guard" }] });
      await scene.untilServing();
    });
    afterAll(() => scene?.stop());

    it.each(["/bare", "/tagged-service", "/terminated", "/no-service"])(
      "%s has neither the plugin nor the tag: refused with any token, even if another plugin would answer",
      async (path) => {
        const answer = await scene.send(path, { headers: ["Authorization", scene.reader] });
        await expectGuardRefusal(scene, answer, "no jwt-policy is configured for this Kong Route");
      },
    );

    it("a route with the tag is open, and its requests have no verdict", async () => {
      const headers = ["x-jwt-policy-verdict", "x"];
      expectAnswer(scene, await scene.send("/tagged", { headers }), 200);
    });

    it("judged routes are as before", async () => {
      expectAnswer(scene, await scene.send("/read", { headers: ["Authorization", scene.reader] }), 200);
      expectAnswer(scene, await scene.send("/read"), 401);
      expectAnswer(scene, await scene.send("/public"), 200);
      expectAnswer(scene, await scene.send("/both"), 401);
    });

    it("Kong's own answers stay: no route, and a tagged route without a service", async () => {
      const lost = await scene.send("/nowhere");
      expect([lost.status, JSON.parse(lost.body).message]).toEqual([404, "no Route matched with those values"]);
      const empty = await scene.send("/no-service-tagged");
      expect([empty.status, JSON.parse(empty.body).message]).toEqual([503, "no Service found with those values"]);
    });
  });
}
