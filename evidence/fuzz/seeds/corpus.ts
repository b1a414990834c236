import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Coverage } from "../coverage.ts";
import type { Target } from "../target.ts";

/**
 * The corpus of a target is one file. Each line has one input as JSON. Together, the small inputs of a corpus reach all
 * code and reasons that any input has reached.
 */

const fileOf = (name: string): string => `evidence/fuzz/corpus/${name}.jsonl`;

export function readCorpus<T>(name: string): readonly T[] {
  const lines = existsSync(fileOf(name)) ? readFileSync(fileOf(name), "utf8").split("\n") : [];
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as T);
}

/** Writes a corpus that is as small as possible and reaches the same code. @returns the number of inputs. */
export async function writeCorpus<T>(target: Target<T>, inputs: readonly T[], coverage: Coverage): Promise<number> {
  coverage.forget();
  const features = new Set<string>();
  const reachesMore = async (input: T): Promise<boolean> => {
    const outcome = await target.run(input);
    const before = features.size;
    for (const feature of outcome.features) {
      features.add(feature);
    }
    return coverage.takeNew() || features.size > before;
  };
  for (const seed of target.seeds) {
    await reachesMore(seed);
  }
  const kept: T[] = [];
  for (const input of inputs.toSorted((a, b) => target.size(a) - target.size(b))) {
    if (await reachesMore(input)) {
      kept.push(input);
    }
  }
  writeFileSync(fileOf(target.name), kept.map((input) => `${JSON.stringify(input)}\n`).join(""));
  return kept.length;
}
