import { DENIALS, type DenialRow, type Reason, toldReason } from "../plugin/core/model/denial.ts";

/** The reference of all reasons for a denial, as Markdown. */
export function renderDenialReference(): string {
  const rows = Object.entries<DenialRow>(DENIALS).map(([reason, { stage, status, error, told, meaning, spec }]) => {
    const challenge = error ?? (status === 401 ? "bare challenge" : "");
    const as = toldReason(reason as Reason);
    return `| \`${reason}\` | ${stage} | ${status} | ${challenge} | ${told} | \`${as}\` | ${meaning} | ${linkPage(spec)} |`;
  });
  return [
    "<!-- Generated from plugin/core/model/denial.ts by `npm run generate`; do not edit. -->",
    "# Why a request is refused",
    "",
    "The first failing stage wins. The reason is in the gateway's log; the client sees the status, the challenge (RFC 6750)",
    "and the words, of which neither depends on the token beyond what is told. A policy's `answers.reasons` sets status and words",
    'under the name in the column "told as", which also completes `answers.problem_types`: reasons that a client must not tell apart',
    "share one ([answers](../guides/answers.md)).",
    "",
    "| reason | stage | status | RFC 6750 error | client is told | told as | meaning | spec |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

/** A row of the denial table names one of our guides by its file. Other specifications are RFCs. */
function linkPage(spec: string): string {
  const [, name] = /^docs\/(?:guides\/)?([a-z-]+)\.md$/.exec(spec) ?? [];
  return name === undefined ? spec : `[${name}](../guides/${name}.md)`;
}
