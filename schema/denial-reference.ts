import { DENIALS, type DenialRow, publicReason, type Reason } from "../plugin/core/model/denial.ts";

/** The reference of all reasons for a denial, as Markdown. */
export function renderDenialReference(): string {
  const rows = Object.entries<DenialRow>(DENIALS).map(
    ([reason, { stage, status, error, clientMessage, meaning, next, spec }]) => {
      const challenge = error ?? (status === 401 ? "bare challenge" : "");
      const as = publicReason(reason as Reason);
      return `| \`${reason}\` | ${stage} | ${status} | ${challenge} | ${clientMessage} | \`${as}\` | ${meaning} | ${next} | ${linkPage(spec)} |`;
    },
  );
  return [
    "<!-- Generated from plugin/core/model/denial.ts by `npm run generate`; do not edit. -->",
    "# Why a request is refused",
    "",
    "The first stage that fails gives the reason. Kong's log has the reason, with the value that failed, the expected value, and the next step. The client sees the status, the challenge (RFC 6750) and the message.",
    "The token affects status, challenge and message only through the reason. A policy's `answers.reasons` sets status and text by the public reason, which also",
    "completes `answers.problem_types`. Reasons that a client must not distinguish share one public reason ([answers](../guides/answers.md)).",
    "",
    "| reason | stage | status | RFC 6750 error | client message | public reason | meaning | next step | spec |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

/**
 * A row of the denial table names one of our guides by the guide's file. All other specifications in the table are
 * RFCs.
 */
function linkPage(spec: string): string {
  const [, name] = /^docs\/(?:guides\/)?([a-z-]+)\.md$/.exec(spec) ?? [];
  return name === undefined ? spec : `[${name}](../guides/${name}.md)`;
}
