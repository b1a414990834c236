import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Protocol } from "../conformance/cases/case.ts";
import { type Gateway, type GatewayKind, openNeighbours, waitFor } from "../gateways/gateway.ts";
import { reportMissing } from "../gateways/kong/report-missing.ts";
import { isThorough } from "../runs.ts";
import { ACCESS_MODES } from "./modes.ts";
import { createProbes, type Probe } from "./probes.ts";
import { PLAIN_REQUEST, sendRequest } from "./world/send.ts";
import { createSpoofingWorld, type SpoofingWorld } from "./world/world.ts";

const START_TIMEOUT_MS = 120_000;
const RUN_TIMEOUT_MS = 120_000;
/**
 * The number is so low that no request waits for other requests until the deadline of its decision, even on a busy
 * machine.
 */
const AT_ONCE = 4;
const PROTOCOLS: readonly Protocol[] = ["http/1.1", "h2", "grpc"];

/**
 * Declares the suite for one gateway. It has every variant in every access mode and over every protocol, and the
 * headers that the upstream reads.
 */
export function runSpoofing(kind: GatewayKind): void {
  describe(`made-up identities on ${kind.label}`, () => {
    if (kind.missing !== undefined) {
      reportMissing("reach no upstream", kind.missing);
      return;
    }
    let world: SpoofingWorld;
    let gateway: Gateway;
    beforeAll(async () => {
      world = await createSpoofingWorld(await openNeighbours(kind), kind.onlyHttp1 === undefined);
      gateway = await kind.start(world);
      await waitFor(() => isServing(gateway));
    }, START_TIMEOUT_MS);
    afterAll(async () => {
      await gateway?.stop();
      await world?.stop();
    }, START_TIMEOUT_MS);
    beforeEach(({ task }) => {
      task.meta.gateway = gateway.name;
    });

    if (kind.onlyHttp1 !== undefined) {
      it("reach no upstream over HTTP/2 and gRPC", (context) => context.skip(kind.onlyHttp1));
    }

    for (const protocol of kind.onlyHttp1 ? (["http/1.1"] as const) : PROTOCOLS) {
      // The fast tests run the modes that every protocol has.
      const modes = ACCESS_MODES.filter(({ grpc }) => grpc || (isThorough && protocol !== "grpc"));
      it.each(modes.map((mode) => [mode.title, mode] as const))(
        `${protocol}: %s`,
        async (_title, mode) => {
          const findings = await tryAll(createProbes(mode, protocol, world.credentials), gateway, world);
          expect(findings).toEqual([]);
        },
        RUN_TIMEOUT_MS,
      );
    }
  });
}

/** Until the plugin server listens, every answer is a 500 and nothing reaches the upstream. */
async function isServing(gateway: Gateway): Promise<true | undefined> {
  return (await sendRequest(gateway.url, { ...PLAIN_REQUEST, path: "/public" })) === 200 || undefined;
}

/**
 * @returns a string for each failed probe. A probe fails if an upstream saw a fake header, or if an honest request
 * failed.
 */
async function tryAll(probes: readonly Probe[], gateway: Gateway, world: SpoofingWorld): Promise<readonly string[]> {
  const findings: string[] = [];
  const left = probes.values();
  const work = async (): Promise<void> => {
    for (const probe of left) {
      const status = await sendRequest(gateway.url, probe.request);
      const lines = await world.upstreams.linesOf(probe.id);
      findings.push(...probe.findFaults(lines).map((fault) => `${probe.title} (${status}): ${fault}`));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return findings;
}
