import type { Command } from "commander";
import { formatOption, formatReport, type ReportFormat } from "../findings/formats.ts";
import { readSetup, type SetupOptions } from "./read/read-setup.ts";
import { formatDoctor, reportDoctor, runChecks } from "./report-doctor.ts";

interface DoctorOptions extends Omit<SetupOptions, "environment"> {
  readonly format: ReportFormat;
}

export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description(
      "check a set-up of Kong with jwt-policy, and say how to fix what is wrong; each check is in docs/reference/doctor.md",
    )
    .option(
      "--conf <file>",
      "kong.conf, or a file for docker --env-file (default: /etc/kong/kong.conf, and KONG_* variables)",
    )
    .option("--prefix <dir>", "Kong's prefix (default: the prefix in the settings, else /usr/local/kong)")
    .option("--admin-url <url>", "Kong's Admin API, such as http://127.0.0.1:8001: check Routes and plugins")
    .option("--kong <file>", "kong.yml: check Routes and plugins (default: declarative_config in the settings)")
    .option("--status-url <url>", "the status port of the plugin server (default: --status-listen in the settings)")
    .option("--socket <path>", "the socket of the plugin server (default: the socket in the settings)")
    .option("--policy-root <dir>", "the directory that contains all policies (default: the directory in the settings)")
    .option(
      "--fetch-settings <file>",
      "the file with the settings for fetching keys (default: the file in Kong's settings)",
    )
    .option("--no-online", "do not ask the issuers for their keys")
    .addOption(formatOption())
    .action(doctor);
}

async function doctor({ format, ...options }: DoctorOptions): Promise<void> {
  checkUrl("--admin-url", options.adminUrl);
  checkUrl("--status-url", options.statusUrl);
  const setup = await readSetup({ ...options, environment: process.env });
  const results = runChecks(setup);
  const isText = format === "text";
  process.stdout.write(
    isText
      ? formatDoctor(results, process.stdout.isTTY)
      : formatReport(reportDoctor(results), format, process.stdout.isTTY),
  );
  process.exitCode = results.some(({ outcome }) => outcome.status === "failed") ? 1 : 0;
}

/** @throws Error if the text is not an http or https URL. */
function checkUrl(name: string, url: string | undefined): void {
  if (url !== undefined && (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))) {
    throw new Error(`${name} must be a URL such as http://127.0.0.1:8001, not "${url}"`);
  }
}
