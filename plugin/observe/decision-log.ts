import { tellClient } from "../core/answers.ts";
import { type Allow, createDeny, type Deny } from "../core/decision.ts";
import { denialRow, type Stage } from "../core/denial.ts";

const MAX_KID_LENGTH = 64;
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
  ];
  const text = pairs.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])).join(" ");
  // Kong does not say which plugin a line of an external plugin comes from.
  return `jwt-policy ${did} the request: ${text}`;
}

/** The line about a request that went on only because its rule is in report mode; undefined for every other. */
export function formatReport({ reported, evidence }: Allow): string | undefined {
  return reported && formatDenial(createDeny(reported, evidence), "would have denied");
}

function plainText(text: string): string {
  return text.slice(0, MAX_KID_LENGTH).replaceAll(/[^A-Za-z0-9._~:/+=@-]/g, "?");
}
