// `npm run tables` writes the results of the folder `results` into the tables of docs/evidence. `RESULTS=1` before a
// command makes results on this machine. You can also unpack an artifact of CI in this folder. Rows of other gateways
// and versions do not change.
import { readFileSync, writeFileSync } from "node:fs";
import { renderFaults } from "../faults/results/render-faults.ts";
import type { FaultResults } from "../faults/results/results.ts";
import { putFigures, SECTIONS } from "../key-proof/results/render-proof.ts";
import { type ConformanceResults, putConformance } from "./conformance.ts";
import { type MemoryResults, type NodeResults, putMemory, putNode, putSize, type SizeResults } from "./measurements.ts";
import { putSection } from "./page.ts";
import { type Run, readResults } from "./results-folder.ts";

/** Puts each result of a kind into a page of docs/evidence, and says which. */
function update<Results>(pageName: string, kind: string, put: (page: string, results: Results & Run) => string): void {
  const all = readResults<Results>(kind);
  if (all.length === 0) {
    return;
  }
  const file = `docs/evidence/${pageName}.md`;
  writeFileSync(file, all.reduce(put, readFileSync(file, "utf8")));
  console.log(`${file}: ${all.length} ${all.length === 1 ? "result" : "results"} of ${kind}`);
}

update<ConformanceResults>("conformance", "conformance", putConformance);
update<FaultResults>("faults", "faults", (page, results) => putSection(page, results.gateway, renderFaults(results)));
for (const section of SECTIONS) {
  update("keys-proof", `keys/${section}`, (page, figures: Parameters<typeof putFigures<typeof section>>[2]) =>
    putFigures(page, section, figures),
  );
}
update<NodeResults>("nodes", "nodes", putNode);
update<MemoryResults>("memory", "memory", putMemory);
update<SizeResults>("size", "size", putSize);
