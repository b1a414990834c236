import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, type } from "node:os";
import { fileURLToPath } from "node:url";
import { VERSION } from "../../../plugin/kong/contract/plugin-identity.ts";
import { currentCommit } from "../../../test/current-commit.ts";
import type { Circumstances, ProofResults, Sections } from "./proof-results.ts";
import { renderProof } from "./render-proof.ts";

/** Where `--write` puts the figures, and the page that is made of them; to be committed. */
const RESULTS = fileURLToPath(new URL("../../../docs/keys-proof.json", import.meta.url));
export const RENDERED = fileURLToPath(new URL("../../../docs/keys-proof.md", import.meta.url));

/** How long the parts that can be short or long last; `--seconds`. */
export const SECONDS = Number(process.env.SOAK_KEYS_SECONDS ?? 120);

/** Prints figures and, with `--write`, puts them in the place of the last ones of the same name. */
export function noteFigures<Section extends keyof Sections>(
  section: Section,
  name: string,
  figures: Sections[Section],
): void {
  process.stdout.write(`${name}: ${JSON.stringify(figures, null, 2)}\n`);
  if (process.env.PROOF_WRITE !== "1") {
    return;
  }
  const results = readProofResults();
  const changed = {
    ...results,
    [section]: { ...results[section], [name]: { ...figures, ...describeCircumstances() } },
  };
  writeFileSync(RESULTS, `${JSON.stringify(changed, null, 2)}\n`);
  writeFileSync(RENDERED, renderProof(changed));
}

export function readProofResults(): ProofResults {
  const nothing = { gateways: {}, outages: {}, floods: {}, providers: {} };
  return existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, "utf8")) : nothing;
}

function describeCircumstances(): Circumstances {
  return {
    plugin: VERSION,
    node: process.version,
    system: type(),
    processors: cpus().length,
    commit: currentCommit("docs/keys-proof*"),
    date: new Date().toISOString(),
  };
}
