import { tellClient } from "../core/answers.ts";
import type { Allow, Deny } from "../core/decision.ts";
import { denialRow, type Stage } from "../core/denial.ts";
import { toPrintable } from "../core/printable.ts";
import type { Reply } from "../core/reply.ts";

const MAX_KID_LENGTH = 64;
/** Of gRPC-Web as well, whose calls reach the same Services. */
const GRPC = /^application\/grpc/i;
/** Stages that a request reaches only after the signature held. */
const VERIFIED_STAGES: ReadonlySet<Stage> = new Set(["claims", "authorize", "propagate"]);

/** Kong's level for the line about a refusal: both are on by default, and `err` is for what is not the client's doing. */
export function logLevelOf({ denial }: Deny): "warn" | "err" {
  return denialRow(denial.reason).status >= 500 ? "err" : "warn";
}

/**
 * One line for the operator about a refused request: `key=value` pairs, from configuration but for `kid`, which is capped,
 * stripped of all but plain characters, and marked until the signature vouches for it. Never the token, never claim values.
 *
 * @param did what came of it; in report mode the request went on.
 */
export function formatDenial({ denial, evidence, reply }: Deny, did = "denied"): string {
  const { stage } = denialRow(denial.reason);
  const { status } = tellClient(denial, reply.answers);
  const kidName = VERIFIED_STAGES.has(stage) ? "kid" : "unverified_kid";
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ["reason", denial.reason],
    ["status", String(status)],
    ["policy", evidence.policy],
    ["rule", evidence.rule],
    ["issuer", evidence.issuer],
    [kidName, evidence.kid && plainText(evidence.kid)],
    ["detail", denial.detail && JSON.stringify(denial.detail)],
    ["request_id", ofGrpc(reply)],
  ];
  const text = pairs.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])).join(" ");
  // Kong does not say which plugin a line of an external plugin comes from.
  return toPrintable(`jwt-policy ${did} the request: ${text}`);
}

/** The line about a request that went on only because its rule is in report mode; undefined for every other. */
export function formatReport({ reported }: Allow): string | undefined {
  return reported && formatDenial(reported, "would have denied");
}

/** Kong writes the request's id behind its lines, but not where the Service speaks gRPC. Its id is 32 hex digits. */
function ofGrpc({ contentType, requestId }: Reply): string | undefined {
  return contentType !== undefined && GRPC.test(contentType) ? requestId : undefined;
}

function plainText(text: string): string {
  return text.slice(0, MAX_KID_LENGTH).replaceAll(/[^A-Za-z0-9._~:/+=@-]/g, "?");
}
