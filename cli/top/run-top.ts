import { setTimeout as sleep } from "node:timers/promises";
import type { Colors } from "picocolors/types.js";
import { toPrintableJson } from "../../plugin/core/text/printable.ts";
import { GROUPINGS, type Grouping, type ServerReading } from "../../plugin/server/view/counted-rows.ts";
import { describeServers } from "../../plugin/server/view/overview.ts";
import { describeJson } from "./describe-json.ts";
import { renderOnce, renderScreen } from "./render-top.ts";
import { TerminalScreen } from "./terminal-screen.ts";
import type { WatchedServer } from "./watch-server.ts";

export interface TopOptions {
  readonly servers: readonly WatchedServer[];
  readonly intervalMs: number;
  readonly by: Grouping;
  readonly colors: Colors;
}

interface Reading {
  readonly servers: readonly ServerReading[];
  /** For each server that did not answer, the reason why. */
  readonly problems: readonly string[];
}

const QUIT = ["q", "Q", "\u0003", "\u0004"];
const MAX_PROBLEM_LINES = 5;

async function readAll(watched: readonly WatchedServer[]): Promise<Reading> {
  const results = await Promise.all(watched.map((server) => server.read()));
  return {
    servers: results.flatMap((result) => (result.ok ? [result.value] : [])),
    problems: results.flatMap((result) => (result.ok ? [] : [result.failure])),
  };
}

/**
 * Asks each server twice, because a rate needs two answers. If a server does not answer the first time, the command
 * does not ask it again.
 */
async function readRates(watched: readonly WatchedServer[], intervalMs: number): Promise<Reading> {
  const first = await readAll(watched);
  if (first.servers.length === 0) {
    return first;
  }
  await sleep(intervalMs);
  return readAll(watched);
}

/** Prints the tables once, as text or as JSON. Returns the reasons why servers are missing in the output. */
export async function printOnce(
  { servers, intervalMs, by, colors }: TopOptions,
  format: "text" | "json",
): Promise<readonly string[]> {
  const { servers: readings, problems } = await readRates(servers, intervalMs);
  if (format === "json") {
    process.stdout.write(`${toPrintableJson(describeJson(readings, problems), 2)}\n`);
  } else if (readings.length > 0) {
    process.stdout.write(renderOnce(describeServers(readings, { by, isHashWhole: false }), colors));
  }
  return problems;
}

/** Shows the tables on the whole terminal and refreshes them, until the user quits or a signal ends the command. */
export async function showLive({ servers, intervalMs, by, colors }: TopOptions): Promise<void> {
  const ended = new AbortController();
  let reading: Reading = { servers: [], problems: [`Asking ${servers.map(({ name }) => name).join(", ")} …`] };
  let grouping = by;
  const draw = (): void => {
    const overview =
      reading.servers.length === 0 ? undefined : describeServers(reading.servers, { by: grouping, isHashWhole: false });
    const keys = `q: quit   g: group by (${grouping})   every ${intervalMs / 1_000} s`;
    screen.draw(
      renderScreen(
        overview,
        reading.problems.slice(0, MAX_PROBLEM_LINES),
        { height: screen.height, width: screen.width, keys },
        colors,
      ),
    );
  };
  let signalled: NodeJS.Signals | undefined;
  const screen = new TerminalScreen({
    output: process.stdout,
    input: process.stdin.isTTY ? process.stdin : undefined,
    onKey(key) {
      if (QUIT.includes(key)) {
        ended.abort();
      } else if (key === "g") {
        grouping = GROUPINGS[(GROUPINGS.indexOf(grouping) + 1) % GROUPINGS.length] ?? "all";
        draw();
      }
    },
    onResize: draw,
    onSignal(signal) {
      signalled = signal;
      ended.abort();
    },
  });
  try {
    while (!ended.signal.aborted) {
      draw();
      reading = await Promise.race([readAll(servers), endOf(ended.signal)]);
      draw();
      await sleep(intervalMs, undefined, { signal: ended.signal });
    }
  } catch (error) {
    if (!ended.signal.aborted) {
      throw error;
    }
  } finally {
    screen.close();
  }
  if (signalled !== undefined) {
    process.kill(process.pid, signalled); // The parent process then sees that a signal ended the command.
  }
}

/** The promise rejects when the user quits. So the command does not wait for a server that does not answer. */
function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("ended")), { once: true });
  });
}
