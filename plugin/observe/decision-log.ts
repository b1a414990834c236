import { tellClient } from "../core/answer/tell-client.ts";
import { limitText, showKid } from "../core/detail/quote-value.ts";
import type { Allow, Deny } from "../core/model/decision.ts";
import { denialRow, type Stage } from "../core/model/denial.ts";
import { toPrintable } from "../core/text/printable.ts";

const MAX_KID_LENGTH = 64;
/**
 * nginx cuts lines of its log after about 2,000 characters. The operator's next step comes after the detail in the
 * line. If the detail is short, nginx does not cut off the next step.
 */
const MAX_DETAIL_LENGTH = 900;
/**
 * Stages that come after the signature check. A request reaches these stages only if its token has a valid signature.
 */
const VERIFIED_STAGES: ReadonlySet<Stage> = new Set(["claims", "authorize", "propagate"]);

/**
 * Returns Kong's log level for the line about a refusal. Both levels, `warn` and `err`, are visible by default. `err` is for
 * refusals that the client did not cause.
 */
export function logLevelOf({ denial }: Deny): "warn" | "err" {
  return denialRow(denial.reason).status >= 500 ? "err" : "warn";
}

/**
 * Renders one line of `key=value` pairs about a refused request for the operator. The line never contains the token.
 * The line contains no claims, except a claim that caused the refusal. `detail` has the value that failed, its
 * location, and the expected value. `next` is the first thing that the operator should do. The `kid` is shortened and
 * reduced to plain characters. If the signature was not valid, the line marks the `kid` as unverified.
 *
 * @param did says what the plugin did: `denied`, or `would have denied` in report mode.
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
    // The line ends with the request's id, because Kong itself does not append the id for gRPC. Without the id at the
    // end, many lines would have the same hash in LuaJIT. Kong's worker would then compare thousands of lines byte by
    // byte.
    ["request_id", reply.requestId],
  ];
  const text = pairs.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])).join(" ");
  // The line names the plugin, because Kong's log does not show which external plugin wrote a line.
  return toPrintable(`jwt-policy ${did} the request: ${text}`);
}

/**
 * Renders the line about a request that passed only because its rule is in report mode. Returns undefined for all other
 * requests.
 */
export function formatReport({ reported }: Allow): string | undefined {
  return reported && formatDenial(reported, "would have denied");
}

function plainText(text: string): string {
  return showKid(text, MAX_KID_LENGTH).replaceAll(/[^A-Za-z0-9._~:/+=@-]/g, "?");
}
