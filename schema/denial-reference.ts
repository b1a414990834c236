import { DENIALS, type DenialRow } from "../plugin/core/denial.ts";

/** The reference of all reasons for a refusal as Markdown. */
export function renderDenialReference(): string {
  const rows = Object.entries<DenialRow>(DENIALS).map(([reason, { stage, status, error, told, meaning, spec }]) => {
    const challenge = error ?? (status === 401 ? "bare challenge" : "");
    return `| \`${reason}\` | ${stage} | ${status} | ${challenge} | ${told} | ${meaning} | ${spec} |`;
  });
  return [
    "<!-- Generated from plugin/core/denial.ts by `npm run generate`; do not edit. -->",
    "# Why a request is refused",
    "",
    "The first failing stage wins. The reason is in the gateway's log; the client sees the status, the challenge (RFC 6750)",
    "and the fixed words only.",
    "",
    "| reason | stage | status | RFC 6750 error | client is told | meaning | spec |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
