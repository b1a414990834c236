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
