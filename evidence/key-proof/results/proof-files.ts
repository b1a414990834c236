import { writeResults } from "../../results/results-folder.ts";
import type { Sections } from "./proof-results.ts";

/** How long the parts of the test last whose length `--seconds` sets. */
export const SECONDS = Number(process.env.SOAK_KEYS_SECONDS ?? 120);

/** Prints figures and, with `RESULTS=1`, writes them to the folder of results. */
export function noteFigures<Section extends keyof Sections>(
  section: Section,
  name: string,
  figures: Sections[Section],
): void {
  process.stdout.write(`${name}: ${JSON.stringify(figures, null, 2)}\n`);
  writeResults(`keys/${section}/${name.toLowerCase().replaceAll(/[^a-z0-9.]+/g, "-")}`, figures);
}
