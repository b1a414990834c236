import type { Field } from "../../../schema/generated/decision-log-document.ts";
import type { ClaimReference } from "../../core/model/claim-reference.ts";

/** A claim that the decision log may contain. */
interface LoggedClaim {
  readonly claim: ClaimReference;
  /** `hmac`: the log contains a pseudonym instead of the value. */
  readonly as: "plain" | "hmac";
}

/** The operator's settings for the decision log. */
export interface DecisionLogSettings {
  /** An absolute path of the log file, or `stdout`. */
  readonly to: string;
  /** Which part of the allowed requests is logged, from 0 to 1. Requests that are not allowed are always logged. */
  readonly allows: number;
  readonly fields: readonly Field[];
  readonly claims: readonly LoggedClaim[];
  /**
   * The secret from which the process derives the keys of pseudonyms. If there is no secret, each process makes its own random
   * keys.
   */
  readonly pseudonymSecret: Uint8Array | undefined;
  /** How long one key is used for pseudonyms, in seconds. */
  readonly rotateSeconds: number;
  readonly linesPerSecond: number;
  readonly queueBytes: number;
}
