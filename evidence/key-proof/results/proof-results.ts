import type { FloodResult } from "../flood-key-source.ts";
import type { GatewayFigures } from "../gateway/prove-gateway.ts";
import type { OutageFigures } from "../simulate-outage.ts";

/** What one provider did in `npm run test:providers`. */
interface ProviderFigures {
  /** With its version. */
  readonly provider: string;
  /** Milliseconds from publication until tokens of a key that signed at once passed. */
  readonly unannouncedMs: number;
  /** For how long tokens of a key that was taken away still passed; absent for a provider that rotates by itself. */
  readonly passedForMs?: number;
}

/** The parts of the proof, and the figures of each. */
export interface Sections {
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
