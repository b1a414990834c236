import { afterAll, beforeAll, expect, it } from "vitest";
import { inlineIssuer, NOW, policyDocument } from "../../test/core/fixtures.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { findMissing, type GuardNginx, startGuardNginx } from "../../test/guard/nginx/guard-nginx.ts";
import { generateSigningKey } from "../../test/tokens.ts";
import { measureMemory } from "./measure-memory.ts";

const TOKENS = Number(process.env.SOAK_TOKENS ?? 10_000_000);
/** The characters of an RS256 token with a few claims. */
const TOKEN_LENGTH = 800;
const ALLOWED_GROWTH_MB = 5;

const missing = findMissing();
if (missing !== undefined) {
  reportMissing("the guard in nginx", missing);
} else {
  let nginx: GuardNginx;
  beforeAll(async () => {
    const policy = policyDocument(inlineIssuer([generateSigningKey("EdDSA", "1")]), { routes: { read: {} } });
    const options = { policies: { shop: policy }, routes: { read: { policy: "shop", rule: "read" } } };
    nginx = await startGuardNginx({ ...options, clockMs: NOW * 1_000 });
  });
  afterAll(() => nginx?.stop());

  it(`the guard's verdicts stay within their limit over ${TOKENS} different tokens`, async () => {
    let stored = 0;
    const gateway = "the guard in a worker of Debian's nginx";
    const growth = await measureMemory(gateway, nginx.workerPid, "verdicts for new tokens", TOKENS, async (count) => {
      const { status, body } = await nginx.send(`/fill?count=${count}&length=${TOKEN_LENGTH}&after=${stored}`);
      expect([status, JSON.parse(body).serial]).toEqual([200, 1]);
      stored += count;
    });
    expect(growth).toBeLessThan(ALLOWED_GROWTH_MB);
  });
}
