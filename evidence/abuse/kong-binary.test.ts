import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { claimsOf, inlineIssuer, policyDocument } from "../../test/core/fixtures.ts";
import { waitFor } from "../../test/gateways/gateway.ts";
import { kongBinary } from "../../test/gateways/kong/kong-binary.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { generateSigningKey, mintToken } from "../../test/tokens.ts";

const HOME = "203.0.113.7";
const THIEF = "198.51.100.9";
const key = generateSigningKey("ES256", "1");
const directory = (): string => {
  const path = temporaryFolder(onTestFinished);
  return path;
};

function mint(): string {
  const now = Math.floor(Date.now() / 1_000);
  return mintToken({ key, claims: claimsOf({ sub: "alice", iat: now, exp: now + 600, jti: `${Math.random()}` }) });
}

/** A Kong behind a trusted proxy. Its plugin server refuses tokens that come from two networks. */
async function startKong(guard: boolean) {
  const place = directory();
  const [abuse, log] = [join(place, "abuse.yaml"), join(place, "log.yaml")];
  const to = join(place, "decisions.jsonl");
  writeFileSync(abuse, JSON.stringify({ abuse: 1, shared_tokens: { networks: 2, on_abuse: "refuse_token" } }));
  writeFileSync(log, JSON.stringify({ decision_log: 1, to }));
  const upstream = createServer((_, response) => void response.end());
  await new Promise<void>((resolve) => void upstream.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void upstream.close());
  const policyRoot = directory();
  const document = policyDocument(inlineIssuer([key]), { routes: { read: {} } });
  writeFileSync(join(policyRoot, "payments.json"), JSON.stringify(document));
  const route = {
    name: "read",
    paths: ["/read"],
    plugins: [{ name: "jwt-policy", config: { policy_file: "payments.json", rule: "read" } }],
  };
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const configText = JSON.stringify({ _format_version: "3.0", services: [{ name: "payments", url, routes: [route] }] });
  const kong = await kongBinary({
    guard,
    more: ["--abuse", abuse, "--decision-log", log],
    adapt: (settings) => ({ ...settings, KONG_TRUSTED_IPS: "127.0.0.1/32" }),
  }).start({ configText, policyRoot });
  onTestFinished(() => kong.stop());
  const send = async (client: string, token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}`, "x-real-ip": client };
    return (await fetch(`${kong.url}/read`, { headers })).status;
  };
  await waitFor(async () => (await send(HOME, mint())) === 200 || undefined, 20_000);
  return { kong, send, readDecisions: () => readFileSync(to, "utf8") };
}

const missing = kongBinary().missing;
describe.each([false, true])("a stolen token at a real Kong, with the guard: %s", (guard) => {
  if (missing !== undefined) {
    reportMissing("is refused", missing);
    return;
  }
  it("is refused for both clients, and another token passes", { timeout: 120_000 }, async () => {
    const { kong, send, readDecisions } = await startKong(guard);
    const [stolen, other] = [mint(), mint()];
    for (let count = 0; count < 5; count += 1) {
      expect([await send(HOME, stolen), await send(HOME, other)]).toEqual([200, 200]);
    }
    expect(await send(THIEF, stolen)).toBe(200);
    // Each of Kong's workers learns of the new generation with its next call.
    await waitFor(
      async () => ((await send(HOME, other)) === 200 && (await send(HOME, stolen)) === 401) || undefined,
      5_000,
    );
    expect([await send(THIEF, stolen), await send(HOME, stolen), await send(HOME, other)]).toEqual([401, 401, 200]);
    const errors = await kong.readErrorLog();
    expect(errors).toMatch(
      /\[warn\].* jwt-policy: abuse: clients in different networks use one token at the same time: kind=shared_token policy=\w+ rule=read issuer=acme subject_hmac=/,
    );
    expect(errors).toContain("reason=token_refused status=401");
    await waitFor(async () => readDecisions().includes('"event":"abuse"') || undefined, 5_000);
    expect(readDecisions()).not.toMatch(/alice|203\.0\.113|198\.51\.100/);
  });
});
