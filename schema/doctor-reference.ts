import { DOCTOR_CHECKS } from "../cli/doctor/checks/registry.ts";

/** The reference of all checks of `doctor`, as Markdown. */
export function renderDoctorReference(): string {
  const rows = DOCTOR_CHECKS.map(({ id, checks, why, fix }) => `| \`${id}\` | ${checks} | ${why} | ${fix} |`);
  return [
    "<!-- Generated from cli/doctor/checks by `npm run generate`; do not edit. -->",
    "# Doctor reference",
    "",
    `\`kong-jwt-policy doctor\` makes ${DOCTOR_CHECKS.length} checks, in this order ([guide](../guides/troubleshooting.md)). If a check cannot be made, the report says why. The command changes nothing.`,
    "The command stores only the settings that the checks need, and drops passwords when it reads kong.conf.",
    "",
    "| check | what it checks | why it matters | how to fix it |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
