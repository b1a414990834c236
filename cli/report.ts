import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { type Command, Option } from "commander";
import { toPrintableJson } from "../plugin/core/text/printable.ts";
import { askJson } from "./http/ask-json.ts";
import { findStatusUrl } from "./http/status-url.ts";
import { countLog, countStatus, type ReportRow, renderRows } from "./views/report-counts.ts";

interface ReportOptions {
  readonly status?: string;
  readonly log?: string;
  readonly format: "text" | "json";
}

export function addReportCommand(program: Command): void {
  program
    .command("report")
    .description(
      "list what report mode would have refused: count, share of the rule's traffic, policy, rule and reason",
    )
    .addOption(new Option("--status <url>", "the plugin server's /status, such as http://127.0.0.1:8008/status"))
    .addOption(new Option("--log <file>", "Kong's error log; - is standard input").conflicts("status"))
    .addOption(new Option("--format <format>", "text or json").choices(["text", "json"]).default("text"))
    .action(printReport);
}

async function printReport({ status, log, format }: ReportOptions): Promise<void> {
  const rows = status === undefined ? await readLog(log) : countStatus(await readStatus(status));
  if (format === "json") {
    process.stdout.write(`${toPrintableJson(rows, 2)}\n`);
  } else {
    process.stdout.write(rows.length === 0 ? "no request was judged\n" : renderRows(rows));
  }
}

async function readLog(file: string | undefined): Promise<readonly ReportRow[]> {
  if (file === undefined) {
    throw new Error("give --status URL or --log FILE");
  }
  const input = file === "-" ? process.stdin : createReadStream(file);
  const lines: string[] = [];
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.includes("would have denied")) {
      lines.push(line);
    }
  }
  return countLog(lines);
}

async function readStatus(url: string): Promise<unknown> {
  const statusUrl = findStatusUrl(url);
  const answer = await askJson(statusUrl);
  if (!answer.ok) {
    throw new Error(`${statusUrl} cannot be reached: ${answer.failure}`);
  }
  if (answer.value.status !== 200) {
    throw new Error(`${statusUrl} answered ${answer.value.status}`);
  }
  return answer.value.body;
}
