import type { Difference } from "./cells/compare-cell.ts";
import type { Cell } from "./cells/list-cells.ts";

/**
 * The kind of a change. `access`: the requirements of a rule differ. `trust`: an issuer or its keys differ. `effect`:
 * the upstream, Kong or refused clients get something else. `mode`: enforced denials are now only logged, or the
 * reverse. `transport`: the ways in which clients may send tokens differ. `routing`: another policy, rule or upstream
 * gets the requests of a Kong Route.
 */
export type ChangeClass = "access" | "trust" | "effect" | "mode" | "transport" | "routing";

/**
 * `unknown`: the comparison found no answer, so the change counts as looser. `changed`: the change is neither looser
 * nor stricter.
 */
export type Direction = "looser" | "stricter" | "changed" | "unknown";

/** One change between two policy versions. */
export interface Change {
  readonly class: ChangeClass;
  readonly direction: Direction;
  /** What has changed: the name of a rule, an issuer, a header or a Kong Route. */
  readonly subject: string;
  /** The change in words, for users. */
  readonly summary: string;
  /** The cells with this change; empty if the change concerns the whole policy. */
  readonly cells: readonly Cell[];
  /** A request that shows the change; absent if no request can show it. */
  readonly example?: Difference;
  /** The text from which the change's fingerprint is made. The text does not depend on the example. */
  readonly content: string;
}

export function isLooser({ direction }: Change): boolean {
  return direction === "looser" || direction === "unknown";
}
