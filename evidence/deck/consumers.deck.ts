import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claimsOf, inlineIssuer, policyDocument } from "../../test/core/fixtures.ts";
import { waitFor } from "../../test/gateways/gateway.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { type RecordingUpstream, startRecordingUpstream } from "../../test/gateways/recording-upstream.ts";
import { findMissingKong } from "../../test/kong/schema/admin-kong.ts";
import { generateSigningKey, mintToken } from "../../test/tokens.ts";
import { type KongWithPostgres, startKongWithPostgres } from "./kong-with-postgres.ts";
import { findMissingPostgres } from "./postgres.ts";

const missing = findMissingKong() ?? findMissingPostgres();
const POLICIES = {
  known: { consumer: { claim: "azp", cache: "1h" } },
  strict: { consumer: { claim: "azp", cache: "0s" } },
  "by-id": { consumer: { claim: "azp", by: "id", cache: "0s" } },
  lenient: { consumer: { claim: "azp", cache: "0s", unknown: "ignore" } },
};

/** Tests that need a database: Consumers are created and deleted, or the database does not answer. */
describe("Consumers in a Kong with PostgreSQL", () => {
  if (missing !== undefined) {
    reportMissing("are looked up, and no request has one while the database is down", missing);
    return;
  }
  const key = generateSigningKey("ES256", "1");
  let root: string;
  let upstream: RecordingUpstream;
  let kong: KongWithPostgres;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "consumers-"));
    for (const [name, identity] of Object.entries(POLICIES)) {
      const document = policyDocument(inlineIssuer([key]), { identity });
      await writeFile(join(root, `${name}.json`), JSON.stringify(document));
    }
    upstream = await startRecordingUpstream();
    kong = await startKongWithPostgres(root);
    await create("services", { name: "things", url: `http://127.0.0.1:${upstream.port}` });
    for (const name of Object.keys(POLICIES)) {
      await create("services/things/routes", { name, paths: [`/${name}`] });
      const config = { policy_file: `${name}.json`, rule: "read" };
      await create(`routes/${name}/plugins`, { name: "jwt-policy", config });
    }
    await waitFor(async () => ((await ask("lenient", "nobody")).status === 200 ? true : undefined), 30_000);
  }, 300_000);
  afterAll(async () => {
    await kong?.stop();
    await upstream?.stop();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }, 60_000);

  async function create(path: string, body: object): Promise<{ id: string }> {
    const answer = await fetch(`${kong.adminUrl}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.status !== 201) {
      throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    }
    return (await answer.json()) as { id: string };
  }

  async function ask(route: string, azp: string): Promise<{ status: number; consumer: unknown }> {
    const now = Math.floor(Date.now() / 1000);
    const token = mintToken({ key, claims: claimsOf({ azp, iat: now, exp: now + 600 }) });
    const caseId = `${route}-${azp}-${Math.random()}`;
    const headers = { authorization: `Bearer ${token}`, "x-case": caseId, "x-consumer-username": "evil" };
    const { status } = await fetch(`${kong.proxyUrl}/${route}`, { headers });
    return { status, consumer: upstream.headersOf(caseId)?.["x-consumer-username"] };
  }

  it("are found after they are created, and not after they are deleted", async () => {
    expect(await ask("strict", "billing")).toMatchObject({ status: 403 });
    const { id } = await create("consumers", { username: "billing" });
    expect(await ask("strict", "billing")).toEqual({ status: 200, consumer: "billing" });
    expect(await ask("by-id", id)).toEqual({ status: 200, consumer: "billing" });
    expect(await ask("known", "billing")).toEqual({ status: 200, consumer: "billing" });
    await fetch(`${kong.adminUrl}/consumers/${id}`, { method: "DELETE" });
    expect(await ask("strict", "billing")).toMatchObject({ status: 403 });
    expect(await ask("by-id", id)).toMatchObject({ status: 403 });
    // Every policy uses the newest answer.
    expect(await ask("known", "billing")).toMatchObject({ status: 403 });
  });

  it("are unknown when the database does not answer, except those in the cache", async () => {
    await create("consumers", { username: "shop" });
    await create("consumers", { username: "market" });
    expect(await ask("lenient", "shop")).toEqual({ status: 200, consumer: "shop" });
    expect(await ask("known", "market")).toEqual({ status: 200, consumer: "market" });
    await kong.stopDatabase();
    expect(await ask("strict", "shop")).toEqual({ status: 403, consumer: undefined });
    expect(await ask("lenient", "shop")).toEqual({ status: 200, consumer: undefined });
    expect(await ask("known", "market")).toEqual({ status: 200, consumer: "market" });
  }, 60_000);
});
