import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decide } from "../../../plugin/core/decide.ts";
import type { CompiledIssuer, CompiledPolicy } from "../../../plugin/core/model/policy.ts";
import { createKeySource, type ProcessKeySource } from "../../../plugin/keys/life/key-source.ts";
import { TenantFetches } from "../../../plugin/keys/life/tenant-fetches.ts";
import {
  AUDIENCE,
  claimsOf,
  compileDocument,
  joseHeaderOf,
  NOW,
  policyDocument,
  requestOf,
} from "../../core/fixtures.ts";
import { silentLog } from "../../logs.ts";
import { generateSigningKey, mintToken, type SigningKey } from "../../tokens.ts";
import { type KeyServer, keySetOf, startKeyServer, status } from "../key-server.ts";
import { noFiles } from "../store/no-files.ts";

const TEMPLATE = "https://sso.example.com/realms/{realm}";
const issOf = (tenant: string): string => TEMPLATE.replace("{realm}", tenant);
const acme = generateSigningKey("ES256", "1");
const globex = generateSigningKey("ES256", "1");
let server: KeyServer;
let source: ProcessKeySource;
let clock: number;
beforeEach(async () => {
  server = await startKeyServer();
  server.answer("/acme/jwks", keySetOf(acme));
  server.answer("/globex/jwks", keySetOf(globex));
  clock = NOW * 1000;
  source = createKeySource({ now: () => clock, log: silentLog, files: noFiles });
});
afterEach(async () => {
  source.stop();
  await server.stop();
});

function policyOf(...tenants: readonly string[]): CompiledPolicy {
  const keys = { jwks_uri: `${server.origin}/{realm}/jwks` };
  const more = { algorithms: ["ES256"], key_refresh: { timeout: "10s" } };
  return compileDocument(policyDocument({ issuer: TEMPLATE, tenants, audiences: [AUDIENCE], keys, ...more }));
}
async function judge(policy: CompiledPolicy, iss: string, key: SigningKey, header = {}): Promise<string> {
  const facts = requestOf(mintToken({ key, header, claims: claimsOf({ iss }) }));
  const decision = await decide(facts, policy, source, () => NOW);
  return decision.verdict === "allow" ? "allow" : decision.denial.reason;
}
const find = (policy: CompiledPolicy, tenant: string, kid = "1") =>
  source.find(policy.issuers.get(issOf(tenant)) as CompiledIssuer, joseHeaderOf({ kid }));

describe("the keys of a tenant", () => {
  it("verify its tokens, and never those of another tenant, with any kid", async () => {
    const policy = policyOf("acme", "globex");
    expect([
      await judge(policy, issOf("acme"), acme),
      await judge(policy, issOf("globex"), globex),
      await judge(policy, issOf("acme"), globex),
      await judge(policy, issOf("globex"), acme),
      await judge(policy, issOf("globex"), acme, { kid: undefined }),
      await judge(policy, issOf("globex"), globex, { kid: undefined }),
    ]).toEqual(["allow", "allow", "signature_invalid", "signature_invalid", "signature_invalid", "allow"]);
  });

  it.each(["umbrella", "ACME", "acme/", "acme/../globex", "{realm}", "*", ""])(
    "are not fetched if a token names tenant %j, which the policy does not name",
    async (tenant) => {
      expect(await judge(policyOf("acme", "globex"), issOf(tenant), acme)).toBe("issuer_untrusted");
      expect(server.requests).toEqual([]);
    },
  );

  it("are loaded with its first token, and no tenant keeps a process from becoming ready", async () => {
    const policy = policyOf("acme", "gone");
    await source.prepare(policy);
    expect([server.requests, source.findMissing(policy), source.status()]).toEqual([[], [], []]);
    expect(await judge(policy, issOf("acme"), acme)).toBe("allow");
    expect(await judge(policy, issOf("gone"), acme)).toBe("keys_unavailable");
    expect(server.requests).toEqual(["/acme/jwks", "/gone/jwks"]);
    expect(source.status()).toMatchObject([
      { id: "acme", issuer: issOf("acme"), sets: [{ state: "serving", keys: 1 }] },
      { id: "acme", issuer: issOf("gone"), sets: [{ state: "waiting", failures: 1 }] },
    ]);
  });

  it("are loaded again after an hour without a token, and shown again after they were forgotten", async () => {
    const policy = policyOf("acme");
    await find(policy, "acme");
    clock += 3_600_000;
    expect(find(policy, "acme")).not.toBeInstanceOf(Promise);
    clock += 3_600_001;
    await source.prepare(policyOf("globex")); // Forgets keys that no token needs.
    expect(source.status()).toEqual([]);
    expect((await find(policy, "acme")).ok).toBe(true);
    expect(server.requests).toEqual(["/acme/jwks", "/acme/jwks"]);
    expect(source.status()).toMatchObject([{ issuer: issOf("acme") }]);
  });

  it("are not shared with an issuer of another policy that has the same identifier but no tenants", async () => {
    const alone = { ...(policyOf("acme").issuers.get(issOf("acme")) as CompiledIssuer), tenantOf: undefined };
    await find(policyOf("acme"), "acme");
    await source.find(alone, joseHeaderOf());
    expect(server.requests).toEqual(["/acme/jwks", "/acme/jwks"]);
  });
});

describe("fetches for the tenants of one issuer are limited together", () => {
  const tenants = Array.from({ length: 30 }, (_, index) => `t${index}`);

  it("unknown kids cause at most ten in a second, for all tenants, and each tenant keeps its known key", async () => {
    const policy = policyOf(...tenants);
    for (const tenant of tenants) {
      server.answer(`/${tenant}/jwks`, keySetOf(acme));
      await find(policy, tenant);
    }
    clock += 30_000;
    await Promise.all(tenants.map((tenant) => find(policy, tenant, "forged")));
    expect(server.requests).toHaveLength(30 + 10);
    clock += 1_000;
    const lookups = await Promise.all(tenants.map((tenant) => find(policy, tenant, "forged")));
    expect(server.requests).toHaveLength(30 + 20);
    expect(lookups.every((lookup) => !lookup.ok && lookup.failure.because === "unknown")).toBe(true);
    const known = await Promise.all(tenants.map((tenant) => find(policy, tenant)));
    expect(known.every(({ ok }) => ok)).toBe(true);
  });

  it("first loads are not limited, but at most eight run at a time", async () => {
    const policy = policyOf(...tenants);
    const held: (() => void)[] = [];
    let most = 0;
    for (const tenant of tenants) {
      server.answer(`/${tenant}/jwks`, (_request, response) => {
        held.push(() => void response.end(JSON.stringify(keySetOf(acme).json)));
        most = Math.max(most, held.length);
      });
    }
    const lookups = tenants.map((tenant) => find(policy, tenant));
    for (let answered = 0; answered < tenants.length; answered += 1) {
      await expect.poll(() => held.length).toBeGreaterThan(0);
      held.shift()?.();
    }
    expect((await Promise.all(lookups)).filter(({ ok }) => ok).length).toBe(tenants.length);
    expect(most).toBeLessThanOrEqual(8);
  });

  it("a failed fetch makes room as well, and a clock that is set back does not remove the limit", async () => {
    server.answer("/x", status(503));
    let now = NOW * 1000;
    const isDown = () => Promise.reject(new Error("down"));
    const fetches = new TenantFetches(isDown, () => now);
    for (let round = 0; round < 20; round += 1) {
      await expect(fetches.fetchJson("https://idp.example", { timeoutMs: 1 })).rejects.toThrow("down");
    }
    const countAllowed = (): number => Array.from({ length: 50 }, () => fetches.mayLookAgain()).filter(Boolean).length;
    expect(countAllowed()).toBe(10);
    now += 500;
    expect(countAllowed()).toBe(5);
    now -= 86_400_000;
    expect(countAllowed()).toBe(10);
    expect(countAllowed()).toBe(0);
  });
});
