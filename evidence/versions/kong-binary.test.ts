import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findFreePorts } from "../../test/gateways/free-port.ts";
import { type AdaptSettings, waitFor } from "../../test/gateways/gateway.ts";
import { type KongBinary, kongBinary } from "../../test/gateways/kong/kong-binary.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { generateSigningKey, mintToken } from "../../test/tokens.ts";

const SECRET = "an-hs256-secret-that-must-never-be-quoted-0123456789";
const BROKEN = "jwt_policy: 1\nroutes: 7\n";
/** The test watches requests for longer than the plugin waits for a provider's answer. */
const WATCH_MS = 13_000;
/** The answer of the place that a Service leads to later. */
const MOVED = 299;
const key = generateSigningKey("ES256", "1");

const [adminPort] = await findFreePorts();
const adapt: AdaptSettings = (settings) => ({ ...settings, KONG_ADMIN_LISTEN: `127.0.0.1:${adminPort}` });

/** Behaviour that no unit test can show: Kong's own ids, instances, and changes of its configuration. */
for (const kind of [kongBinary({ adapt }), kongBinary({ guard: true, adapt })]) {
  describe(`versions of policies on ${kind.label}`, () => {
    if (kind.missing !== undefined) {
      reportMissing("a replaced version never decides", kind.missing);
      return;
    }
    let gateway: KongBinary;
    let upstream: Server;
    let provider: Server;
    const root = realpathSync(mkdtempSync(join(tmpdir(), "versions-")));
    const originOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

    beforeAll(async () => {
      upstream = await listen(({ url = "" }, response) => {
        response.statusCode = url.startsWith("/payroll") ? MOVED : 200;
        response.end("reached");
      });
      provider = await listen(answerKeys);
      mkdirSync(join(root, "secrets"));
      writeFileSync(join(root, "secrets/hs.key"), SECRET);
      writeFileSync(join(root, "secrets.yaml"), `${SECRET}\n`);
      writeFileSync(join(root, "anchor.yaml"), `&${SECRET} *${SECRET}2\n`);
      gateway = await kind.start({ configText: config([]), policyRoot: root });
    }, 120_000);
    afterAll(async () => {
      await gateway?.stop();
      await Promise.all([upstream, provider].map((server) => new Promise((resolve) => server?.close(resolve))));
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    }, 60_000);
    beforeEach(({ task }) => {
      task.meta.gateway = gateway.name;
    });

    interface Route {
      readonly name: string;
      readonly path: string;
      readonly plugin: Readonly<Record<string, string>>;
      /** The path in the Service's address; `/` by default. */
      readonly servicePath?: string;
    }

    function config(routes: readonly Route[]): string {
      const services = routes.map(({ name, path, plugin, servicePath = "/" }) => ({
        name,
        url: `${originOf(upstream)}${servicePath}`,
        routes: [{ name, paths: [path], plugins: [{ name: "jwt-policy", config: plugin }] }],
      }));
      return JSON.stringify({ _format_version: "3.0", services });
    }
    const load = async (...routes: readonly Route[]): Promise<void> => gateway.kong?.load(config(routes));
    const statusOf = async (path: string, token?: string): Promise<number> => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const response = await fetch(`${gateway.url}${path}`, { headers });
      await response.arrayBuffer();
      return response.status;
    };
    const becomes = async (path: string, status: number, token?: string): Promise<void> => {
      const got = await waitFor(async () => ((await statusOf(path, token)) === status ? status : undefined), 20_000);
      expect([path, got]).toEqual([path, status]);
    };
    /** Sends requests without a token for `ms` milliseconds, and returns the different statuses. */
    const watch = async (path: string, ms: number): Promise<readonly number[]> => {
      const statuses = new Set<number>();
      for (const end = Date.now() + ms; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
        statuses.add(await statusOf(path));
      }
      return [...statuses].sort();
    };
    const policy = (name: string, access: "required" | "public", keys: "quick" | "slow" | "none"): string =>
      JSON.stringify({
        jwt_policy: 1,
        name,
        issuers: {
          acme: { issuer: "https://idp.example", audiences: ["api"], algorithms: ["ES256"], keys: keyPlace(keys) },
        },
        routes: { r: { access } },
      });
    const keyPlace = (keys: "quick" | "slow" | "none") =>
      keys === "none"
        ? { jwks: { keys: [key.publicJwk] } }
        : { jwks_uri: `${originOf(provider)}/${keys}/${Math.random()}` };
    const token = (): string =>
      mintToken({
        key,
        header: { typ: "at+jwt" },
        claims: { iss: "https://idp.example", aud: "api", sub: "ann", exp: Math.floor(Date.now() / 1000) + 600 },
      });
    const phoenix = (path: string, text: string): Route => ({
      name: "phoenix",
      path,
      plugin: { policy: text, rule: "r" },
    });

    it("a deleted Route's inline policy judges no request of a new Route with the same ids, even while the new policy waits for keys", async () => {
      await load(phoenix("/old", policy("old", "public", "none")));
      await becomes("/old", 200);
      await load();
      await load(phoenix("/payroll", policy("new", "required", "slow")));
      expect(await watch("/payroll", WATCH_MS)).not.toContain(200);
    }, 60_000);

    it("a replaced inline policy judges no request after the Service of the same Route gets another address", async () => {
      await load(phoenix("/same", policy("old", "public", "none")));
      await becomes("/same", 200);
      await load({ ...phoenix("/same", policy("new", "required", "slow")), servicePath: "/payroll" });
      // For a moment, Kong may still use the old configuration, with the old address of the Service.
      expect(await watch("/same", WATCH_MS)).not.toContain(MOVED);
    }, 60_000);

    it("a deleted Route's inline policy judges no request of a new Route with the same ids, even if the new policy is broken", async () => {
      await load(phoenix("/old", policy("old", "public", "none")));
      await becomes("/old", 200);
      await load(phoenix("/payroll", BROKEN));
      await becomes("/payroll", 503);
      expect(await watch("/payroll", 2_000)).toEqual([503]);
    }, 60_000);

    it("a broken inline policy leaves the last good version of the same Route in effect", async () => {
      await load(phoenix("/same", policy("good", "required", "none")));
      await becomes("/same", 401);
      await becomes("/same", 200, token());
      await load(phoenix("/same", BROKEN));
      expect(await watch("/same", 2_000)).toEqual([401]);
      expect(await statusOf("/same", token())).toBe(200);
    }, 60_000);

    it("an inline version that was replaced while it waited for keys never decides, even if the new version is broken", async () => {
      await load(phoenix("/a3", policy("one", "required", "none")));
      await becomes("/a3", 401);
      await load(phoenix("/a3", policy("two", "public", "slow")));
      await statusOf("/a3");
      await load(phoenix("/a3", policy("three", "required", "none")));
      await becomes("/a3", 401);
      await load(phoenix("/a3", BROKEN));
      expect(await watch("/a3", WATCH_MS)).not.toContain(200);
    }, 60_000);

    it("a version that is reverted while it waits for keys never takes effect", async () => {
      writeFileSync(join(root, "w3.yaml"), policy("strict", "required", "none"));
      await load({ name: "w3", path: "/w3", plugin: { policy_file: "w3.yaml", rule: "r" } });
      await becomes("/w3", 401);
      const strict = policy("strict", "required", "none");
      writeFileSync(join(root, "w3.yaml"), policy("mistake", "public", "slow"));
      const during = await watch("/w3", 3_000);
      writeFileSync(join(root, "w3.yaml"), strict);
      expect([...during, ...(await watch("/w3", WATCH_MS))]).not.toContain(200);
    }, 60_000);

    it("a deleted policy file is no longer in effect a few seconds later", async () => {
      writeFileSync(join(root, "gone.yaml"), policy("gone", "public", "none"));
      await load({ name: "gone", path: "/gone", plugin: { policy_file: "gone.yaml", rule: "r" } });
      await becomes("/gone", 200);
      rmSync(join(root, "gone.yaml"));
      await becomes("/gone", 503);
      expect(await watch("/gone", 1_000)).toEqual([503]);
    }, 60_000);

    it.each(["secrets/hs.key", "./secrets/hs.key", "secrets.yaml", "anchor.yaml", "secrets/../secrets.yaml"])(
      "the text of %s is quoted nowhere, although a configuration names it as a policy",
      async (file) => {
        await load({ name: "quote", path: "/quote", plugin: { policy_file: file, rule: "r" } });
        await becomes("/quote", 503);
        const answer = await (await fetch(`${gateway.url}/quote`)).text();
        const log = await gateway.readErrorLog();
        const quoting = `${answer}\n${log}`.split("\n").filter((line) => line.includes(SECRET.slice(0, 8)));
        expect(quoting).toEqual([]);
      },
      60_000,
    );
  });
}

function answerKeys({ url = "" }: Parameters<RequestListener>[0], response: Parameters<RequestListener>[1]): void {
  if (url.startsWith("/slow")) {
    return; // The plugin gets no answer, and gives up after some time.
  }
  response.end(JSON.stringify({ keys: [key.publicJwk] }));
}

function listen(answer: RequestListener): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer(answer);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}
