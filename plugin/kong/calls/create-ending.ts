import type { Answer, Deny } from "../../core/model/decision.ts";
import { formatDenial, logLevelOf } from "../../observe/decision-log.ts";
import type { ExitResponse } from "../contract/pdk.ts";
import { createExit } from "./create-exit.ts";
import { createMetadataExit } from "./create-metadata-exit.ts";

/** The log line and the answer for a request that does not reach the upstream. */
export interface Ending {
  /** A line for Kong's log, at a level that is on by default. */
  readonly log: { readonly level: "warn" | "err"; readonly line: string } | undefined;
  readonly exit: ExitResponse;
}

export function createEnding(decision: Deny | Answer): Ending {
  return decision.verdict === "answer"
    ? { log: undefined, exit: createMetadataExit(decision.metadataRequest) }
    : { log: { level: logLevelOf(decision), line: formatDenial(decision) }, exit: createExit(decision) };
}
