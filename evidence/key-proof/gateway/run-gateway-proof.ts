import { expect, it } from "vitest";
import type { GatewayKind } from "../../../test/gateways/gateway.ts";
import { reportMissing } from "../../../test/gateways/kong/report-missing.ts";
import { noteFigures, SECONDS } from "../results/proof-files.ts";
import { proveGateway } from "./prove-gateway.ts";
import { COOLDOWN_MS, MAX_MS } from "./rotate-under-load.ts";

/** Time for a fetch, and for a machine that is busy with the load. */
const SLACK_MS = 2_000;

/** Declares the proof on one gateway. */
export function runGatewayProof(kind: GatewayKind): void {
  if (kind.missing !== undefined) {
    reportMissing("keys change under load", kind.missing);
    return;
  }
  it("keys change under load, and no valid request is refused", async ({ task }) => {
    const figures = await proveGateway(kind, SECONDS);
    task.meta.gateway = figures.gateway;
    noteFigures("gateways", kind.label, figures);
    const { valid, rotations, unannouncedMs, unannouncedUnderFloodMs, flood } = figures;
    expect.soft(valid.refused, "valid requests refused").toEqual({});
    for (const { passedForMs, refusedAfterwards } of rotations) {
      expect.soft(passedForMs, "a retired key").toBeLessThan(MAX_MS + SLACK_MS);
      expect.soft(refusedAfterwards, "refused tokens of a retired key").toBeGreaterThan(0);
    }
    for (const ms of [...unannouncedMs, ...unannouncedUnderFloodMs]) {
      expect.soft(ms, "a key that signed at once").toBeLessThan(COOLDOWN_MS + SLACK_MS);
    }
    expect.soft(flood.passed, "unknown kids that passed").toBe(0);
    expect.soft(flood.shortestGapMs, "between two fetches").toBeGreaterThanOrEqual(COOLDOWN_MS);
  });
}
