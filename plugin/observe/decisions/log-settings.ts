import type { Field } from "../../../schema/generated/decision-log-document.ts";
import type { ClaimReference } from "../../core/model/claim-reference.ts";

/** A claim that may be logged. */
interface LoggedClaim {
  readonly claim: ClaimReference;
  /** `hmac` writes a pseudonym instead of the value. */
  readonly as: "plain" | "hmac";
}

/** The operator's settings for the decision log. */
export interface DecisionLogSettings {
  /** An absolute path, or `stdout`. */
  readonly to: string;
  /** The part of allowed requests that is logged, from 0 to 1. Everything else is always logged. */
  readonly allows: number;
  readonly fields: readonly Field[];
  readonly claims: readonly LoggedClaim[];
  /** The secret from which the keys of pseudonyms are derived. If undefined, each process makes its own random keys. */
  readonly pseudonymSecret: Uint8Array | undefined;
  /** How long one key is used for pseudonyms, in seconds. */
  readonly rotateSeconds: number;
  readonly linesPerSecond: number;
  readonly queueBytes: number;
}
