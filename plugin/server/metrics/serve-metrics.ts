import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../core/text/error-message.ts";
import type { Lifecycle } from "../process/lifecycle.ts";
import { CarriedCounts } from "./carried-counts.ts";
import type { Metrics } from "./create-metrics.ts";

export interface MetricsOptions {
  readonly metrics: Metrics;
  /** Path of the plugin socket. */
  readonly socket: string;
  /** Whether this process listens on the plugin socket now. */
  readonly isOurs: () => boolean;
  readonly lifecycle: Lifecycle;
  readonly log: (line: string) => void;
  /** How often the process writes the counts for the next process, in milliseconds. Tests use a shorter time. */
  readonly writeMs?: number;
}

/** The body of an HTTP answer. */
export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

const WRITE_MS = 1_000;
/** Writing the counts takes at most 1/MAX_SHARE of the time, even if there are many counts. */
const MAX_SHARE = 100;
/** How long an ending process waits until its last counts are written, in milliseconds. */
const MAX_CLOSE_MS = 1_000;

/** Starts to write the counts for the next process at intervals. Returns a function that reads all metrics. */
export function keepMetrics({
  metrics,
  socket,
  isOurs,
  lifecycle,
  log,
  writeMs = WRITE_MS,
}: MetricsOptions): () => Promise<MetricsText> {
  const carried = new CarriedCounts(socket);
  let problem: string | undefined;
  const write = async (): Promise<void> => {
    try {
      const own = await metrics.snapshot();
      await carried.write(own);
      if (isOurs()) {
        await carried.include(own);
      }
      problem = undefined;
    } catch (error) {
      if (problem !== messageOf(error)) {
        problem = messageOf(error);
        log(`counts cannot be kept for the next process: ${problem}`);
      }
    }
  };
  const keepWriting = async (): Promise<void> => {
    for (;;) {
      const startMs = performance.now();
      await write();
      const tookMs = performance.now() - startMs;
      await sleep(Math.max(writeMs, tookMs * MAX_SHARE), undefined, { ref: false });
    }
  };
  void keepWriting();
  lifecycle.beforeExit(MAX_CLOSE_MS, async () => {
    await carried.write(await metrics.snapshot());
  });
  return async () => ({ contentType: metrics.contentType, text: await metrics.render(carried.readOthers()) });
}
