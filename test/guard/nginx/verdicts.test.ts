import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { claimsOf, inlineIssuer, NOW, policyDocument } from "../../core/fixtures.ts";
import { reportMissing } from "../../gateways/kong/report-missing.ts";
import { generateSigningKey, mintToken } from "../../tokens.ts";
import type { Answer } from "../send-request.ts";
import { findMissing, type GuardNginx, type GuardNginxOptions, startGuardNginx } from "./guard-nginx.ts";

const key = generateSigningKey("EdDSA", "1");
const issuer = inlineIssuer([key], { clock_skew: "0s" });
const mappings = { "x-user-id": "sub", "x-client-id": "client_id" };
const POLICIES = {
  shop: policyDocument(issuer, {
    header_mappings: mappings,
    routes: {
      read: { required_scopes: ["read"] },
      write: { required_scopes: ["write"] },
      public: { access: "public" },
      named: { required_scopes: ["read"] },
      tenant: { required_claims: { sub: { equals_header: "x-tenant-id" } } },
    },
  }),
  operations: policyDocument(issuer, {
    routes: {
      items: {
        operations: [
          { methods: ["GET"], path: "/items/{id}", required_scopes: ["read"] },
          { methods: ["GET"], path: "/items/own/{id}", required_claims: { sub: { equals_path: "id" } } },
        ],
      },
    },
  }),
  cookie: policyDocument(issuer, {
    routes: { crumbs: {} },
    token: { sources: [{ cookie: "__Host-t", allowed_origins: ["https://a.example"] }], forward: false },
  }),
  query: policyDocument(issuer, { routes: { asked: {} }, token: { sources: [{ query: "t" }], forward: false } }),
  identity: policyDocument(issuer, { routes: { known: {} }, identity: { credential: "sub", groups: "groups" } }),
  anywhere: policyDocument(issuer, { routes: { anywhere: { allow_http: true } } }),
  report: policyDocument(issuer, { routes: { watched: { required_scopes: ["write"], mode: "report" } } }),
};
const ROUTES = {
  read: { policy: "shop", rule: "read" },
  twin: { twin: "read" },
  write: { policy: "shop", rule: "write" },
  public: { policy: "shop", rule: "public" },
  named: { policy: "shop" },
  tagged: { policy: "shop", routeName: "", tags: ["jwt-policy-rule:read"] },
  retagged: { routeName: "", tags: ["jwt-policy-rule:write"], twin: "tagged" },
  renamed: { routeName: "write", tags: ["jwt-policy-rule:read"], twin: "tagged" },
  tenant: { policy: "shop", rule: "tenant" },
  items: { policy: "operations", rule: "items" },
  crumbs: { policy: "cookie", rule: "crumbs" },
  asked: { policy: "query", rule: "asked" },
  known: { policy: "identity", rule: "known" },
  watched: { policy: "report", rule: "watched" },
  anywhere: { policy: "anywhere", rule: "anywhere" },
  filed: { policy: "shop", rule: "read", isInFile: true },
  bare: { tags: ["team-a", "jwt-policy-public-not"] },
  open: { tags: ["team-a", "jwt-policy-public"] },
};

const mint = (changes: object = {}): string =>
  mintToken({ key, claims: claimsOf({ client_id: "app", exp: NOW + 3_600, ...changes }) });
const READER = mint({ groups: ["a", "b"] });
const OUTSIDE = "198.51.100.9";
const from = (client: string): string[] => [...bearer(READER), "X-Test-Client", client];
const bearer = (token: string): string[] => ["Authorization", `Bearer ${token}`];

type Sent = readonly [path: string, headers: readonly string[]];
const asReader = (path: string, ...more: string[]): Sent => [path, [...bearer(READER), ...more]];
const crumbs = (cookie: string, ...more: string[]): Sent => ["/crumbs", ["Cookie", cookie, ...more]];

const missing = findMissing();
if (missing !== undefined) {
  reportMissing("the guard in nginx", missing);
} else {
  describe("the guard in nginx reuses a verdict", () => {
    let nginx: GuardNginx;
    beforeAll(async () => {
      nginx = await startGuardNginx({ policies: POLICIES, routes: ROUTES, clockMs: NOW * 1_000 });
    });
    afterAll(() => nginx?.stop());
    /** No test reuses a verdict from another test. */
    let testNowMs = NOW * 1_000;
    beforeEach(() => {
      testNowMs += 3_000;
      nginx.clockMs = testNowMs;
      nginx.isServing = true;
      nginx.replaceServer();
    });

    /** Sends a request, and says whether the plugin server was asked. */
    async function send(path: string, headers: readonly string[] = bearer(READER)): Promise<[Answer, boolean]> {
      const before = nginx.asked;
      const answer = await nginx.send(path, headers);
      return [answer, nginx.asked > before];
    }

    /**
     * The first request in this file compiles the policy, which begins a new generation. So the guard does not store
     * the verdict about it.
     */
    async function warm(path: string, headers: readonly string[] = bearer(READER)): Promise<void> {
      let wasAsked = true;
      for (let count = 0; wasAsked && count < 4; count += 1) {
        const [answer, asked] = await send(path, headers);
        expect(answer.status).toBe(200);
        wasAsked = asked;
      }
      expect(wasAsked, "the verdict is reused").toBe(false);
    }

    const unread = ["X-Other", "b", "Accept", "a/b", "Origin", "https://evil.example"];
    it.each<[what: string, first: Sent, other?: Sent]>([
      ["for the same request", asReader("/read")],
      ["for another path, if no rule reads it", asReader("/read/a"), asReader("/read/AZaz-09/1.8.B_~/?x=%2e/..;!~")],
      ["for other headers that no rule reads", asReader("/read"), asReader("/read", ...unread)],
      ["for the same operation and path", asReader("/items/1")],
      ["for the same Route that selects the rule", asReader("/named")],
      ["from another address, if clear text is allowed", asReader("/anywhere"), ["/anywhere", from(OUTSIDE)]],
      ["for another Route with the same plugin and rule", asReader("/read"), asReader("/twin")],
      ["of a public rule", ["/public", []]],
      ["of a token in a cookie", crumbs(`__Host-t=${READER}`)],
    ])("%s", async (_what, first, other = first) => {
      await warm(...first);
      const [answer, wasAsked] = await send(...other);
      expect([answer.status, wasAsked]).toEqual([200, false]);
    });

    const SIGNATURE = READER.lastIndexOf(".") + 1;
    const forged = `${READER.slice(0, SIGNATURE)}${READER[SIGNATURE] === "A" ? "B" : "A"}${READER.slice(SIGNATURE + 1)}`;
    const tenant = (...headers: string[]): Sent => asReader("/tenant", ...headers);
    const alice = tenant("X-Tenant-Id", "alice");
    const nominated = ["Connection", "close, x-user-id"];
    it.each<[what: string, good: Sent, attack: Sent, status: number]>([
      ["another Route", asReader("/read"), asReader("/write"), 403],
      ["another rule that the Route selects", asReader("/named"), asReader("/write"), 403],
      ["another tag of a Route with the same plugin", asReader("/tagged"), asReader("/retagged"), 403],
      ["another name of a Route with the same plugin", asReader("/tagged"), asReader("/renamed"), 403],
      ["another path of the rule", asReader("/items/own/alice"), asReader("/items/own/bob"), 403],
      ["a path without an operation", asReader("/items/1"), asReader("/items/1/2/3"), 403],
      ["dots that lead elsewhere", asReader("/read/a"), asReader("/read/x/..;/a"), 400],
      ["encoded dots", asReader("/read/a"), asReader("/read/%2e%2e%2fwrite"), 400],
      ["another value of a compared header", alice, tenant("X-Tenant-Id", "bob"), 403],
      ["a second spelling of that header", alice, tenant("X-Tenant-Id", "alice", "X_Tenant-Id", "bob"), 403],
      ["a spelling that has the right value", alice, tenant("X-Tenant-Id", "bob", "X_Tenant_Id", "alice"), 403],
      ["two more spellings of that header", alice, tenant("X-Tenant_Id", "bob", "X_Tenant-Id", "alice"), 403],
      ["bytes beyond ASCII in that header", alice, tenant("X-Tenant-Id", "alic\u00e9"), 403],
      ["without the compared header", alice, tenant(), 403],
      ["another token", asReader("/read"), ["/read", bearer(mint({ scope: "none" }))], 403],
      ["a changed signature", asReader("/read"), ["/read", bearer(forged)], 401],
      ["a cut signature", asReader("/read"), ["/read", bearer(READER.slice(0, -1))], 401],
      ["a token with one more character", asReader("/read"), ["/read", bearer(`${READER}A`)], 401],
      ["no token", asReader("/read"), ["/read", []], 401],
      ["another scheme", asReader("/read"), ["/read", ["Authorization", `Basic ${READER}`]], 401],
      ["a header named in Connection", asReader("/read"), asReader("/read", ...nominated), 400],
      ["the same, on a Route that selects the rule", asReader("/named"), asReader("/named", ...nominated), 400],
      ["another cookie", crumbs(`__Host-t=${READER}`), crumbs(`__Host-t=${forged}`), 401],
      ["a second cookie", crumbs(`__Host-t=${READER}`), crumbs(`__Host-t=${READER}; __Host-t=x`), 400],
      ["an upgrade", crumbs(`__Host-t=${READER}`), crumbs(`__Host-t=${READER}`, "Upgrade", "websocket"), 403],
      ["another query", [`/asked?t=${READER}`, []], [`/asked?t=${forged}`, []], 401],
      ["a second parameter", [`/asked?t=${READER}`, []], [`/asked?t=${READER}&t=x`, []], 400],
      ["a token in the query where none is read", asReader("/read"), asReader(`/write?t=${READER}`), 403],
    ])("never for %s, right after the good request", async (_what, good, attack, status) => {
      await warm(...good);
      const [answer, wasAsked] = await send(...attack);
      expect([answer.status, wasAsked]).toEqual([status, true]);
      expect(nginx.upstreamOf(answer)).toBeUndefined();
      const [again] = await send(...attack);
      expect(again.status, "a denial is not reused either, and replaces nothing").toBe(status);
      await warm(...good);
    });

    it.each([
      ["x-user-id", "evil"],
      ["X_User_Id", "evil"],
      ["x-user_id", "evil"],
      ["x_user_id", ""],
      ["X-USER-ID", ""],
      ["x_client-id", "evil"],
      ["x-jwt-policy-verdict", "evil"],
    ])("and removes the client's own %s: %j, as at the first use", async (name, value) => {
      await warm("/read");
      const headers = [...bearer(READER), name, value];
      const [reused, wasAsked] = await send("/read", headers);
      expect(wasAsked).toBe(false);
      nginx.replaceServer();
      nginx.clockMs += 2_000;
      const [judged, wasAskedAgain] = await send("/read", headers);
      expect(wasAskedAgain).toBe(true);
      const [afterReuse, afterVerdict] = [reused, judged].map((answer) => {
        const { "x-case": _, "x-test-clock": __, ...same } = nginx.upstreamOf(answer) ?? {};
        return same;
      });
      expect(afterReuse).toEqual(afterVerdict);
      expect(afterReuse).toMatchObject({ "x-user-id": "alice", "x-client-id": "app" });
      expect(JSON.stringify(afterReuse)).not.toContain("evil");
      expect(Object.keys(afterReuse ?? {}).filter((sent) => sent.replaceAll("_", "-") !== sent)).toEqual([]);
    });

    it("with the caller for Kong's plugins, in tables that no other request has", async () => {
      await warm("/known");
      const [answer] = await send("/known");
      expect(nginx.upstreamOf(answer)).toMatchObject({
        "x-test-credential": "alice",
        "x-test-groups": "a+b",
        "x-test-consumer": "none",
        "x-credential-identifier": "alice",
      });
    });

    it("and removes the token from cookie and query, as at the first use", async () => {
      const both = crumbs(`a=b; __Host-t=${READER}`);
      await warm(...both);
      expect(nginx.upstreamOf((await send(...both))[0])?.cookie).toBe("a=b");
      await warm(`/asked?a=b&t=${READER}`, []);
      const [asked] = await send(`/asked?a=b&t=${READER}`, []);
      expect(nginx.urlOf(asked)).toBe("/asked?a=b");
    });

    it("for a second after the server's last answer, and not for longer", async () => {
      await warm("/read");
      nginx.clockMs += 1_000;
      expect((await send("/read"))[1]).toBe(false);
      nginx.clockMs += 1;
      expect((await send("/read"))[1]).toBe(true);
      nginx.clockMs += 1_000;
      expect((await send("/read"))[1], "each answer confirms the generation again").toBe(false);
    });

    it("for a second after the server is gone, and then every request is refused", async () => {
      await warm("/read");
      nginx.isServing = false;
      nginx.clockMs += 1_000;
      expect((await send("/read"))[0].status).toBe(200);
      nginx.clockMs += 1;
      const [answer] = await send("/read");
      expect(answer.status).toBe(503);
      expect(nginx.upstreamOf(answer)).toBeUndefined();
    });

    it("not after the clock was set back, until the server has answered again", async () => {
      await warm("/read");
      nginx.clockMs -= 2_000;
      expect((await send("/read"))[1]).toBe(true);
      expect((await send("/read"))[1]).toBe(false);
    });

    it("not for another address in clear text, or for another report of a proxy", async () => {
      for (const path of ["/read", "/named"]) {
        await warm(path);
        expect(await send(path, from(OUTSIDE))).toMatchObject([{ status: 200 }, true]);
        expect(await send(path, from(OUTSIDE))).toMatchObject([{ status: 200 }, false]);
        expect((await send(path, [...from(OUTSIDE), "X-Forwarded-Proto", "https"]))[1]).toBe(true);
      }
    });

    it("until the token expires", async () => {
      const short = bearer(mint({ exp: testNowMs / 1_000 + 1 }));
      await warm("/read", short);
      nginx.clockMs += 900;
      expect(await send("/read", short)).toMatchObject([{ status: 200 }, false]);
      nginx.clockMs += 100;
      expect(await send("/read", short)).toMatchObject([{ status: 401 }, true]);
    });

    it("not from an earlier generation, after the worker has seen a newer generation", async () => {
      await warm("/public", []);
      await warm("/read");
      nginx.runtime.generation.begin();
      expect((await send("/read"))[1], "within the lease").toBe(false);
      await send("/read", bearer(mint({ jti: "2" })));
      expect((await send("/read"))[1]).toBe(true);
      expect((await send("/public", []))[1]).toBe(true);
    });

    it("not of an answer that comes after an answer of a newer generation, or has no generation", async () => {
      const entries: number[] = [];
      for (const generation of ["f.2&after=1", "f.1&after=2", "f&after=3", "f.2&after=4", "f.2&after=4"]) {
        entries.push(JSON.parse((await nginx.send(`/fill?count=1&length=1&generation=${generation}`)).body).entries);
      }
      expect(entries).toEqual([1, 1, 1, 2, 2]);
    });

    it("not from an earlier server process, after the worker has seen the new process", async () => {
      await warm("/read");
      nginx.replaceServer();
      await warm("/public", bearer(mint({ jti: "3" })));
      expect((await send("/read"))[1]).toBe(true);
    });

    it("never of a denial or of report mode", async () => {
      for (const path of ["/write", "/watched"]) {
        await send(path);
        expect((await send(path))[1]).toBe(true);
      }
    });

    it("and reports how often, with the next request that asks the server", async () => {
      await warm("/read");
      await send("/read");
      await send("/public", []);
      await send("/write");
      const requests = (rule: string): number | undefined =>
        nginx.runtime.judgedStatus().find((count) => count.rule === rule)?.requests;
      expect([requests("read"), requests("public"), requests("write")]).toEqual([4, 1, 1]);
      expect(nginx.runtime.verdictStatus()).toMatchObject({ guardHits: 2 });
    });

    it("and reports at most 200 counts at once, and remembers at most 1,000 sets of headers to remove", async () => {
      const report = async (count: number) => JSON.parse((await nginx.send(`/report?count=${count}`)).body);
      // The first set is forgotten, together with the verdicts of the earlier process.
      expect(await report(401)).toEqual({ counters: [200, 200, 1], cleared: 400 });
      expect(await report(1_000)).toMatchObject({ cleared: 1_000 });
      expect(await report(1_001)).toMatchObject({ cleared: 1 });
    });

    it("and reports reuses later if the server could not be asked", async () => {
      await warm("/read");
      await send("/read");
      nginx.isServing = false;
      expect((await send("/public", []))[0].status).toBe(503);
      nginx.isServing = true;
      await send("/public", []);
      expect(nginx.runtime.judgedStatus().find(({ rule }) => rule === "read")?.requests).toBe(4);
    });

    /**
     * Reuses a verdict while another request waits for the plugin server's answer. `release` lets the plugin server
     * answer.
     */
    async function reuseMeanwhile(release: (answer: () => void) => void): Promise<void> {
      const [answer, before] = [nginx.hold(), nginx.asked];
      const waiting = send("/public", []);
      await expect.poll(() => nginx.asked).toBeGreaterThan(before);
      expect((await nginx.send("/read", bearer(READER))).status).toBe(200);
      release(answer);
      await waiting;
    }

    it("and adds unreported reuses to new reuses", async () => {
      await warm("/read");
      await reuseMeanwhile((answer) => {
        nginx.isServing = false;
        answer();
      });
      nginx.isServing = true;
      await send("/public", []);
      expect(nginx.runtime.judgedStatus().find(({ rule }) => rule === "read")?.requests).toBe(4);
      expect(nginx.runtime.verdictStatus()).toMatchObject({ guardHits: 2 });
    });

    it("and reports reuses of an earlier server process to no new process", async () => {
      await warm("/read");
      nginx.replaceServer();
      await send("/public", []); // The verdict of the next request can be kept.
      await reuseMeanwhile((answer) => answer());
      await send("/write");
      expect(nginx.runtime.verdictStatus()).toMatchObject({ guardHits: 0 });
    });

    it("and drops reuses of an earlier server process that could not be reported in time", async () => {
      await warm("/read");
      nginx.replaceServer();
      await send("/public", []);
      await send("/read");
      const [answer, before] = [nginx.hold(), nginx.asked];
      const waiting = send("/write");
      await expect.poll(() => nginx.asked).toBeGreaterThan(before);
      nginx.hold()(); // Later requests get their answers immediately.
      await send("/public", []);
      nginx.isServing = false;
      answer();
      await waiting;
      nginx.isServing = true;
      await send("/write");
      expect(nginx.runtime.verdictStatus()).toMatchObject({ guardHits: 0 });
    });

    it("and reports reuses of an earlier generation of the same process", async () => {
      await warm("/read");
      await send("/public", []);
      nginx.runtime.generation.begin();
      await reuseMeanwhile((answer) => answer());
      await send("/write");
      expect(nginx.runtime.verdictStatus()).toMatchObject({ guardHits: 2 });
    });

    it("and adds each decision to the trace; a defect in tracing changes nothing else", async () => {
      const traced = (path: string, tracing: string, headers = bearer(READER)): Promise<[Answer, boolean]> =>
        send(path, [...headers, "X-Test-Tracing", tracing]);
      const spanOf = ([{ headers }]: [Answer, boolean]): object =>
        Object.fromEntries(
          Object.entries(headers).flatMap(([name, value]) =>
            name.startsWith("x-span-jwt-policy-") ? [[name.slice("x-span-jwt-policy-".length), value]] : [],
          ),
        );
      const pass = { outcome: "allow", rule: "read" };
      await warm("/read");
      expect(spanOf(await traced("/read", "on"))).toEqual({ ...pass, reused: "true" });
      nginx.clockMs += 3_000; // The lease is over.
      expect(spanOf(await traced("/read", "on"))).toEqual({ ...pass, reused: "false" });
      expect(spanOf(await traced("/named", "on"))).toEqual({ outcome: "allow", reused: "false" });
      expect(spanOf(await traced("/filed", "on"))).toEqual({ ...pass, "policy-file": "shop.json", reused: "false" });
      const denial = { outcome: "deny", reason: "scope_insufficient", rule: "write" };
      expect(spanOf(await traced("/write", "on"))).toEqual(denial);
      expect((await traced("/write", "broken"))[0].status).toBe(403);
      for (const wasAsked of [true, false]) {
        nginx.clockMs += wasAsked ? 3_000 : 0;
        const [answer, asked] = await traced("/read", "broken");
        expect([answer.status, asked]).toEqual([200, wasAsked]);
      }
    });

    it.each<[path: string, status: number]>([
      ["/bare", 503],
      ["/open", 200],
    ])("and without jwt-policy on the Route %s it answers %d, and removes a client's verdict", async (path, status) => {
      const [answer] = await send(path, ["X-Jwt-Policy-Verdict", "evil"]);
      expect(answer.status).toBe(status);
      if (status === 200) {
        expect(nginx.upstreamOf(answer)).not.toHaveProperty("x-jwt-policy-verdict");
        return;
      }
      expect(nginx.upstreamOf(answer)).toBeUndefined();
      expect(answer.headers).toMatchObject({
        "content-type": "application/json; charset=utf-8",
        "cache-control": "no-store",
      });
      expect(JSON.parse(answer.body)).toEqual({ message: expect.stringMatching(/cannot be checked/) });
    });

    it.each<[server: string, status: number, isReset: boolean]>([
      ["other-instance", 200, true],
      ["other-request", 503, true],
      ["other-verdict", 503, true],
      ["two-verdicts", 503, true],
      ["other-spelling", 503, false],
    ])("but never because a server answers with %s: %d", async (server, status, isReset) => {
      const [answer] = await send("/read", [...bearer(READER), "X-Test-Server", server]);
      expect([answer.status, answer.headers["x-test-reset"]]).toEqual([status, isReset ? "jwt-policy" : undefined]);
      expect(nginx.upstreamOf(answer) !== undefined).toBe(status === 200);
    });

    it("but never because of a client's own verdict, which does not count as a wrong verdict of the server either", async () => {
      nginx.isServing = false;
      const [answer] = await send("/read", [...bearer(READER), "X-Jwt-Policy-Verdict", "evil"]);
      expect([answer.status, answer.headers["x-test-reset"]]).toEqual([503, undefined]);
    });

    it("within 3 kB for a verdict, so within 30 MB for 10,000 verdicts, and with a limit for any number of tokens", {
      timeout: 240_000,
    }, async () => {
      const fill = async (count: number, length: number): Promise<{ entries: number; peak_kb: number }> => {
        await warm("/public", []); // Drops the verdicts of the fill before, because they are of another process.
        return JSON.parse((await nginx.send(`/fill?peak=1&count=${count}&length=${length}`)).body);
      };
      const some = await fill(2_000, 1_000);
      expect(some.entries).toBe(2_000);
      expect(some.peak_kb).toBeLessThan(3 * 2_000);
      expect((await fill(10_000, 0)).entries).toBe(10_000);
      expect((await fill(10_001, 0)).entries, "one half is full; the first is reused").toBe(2);
      // The size of an entry in the stub: 600 bytes, the key, and three headers. The index is in the key and in one
      // header.
      const sizeOf = (index: number): number => 600 + 14 + 1_000 + 59 + 2 * String(index).length;
      let [count, bytes] = [0, 0];
      while (bytes + sizeOf(count + 1) <= 12 * 1_024 * 1_024) {
        count += 1;
        bytes += sizeOf(count);
      }
      expect(await fill(count, 1_000)).toMatchObject({ entries: count, bytes });
      expect((await fill(count + 1, 1_000)).entries, "12 MiB are full").toBe(2);
    });
  });

  describe("the guard", () => {
    const start = async (options: Pick<GuardNginxOptions, "policies" | "routes" | "verdictCache">) => {
      const nginx = await startGuardNginx({ ...options, clockMs: NOW * 1_000 });
      onTestFinished(() => nginx.stop());
      return nginx;
    };

    it("asks the server each time with `--verdict-cache server`", async () => {
      const nginx = await start({ policies: POLICIES, routes: ROUTES, verdictCache: "server" });
      for (const asked of [1, 2, 3, 4]) {
        expect((await nginx.send("/read", bearer(READER))).status).toBe(200);
        expect(nginx.asked).toBe(asked);
      }
    });

    it("refuses every request if no jwt-policy is loaded, and says why", async () => {
      const nginx = await start({ policies: {}, routes: { open: ROUTES.open } });
      expect((await nginx.send("/open")).status).toBe(503);
      expect(nginx.log()).toMatch(/\[crit\].* found no jwt-policy to check/);
      expect(nginx.log()).toContain("refused the request: jwt-policy is not loaded");
    });
  });
}
