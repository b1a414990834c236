import { type Command, InvalidArgumentError, Option } from "commander";
import pc from "picocolors";
import { toPrintable } from "../../plugin/core/text/printable.ts";
import { GROUPINGS, type Grouping } from "../../plugin/server/view/counted-rows.ts";
import { collectValues } from "../files/collect-values.ts";
import { printOnce, showLive } from "./run-top.ts";
import { WatchedServer } from "./watch-server.ts";

interface TopCommandOptions {
  readonly url?: readonly string[];
  readonly interval: number;
  readonly by: Grouping;
  readonly once?: boolean;
  readonly format?: "text" | "json";
}

const DEFAULT_URL = "http://127.0.0.1:8008";
const [MIN_SECONDS, MAX_SECONDS] = [0.1, 3_600];

export function addTopCommand(program: Command): void {
  program
    .command("top")
    .description("show which requests are rejected now, why, and the state of keys and policies")
    .option(
      "--url <url>",
      `the address that a plugin server has in --status-listen; can be repeated for several servers (default: ${DEFAULT_URL})`,
      collectValues,
    )
    .addOption(
      new Option("--interval <seconds>", "time between two readings of the counts; rates come from two readings")
        .argParser(parseInterval)
        .default(2),
    )
    .addOption(new Option("--by <group>", "how rejections are grouped").choices(GROUPINGS).default("all"))
    .option("--once", "print one table and end, as for a pipe or a file")
    .addOption(new Option("--format <format>", "text, or json with --once").choices(["text", "json"]))
    .action(showTop);
}

async function showTop({ url = [DEFAULT_URL], interval, by, once, format }: TopCommandOptions): Promise<void> {
  const isLive = once !== true && process.stdout.isTTY === true;
  if (isLive && format === "json") {
    throw new Error("--format json needs --once");
  }
  const servers = [...new Set(url)].map((one) => new WatchedServer(one));
  const options = {
    servers,
    intervalMs: interval * 1_000,
    by,
    colors: pc.createColors(pc.isColorSupported && process.stdout.isTTY),
  };
  if (isLive) {
    return showLive(options);
  }
  for (const problem of await printOnce(options, format ?? "text")) {
    process.stderr.write(`kong-jwt-policy: ${toPrintable(problem)}\n`);
    process.exitCode = 1;
  }
}

function parseInterval(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= MIN_SECONDS && seconds <= MAX_SECONDS)) {
    throw new InvalidArgumentError(`The value must be a number of seconds from ${MIN_SECONDS} to ${MAX_SECONDS}.`);
  }
  return seconds;
}
