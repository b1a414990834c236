import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gateway } from "../gateways/gateway.ts";
import { kongBinary } from "../gateways/kong/kong-binary.ts";
import { reportMissing } from "../gateways/kong/report-missing.ts";
import { findNetworkAddress } from "../gateways/network-address.ts";
import { type ConformanceCase, GOOD } from "./cases/case.ts";
import { checkCase } from "./run/check-case.ts";
import { waitUntilServing } from "./run/wait-until-serving.ts";
import { createWorld, type World } from "./world.ts";

const address = findNetworkAddress();
const kind = kongBinary({ adapt: (settings) => ({ ...settings, KONG_TRUSTED_IPS: `${address}/32` }) });
const missing = kind.missing ?? (address === undefined ? "this machine has no address beyond loopback" : undefined);

describe("a proxy that Kong trusts reports whether the client used TLS", () => {
  if (missing !== undefined) {
    reportMissing("is believed", missing);
    return;
  }
  let world: World;
  let gateway: Gateway;
  beforeAll(async () => {
    world = await createWorld();
    gateway = await kind.start(world);
    await waitUntilServing(gateway);
  }, 120_000);
  afterAll(async () => {
    await gateway?.stop();
    await world?.stop();
  });

  const REFUSED = { status: 403, reason: "insecure_transport" } as const;
  it.each<[title: string, headers: readonly string[], expected: Pick<ConformanceCase, "status" | "reason">]>([
    ["over TLS", ["X-Forwarded-Proto", "https"], { status: 200 }],
    ["over TLS, and who it is", ["X-Forwarded-Proto", "https", "X-Real-IP", "198.51.100.7"], { status: 200 }],
    ["in plain", ["X-Forwarded-Proto", "http"], REFUSED],
    ["in plain, and who it is", ["X-Forwarded-Proto", "http", "X-Real-IP", "198.51.100.7"], REFUSED],
    ["in two ways", ["X-Forwarded-Proto", "https", "X-Forwarded-Proto", "http"], REFUSED],
    ["in no way", ["X-Real-IP", "127.0.0.1"], REFUSED],
  ])("%s", async (title, headers, expected) => {
    expect.hasAssertions();
    const testCase = { title, path: "/read", token: GOOD, fromNetwork: true, headers, ...expected } as const;
    for (const protocol of ["http/1.1", "h2"] as const) {
      await checkCase(testCase, protocol, `${title} ${protocol}`, world, gateway);
    }
  });
});
