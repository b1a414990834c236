import { tellClient } from "../core/answer/tell-client.ts";
import { limitText, showKid } from "../core/detail/quote-value.ts";
import type { Allow, Deny } from "../core/model/decision.ts";
import { denialRow, type Stage } from "../core/model/denial.ts";
import { toPrintable } from "../core/text/printable.ts";

const MAX_KID_LENGTH = 64;
/** nginx cuts lines of its log after about 2,000 characters. The next step must not be cut. */
const MAX_DETAIL_LENGTH = 900;
/** Stages that a request reaches only with a valid signature. */
const VERIFIED_STAGES: ReadonlySet<Stage> = new Set(["claims", "authorize", "propagate"]);

/**
 * Kong's level for the line about a refusal. Both levels, `warn` and `err`, are on by default. `err` is for refusals that the
 * client did not cause.
 */
export function logLevelOf({ denial }: Deny): "warn" | "err" {
  return denialRow(denial.reason).status >= 500 ? "err" : "warn";
}

/**
 * One line of `key=value` pairs for the operator about a refused request. It never contains the token, or a claim that did not
 * cause the refusal. `detail` has the value that failed, where it was, and the expected value. `next` is the first thing that the
 * operator should do. The `kid` is shortened and reduced to plain characters. It is marked as unverified if the signature was not
 * valid.
 *
 * @param did the outcome in words. In report mode the request was not refused.
 */
export function formatDenial({ denial, evidence, reply }: Deny, did = "denied"): string {
  const { stage, next } = denialRow(denial.reason);
  const { status } = tellClient(denial, reply.answers);
  const kidName = VERIFIED_STAGES.has(stage) ? "kid" : "unverified_kid";
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ["reason", denial.reason],
    ["status", String(status)],
    ["policy", evidence.policy],
    ["rule", evidence.rule],
    ["issuer", evidence.issuer],
    [kidName, evidence.kid && plainText(evidence.kid)],
    ["detail", denial.detail && JSON.stringify(limitText(denial.detail, MAX_DETAIL_LENGTH))],
    ["next", JSON.stringify(next)],
    // Kong appends the id too, but not for gRPC. Lines that differ only in the middle would have the same hash in LuaJIT, and Kong's
    // worker would compare thousands of them byte by byte.
    ["request_id", reply.requestId],
  ];
  const text = pairs.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])).join(" ");
  // Kong's log does not show which external plugin wrote a line.
  return toPrintable(`jwt-policy ${did} the request: ${text}`);
}

/** The line about a request that passed only because its rule is in report mode; undefined for all other requests. */
export function formatReport({ reported }: Allow): string | undefined {
  return reported && formatDenial(reported, "would have denied");
}

function plainText(text: string): string {
  return showKid(text, MAX_KID_LENGTH).replaceAll(/[^A-Za-z0-9._~:/+=@-]/g, "?");
}
