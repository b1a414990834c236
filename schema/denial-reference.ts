import { DENIALS, type DenialRow, type Reason, toldReason } from "../plugin/core/model/denial.ts";

/** The reference of all reasons for a denial, as Markdown. */
export function renderDenialReference(): string {
  const rows = Object.entries<DenialRow>(DENIALS).map(([reason, { stage, status, error, told, meaning, spec }]) => {
    const challenge = error ?? (status === 401 ? "bare challenge" : "");
    const as = toldReason(reason as Reason);
    return `| \`${reason}\` | ${stage} | ${status} | ${challenge} | ${told} | \`${as}\` | ${meaning} | ${spec} |`;
  });
  return [
    "<!-- Generated from plugin/core/model/denial.ts by `npm run generate`; do not edit. -->",
    "# Why a request is refused",
    "",
    "The first failing stage wins. The reason is in the gateway's log; the client sees the status, the challenge (RFC 6750)",
    "and the words, of which neither depends on the token beyond what is told. A policy's `answers.reasons` sets status and words",
    'under the name in the column "told as", which also completes `answers.problem_types`: reasons that a client must not tell apart',
    "share one ([docs/answers.md](answers.md)).",
    "",
    "| reason | stage | status | RFC 6750 error | client is told | told as | meaning | spec |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
