import { DENIALS, type DenialRow, publicReason, type Reason } from "../plugin/core/model/denial.ts";

/** The reference of all reasons for a denial, as Markdown. */
export function renderDenialReference(): string {
  const rows = Object.entries<DenialRow>(DENIALS).map(
    ([reason, { stage, status, error, clientMessage, meaning, spec }]) => {
      const challenge = error ?? (status === 401 ? "bare challenge" : "");
      const as = publicReason(reason as Reason);
      return `| \`${reason}\` | ${stage} | ${status} | ${challenge} | ${clientMessage} | \`${as}\` | ${meaning} | ${spec} |`;
    },
  );
  return [
    "<!-- Generated from plugin/core/model/denial.ts by `npm run generate`; do not edit. -->",
    "# Why a request is refused",
    "",
    "The first failing stage wins. The reason is in the gateway's log; the client sees the status, the challenge (RFC 6750)",
    "and the client message. They say no more about the token than the public reason. A policy's `answers.reasons` sets status and text",
    'under the name in the column "public reason", which also completes `answers.problem_types`: reasons that a client must not distinguish',
    "share one ([docs/answers.md](answers.md)).",
    "",
    "| reason | stage | status | RFC 6750 error | client message | public reason | meaning | spec |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
