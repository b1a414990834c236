import type { Difference } from "./cells/compare-cell.ts";
import type { Cell } from "./cells/list-cells.ts";

/**
 * The kind of a change. `access`: a rule requires something else. `trust`: an issuer or its keys. `effect`: what the upstream, Kong
 * and refused clients see. `mode`: whether denials are enforced. `transport`: how a token may come. `routing`: which policy judges a
 * Kong Route.
 */
export type ChangeClass = "access" | "trust" | "effect" | "mode" | "transport" | "routing";

/** `unknown`: the comparison was too large, so the change counts as looser. `changed`: neither looser nor stricter. */
export type Direction = "looser" | "stricter" | "changed" | "unknown";

/** One change between two versions. */
export interface Change {
  readonly class: ChangeClass;
  readonly direction: Direction;
  /** The rule, the issuer, the header or the Kong Route. */
  readonly subject: string;
  /** One sentence for readers. */
  readonly summary: string;
  /** The cells with this change; none if it concerns the whole policy. */
  readonly cells: readonly Cell[];
  /** A request that shows the change. Absent if no request can show it. */
  readonly example?: Difference;
  /** The content of the change, from which its fingerprint is made. The content does not depend on the example. */
  readonly content: string;
}

export function isLooser({ direction }: Change): boolean {
  return direction === "looser" || direction === "unknown";
}
