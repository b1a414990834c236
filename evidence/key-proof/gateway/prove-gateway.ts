import { setTimeout as sleep } from "node:timers/promises";
import type { GatewayKind } from "../../../test/gateways/gateway.ts";
import type { Tally } from "../results/tally.ts";
import { setUpScene } from "./gateway-scene.ts";
import { type FloodFigures, flood, type RotationFigures, rotate, switchUnannounced } from "./rotate-under-load.ts";

/** The results of one gateway and its plugin server. During the test, the provider changed its keys. */
export interface GatewayFigures {
  readonly gateway: string;
  readonly capacity: number;
  readonly rate: number;
  readonly seconds: number;
  /** All valid requests of the whole run. */
  readonly valid: Tally;
  readonly rotations: readonly RotationFigures[];
  /** Milliseconds from the publication of a key to the first token that passed, for keys that signed immediately. */
  readonly unannouncedMs: readonly number[];
  readonly unannouncedUnderFloodMs: readonly number[];
  readonly flood: FloodFigures;
  /** For how long the provider ended every connection early, under the same load. */
  readonly outageSeconds: number;
}

const CAPACITY_SECONDS = 4;
const TRIALS = 4;
const OUTAGE_SECONDS = 25;
/** The flood's share of the capacity. Valid requests use half of the capacity, so both together use three quarters. */
const FLOOD_SHARE = 0.25;

/** @param seconds how long the test repeats rotations. The rest of the test takes about 70 s more. */
export async function proveGateway(kind: GatewayKind, seconds: number): Promise<GatewayFigures> {
  const scene = await setUpScene(kind, CAPACITY_SECONDS);
  const startMs = performance.now();
  try {
    const rotations: RotationFigures[] = [];
    do {
      rotations.push(await rotate(scene));
    } while (performance.now() - startMs < seconds * 1000);
    const unannouncedMs = await repeat(TRIALS, () => switchUnannounced(scene));
    let unannouncedUnderFloodMs: readonly number[] = [];
    const flooded = await flood(scene, scene.capacity * FLOOD_SHARE, async () => {
      unannouncedUnderFloodMs = await repeat(TRIALS, () => switchUnannounced(scene));
    });
    scene.provider.setDown(true);
    await sleep(OUTAGE_SECONDS * 1000);
    scene.provider.setDown(false);
    const { gateway, capacity, rate, valid } = scene;
    return {
      gateway,
      capacity: Math.round(capacity),
      rate: Math.round(rate),
      seconds: Math.round((performance.now() - startMs) / 1000),
      valid: valid.tally(),
      rotations,
      unannouncedMs,
      unannouncedUnderFloodMs,
      flood: flooded,
      outageSeconds: OUTAGE_SECONDS,
    };
  } finally {
    await scene.stop();
  }
}

async function repeat<T>(times: number, act: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let time = 0; time < times; time += 1) {
    results.push(await act());
  }
  return results;
}
