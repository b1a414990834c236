import { tellClient } from "../core/answer/tell-client.ts";
import type { Reply } from "../core/model/answers.ts";
import type { Allow, Deny } from "../core/model/decision.ts";
import { denialRow, type Stage } from "../core/model/denial.ts";
import { toPrintable } from "../core/text/printable.ts";

const MAX_KID_LENGTH = 64;
/** Content types of gRPC. This includes gRPC-Web, whose calls reach the same Services. */
const GRPC = /^application\/grpc/i;
/** Stages that a request reaches only with a valid signature. */
const VERIFIED_STAGES: ReadonlySet<Stage> = new Set(["claims", "authorize", "propagate"]);

/** Kong's level for the line about a refusal. Both levels are on by default. `err` is for refusals that the client did not cause. */
export function logLevelOf({ denial }: Deny): "warn" | "err" {
  return denialRow(denial.reason).status >= 500 ? "err" : "warn";
}

/**
 * One line of `key=value` pairs for the operator about a refused request. It never contains the token or claim values. All
 * values come from configuration, except `kid`. The `kid` is shortened and reduced to plain characters. It is marked as
 * unverified if the signature was not valid.
 *
 * @param did the outcome in words. In report mode the request was not refused.
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
  // Kong's log does not show which external plugin wrote a line.
  return toPrintable(`jwt-policy ${did} the request: ${text}`);
}

/** The line about a request that passed only because its rule is in report mode; undefined for all other requests. */
export function formatReport({ reported }: Allow): string | undefined {
  return reported && formatDenial(reported, "would have denied");
}

/** Kong appends the request's id to its lines, but not if the Service uses gRPC. Kong's id has 32 hex digits. */
function ofGrpc({ contentType, requestId }: Reply): string | undefined {
  return contentType !== undefined && GRPC.test(contentType) ? requestId : undefined;
}

function plainText(text: string): string {
  return text.slice(0, MAX_KID_LENGTH).replaceAll(/[^A-Za-z0-9._~:/+=@-]/g, "?");
}
