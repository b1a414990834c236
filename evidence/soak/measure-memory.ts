import { readFileSync } from "node:fs";
import type { MemoryResults } from "../results/measurements.ts";
import { writeResults } from "../results/results-folder.ts";

const SAMPLES = 20;
/** First, the heap grows to a steady size. After that, it must not grow any longer. */
const WARM_UP_SHARE = 0.25;

/**
 * Does the work in parts, and measures the resident memory of a process after each part. Prints the figures, and writes them
 * for docs/evidence/memory.md.
 *
 * @param work does `count` pieces of the work.
 * @returns how much the memory grew from the end of the warm-up to the end, in MB.
 */
export async function measureMemory(
  gateway: string,
  pid: number,
  what: string,
  count: number,
  work: (count: number) => Promise<void>,
): Promise<number> {
  const megabytes = [readMegabytes(pid)];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    await work(Math.ceil(count / SAMPLES));
    megabytes.push(readMegabytes(pid));
  }
  const warmUp = Math.ceil(megabytes.length * WARM_UP_SHARE);
  // The growth compares medians of a few samples, because nobody knows when the garbage collection runs.
  const growth = median(megabytes.slice(-5)) - median(megabytes.slice(warmUp, warmUp + 5));
  const results: MemoryResults = { gateway, what, count, megabytes, warmUp, growth };
  writeResults(`memory/${what.replaceAll(" ", "-")}`, results);
  process.stdout.write(`${gateway}, ${what}, resident MB after each ${count / SAMPLES}: ${megabytes.join(" ")}\n`);
  return growth;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function readMegabytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}
