import type { FloodResult } from "../flood-key-source.ts";
import type { GatewayFigures } from "../gateway/prove-gateway.ts";
import type { OutageFigures } from "../simulate-outage.ts";

/** The results of one provider in the tests of `npm run test:providers`. */
interface ProviderFigures {
  /** The gateway's name with its version. */
  readonly provider: string;
  /** The provider publishes a key that signs immediately. This is the time until a token of the key passes, in ms. */
  readonly unannouncedMs: number;
  /** The time in which tokens of a removed key still passed. Absent for a provider that itself rotates the keys. */
  readonly passedForMs?: number;
}

/** The parts of the proof, and the figures of each. */
export interface Sections {
  readonly gateways: GatewayFigures;
  readonly outages: OutageFigures;
  readonly floods: FloodResult;
  readonly providers: ProviderFigures;
}
