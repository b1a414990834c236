import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, type } from "node:os";
import { fileURLToPath } from "node:url";
import { VERSION } from "../../plugin/kong/plugin-identity.ts";
import { currentCommit } from "../current-commit.ts";
import type { FloodResult } from "./flood-key-source.ts";
import type { GatewayFigures } from "./prove-gateway.ts";
import { renderProof } from "./render-proof.ts";
import type { OutageFigures } from "./simulate-outage.ts";

/** Where `--write` puts the figures, and the page that is made of them; to be committed. */
const RESULTS = fileURLToPath(new URL("../../docs/keys-proof.json", import.meta.url));
export const RENDERED = fileURLToPath(new URL("../../docs/keys-proof.md", import.meta.url));

/** How long the parts that can be short or long last; `--seconds`. */
export const SECONDS = Number(process.env.SOAK_KEYS_SECONDS ?? 120);

/** What one provider did in `npm run test:providers`. */
interface ProviderFigures {
  /** With its version. */
  readonly provider: string;
  /** Milliseconds from publication until tokens of a key that signed at once passed. */
  readonly unannouncedMs: number;
  /** For how long tokens of a key that was taken away still passed; absent for a provider that rotates by itself. */
  readonly passedForMs?: number;
}

interface Sections {
  readonly gateways: GatewayFigures;
  readonly outages: OutageFigures;
  readonly floods: FloodResult;
  readonly providers: ProviderFigures;
}

/** When and on what the figures of one line came to be. */
export interface Circumstances {
  readonly plugin: string;
  readonly node: string;
  readonly system: string;
  readonly processors: number;
  readonly commit: string;
  readonly date: string;
}

/** All figures, each under the name of what they are of. */
export type ProofResults = {
  readonly [Section in keyof Sections]: Readonly<Record<string, Sections[Section] & Circumstances>>;
};

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
