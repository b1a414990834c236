import { createHmac, randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Gateway, waitFor } from "../../test/gateways/gateway.ts";
import { kongBinary } from "../../test/gateways/kong/kong-binary.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { BILLING_ID, createPluginsWorld, KONG_JWT, type PluginsWorld } from "./plugins-world.ts";

const kong = kongBinary();

/** Behaviour that the sandbox cannot show: Kong's own plugins run before and after jwt-policy. */
describe("Kong's own plugins beside this one", () => {
  if (kong.missing !== undefined) {
    reportMissing("know the caller that the token names", kong.missing);
    return;
  }
  let world: PluginsWorld;
  let gateway: Gateway;
  beforeAll(async () => {
    world = await createPluginsWorld();
    gateway = await kong.start(world);
    const token = world.token({ azp: "partner" });
    await waitFor(async () => (await send("/own-plugin", { token })).status === 200 || undefined, 20_000);
  }, 120_000);
  afterAll(async () => {
    await gateway?.stop();
    await world?.stop();
  }, 60_000);
  beforeEach(({ task }) => {
    task.meta.gateway = gateway.name;
  });

  interface Sent {
    readonly token?: string | undefined;
    readonly headers?: Readonly<Record<string, string>>;
  }
  interface Answer {
    readonly status: number;
    readonly headers: Headers;
    /** The request that reached the upstream; undefined if no request reached it. */
    readonly upstream: IncomingHttpHeaders | undefined;
    readonly caseId: string;
  }

  async function send(path: string, { token, headers = {} }: Sent): Promise<Answer> {
    const caseId = randomUUID();
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(`${gateway.url}${path}`, {
      headers: { "x-case": caseId, ...authorization, ...headers },
    });
    await answer.arrayBuffer();
    return { status: answer.status, headers: answer.headers, upstream: world.upstreamHeaders(caseId), caseId };
  }

  const denialOf = ({ headers }: Answer): Promise<string | undefined> =>
    gateway.findDenialLine(headers.get("x-kong-request-id") ?? "");

  const BILLING = { "x-consumer-id": BILLING_ID, "x-consumer-username": "billing", "x-consumer-custom-id": "c-17" };
  /** Headers with which a client tries to appear as another caller. */
  const SPOOFED = { "X-Consumer-ID": "evil", "X-Consumer-Username": "evil", "X-Authenticated-Groups": "admin" };

  it.each<[path: string, what: string, claims: Record<string, unknown>, status: number, groups?: string]>([
    ["/acl-groups", "a token with the group", { roles: ["user", "admin"] }, 200, "user, admin"],
    ["/acl-groups", "a token with other groups", { roles: ["user"] }, 403],
    ["/acl-groups", "a token without groups", {}, 403],
    ["/acl-denied-groups", "a token with the group that is denied", { roles: ["suspended"] }, 403],
    ["/acl-denied-groups", "a token without groups", {}, 200, ""],
    ["/acl-credential", "a credential without groups, at which Kong must not fail", { roles: ["admin"] }, 403],
    ["/acl-consumer", "a Consumer of the group", { azp: "billing" }, 200],
    ["/acl-consumer", "another Consumer", { azp: "partner" }, 403],
    ["/acl-both", "a Consumer of the group, with any groups in the token", { azp: "billing", roles: [] }, 200],
    ["/acl-both", "another Consumer, with any groups in the token", { azp: "partner", roles: ["gold"] }, 403],
    [
      "/acl-token-groups",
      "the token's groups if acl must look at them",
      { azp: "partner", roles: ["admin"] },
      200,
      "admin",
    ],
    ["/acl-token-groups", "the token's missing groups if acl must look at them", { azp: "billing", roles: [] }, 403],
    ["/acl-lenient", "a Consumer of the group", { azp: "billing" }, 200],
    ["/acl-lenient", "an unknown Consumer that is ignored", { azp: "nobody" }, 401],
  ])("acl on %s judges %s", async (path, _what, claims, status, groups) => {
    const answer = await send(path, { token: world.token(claims), headers: SPOOFED });
    expect(answer.status).toBe(status);
    if (status !== 200) {
      expect(answer.upstream).toBeUndefined();
    } else if (groups !== undefined) {
      expect(answer.upstream?.["x-authenticated-groups"]).toBe(groups || undefined);
    }
  });

  it("rate-limiting counts by the token's credential", async () => {
    const statuses: number[] = [];
    for (const sub of ["ann", "ann", "ann", "bob"]) {
      statuses.push((await send("/limit-credential", { token: world.token({ sub }) })).status);
    }
    expect(statuses).toEqual([200, 200, 429, 200]);
  });

  it("rate-limiting counts by Consumer, for all its users together", async () => {
    const statuses: number[] = [];
    for (const [azp, sub] of [
      ["billing", "ann"],
      ["billing", "bob"],
      ["billing", "carol"],
      ["partner", "ann"],
    ]) {
      statuses.push((await send("/limit-consumer", { token: world.token({ azp, sub }) })).status);
    }
    expect(statuses).toEqual([200, 200, 429, 200]);
  });

  it("a Consumer's own plugins run for the token that names it", async () => {
    expect((await send("/own-plugin", { token: world.token({ azp: "blocked" }) })).status).toBe(410);
    expect((await send("/own-plugin", { token: world.token({ azp: "billing" }) })).status).toBe(200);
  });

  it.each<[path: string, claims: object, consumer: string | undefined, credential: string]>([
    ["/log", { azp: "billing", sub: "ann" }, "billing", "ann"],
    ["/log-credential", { azp: "billing", sub: "bob" }, undefined, "bob"],
  ])("Kong's log on %s shows the caller", async (path, claims, consumer, credential) => {
    const { caseId } = await send(path, { token: world.token({ ...claims }) });
    const find = async () => (await world.readLog()).find(({ request }) => request.headers["x-case"] === caseId);
    const entry = await waitFor(find, 10_000);
    expect([entry?.consumer?.username, entry?.authenticated_entity?.id]).toEqual([consumer, credential]);
  });

  describe("key-auth after it, with `anonymous`: a token or a key", () => {
    const withKey = { apikey: "partner-key", ...SPOOFED };
    it.each<[what: string, claims: object | undefined, headers: Record<string, string>, username: string]>([
      ["a token", { azp: "billing" }, SPOOFED, "billing"],
      ["a key", undefined, withKey, "partner"],
      ["both, and the token counts", { azp: "billing" }, withKey, "billing"],
    ])("%s is enough", async (_what, claims, headers, username) => {
      const token = claims && world.token({ ...claims });
      const { status, upstream } = await send("/or", { token, headers });
      expect([status, upstream?.["x-consumer-username"]]).toEqual([200, username]);
      expect(upstream?.["x-anonymous-consumer"]).toBeUndefined();
    });

    it.each<[what: string, token: string | undefined, headers: Record<string, string>, reason: string | undefined]>([
      ["neither is", undefined, SPOOFED, undefined],
      ["a wrong key is", undefined, { apikey: "wrong" }, undefined],
      ["a bad token is, although a good key is there", "bad", withKey, "token_malformed"],
    ])("%s refused", async (_what, token, headers, reason) => {
      const answer = await send("/or", { token, headers });
      expect([answer.status, answer.upstream]).toEqual([401, undefined]);
      if (reason !== undefined) {
        expect(await denialOf(answer)).toContain(`reason=${reason}`);
      }
    });
  });

  it.each<[what: string, claims: object | undefined, headers: Record<string, string>, status: number]>([
    ["both pass, and the Consumer is the key's, which comes last", { azp: "billing" }, { apikey: "partner-key" }, 200],
    ["a token alone is refused", { azp: "billing" }, {}, 401],
    ["a key alone is refused", undefined, { apikey: "partner-key" }, 401],
  ])("with key-auth after it, without `anonymous`, %s", async (_what, claims, headers, status) => {
    const token = claims && world.token({ ...claims });
    const answer = await send("/and", { token, headers });
    expect(answer.status).toBe(status);
    expect(answer.upstream?.["x-consumer-username"]).toBe(status === 200 ? "partner" : undefined);
  });

  describe("session before it", () => {
    let cookie: string;
    beforeAll(async () => {
      const answer = await send("/login", { headers: { apikey: "billing-key" } });
      cookie = answer.headers.getSetCookie()[0]?.split(";")[0] ?? "";
      expect(cookie).toMatch(/^session=./);
    });

    it("is enough if the rule allows it: the upstream gets its Consumer and no token", async () => {
      for (const token of [undefined, world.token({ azp: "partner" }), "bad"]) {
        const { status, upstream } = await send("/skip", {
          token,
          headers: { cookie, ...SPOOFED, x_consumer_id: "evil" },
        });
        expect([status, upstream]).toEqual([200, expect.objectContaining(BILLING)]);
        expect([upstream?.x_consumer_id, upstream?.authorization, upstream?.["x-user-id"]]).toEqual([
          undefined,
          undefined,
          undefined,
        ]);
      }
    });

    it("is not needed if there is a token", async () => {
      const { status, upstream } = await send("/skip", { token: world.token({ azp: "partner" }), headers: SPOOFED });
      expect([status, upstream?.["x-consumer-username"]]).toEqual([200, "partner"]);
      expect((await send("/skip", { headers: SPOOFED })).status).toBe(401);
    });

    it("is needed in addition to the token if the rule requires both, and the Consumer is the token's", async () => {
      const token = world.token({ azp: "partner" });
      const both = await send("/require", { token, headers: { cookie } });
      expect([both.status, both.upstream?.["x-consumer-username"]]).toEqual([200, "partner"]);
      const alone = await send("/require", { token, headers: SPOOFED });
      expect([alone.status, alone.upstream]).toEqual([403, undefined]);
      expect(await denialOf(alone)).toContain("reason=other_authentication_missing");
      expect((await send("/require", { headers: { cookie } })).status).toBe(401);
    });

    it.each<[rule: string, what: string, token: () => string | undefined]>([
      ["foreign", "a token of an issuer that `identity` does not name", () => world.token()],
      ["optional", "no token", () => undefined],
      ["public", "no token", () => undefined],
      ["report", "a forged token", () => `${world.token().slice(0, -8)}AAAAAAAA`],
    ])("does not set Kong's Consumer for other rules: on the rule %s, acl refuses %s", async (rule, _what, token) => {
      const answer = await send(`/behind-session-${rule}`, { token: token(), headers: { cookie } });
      expect([[401, 403], answer.upstream]).toEqual([expect.arrayContaining([answer.status]), undefined]);
    });

    it("sets Kong's Consumer if the rule says `skip`: acl lets the request pass", async () => {
      expect((await send("/behind-session-skip", { headers: { cookie } })).status).toBe(200);
    });

    it("keeps its Consumer if the policy has no identity", async () => {
      const { status, upstream } = await send("/require-and-keep", { token: world.token(), headers: { cookie } });
      expect([status, upstream]).toEqual([200, expect.objectContaining(BILLING)]);
    });
  });

  describe("Kong's own jwt, of the same priority,", () => {
    const claims = Buffer.from(JSON.stringify({ iss: KONG_JWT.key })).toString("base64url");
    const head = `${Buffer.from('{"alg":"HS256","typ":"JWT"}').toString("base64url")}.${claims}`;
    const own = `${head}.${createHmac("sha256", KONG_JWT.secret).update(head).digest("base64url")}`;

    it("runs after it, so its caller is not known yet", async () => {
      const answer = await send(`/kong-jwt-behind?jwt=${own}`, { token: world.token({ azp: "billing" }) });
      expect(answer.status).toBe(403);
      expect(await denialOf(answer)).toContain("reason=other_authentication_missing");
    });

    it("can be required in addition, and then Kong keeps its Consumer", async () => {
      // Kong's jwt plugin accepts only one token, so the token for jwt-policy must not be in Authorization.
      const refused = await send(`/kong-jwt-and?jwt=${own}`, { token: world.token({ azp: "billing" }) });
      expect(refused.status).toBe(401);
      const { status, upstream } = await send(`/kong-jwt-or?jwt=${own}`, {});
      expect([status, upstream?.["x-consumer-username"]]).toEqual([200, "partner"]);
    });

    it("with `anonymous` does not change the token's Consumer", async () => {
      const { status, upstream } = await send("/kong-jwt-or", { token: world.token({ azp: "billing" }) });
      expect([status, upstream?.["x-consumer-username"]]).toEqual([200, "billing"]);
    });
  });
});
