import { readdir, readFile } from "node:fs/promises";

/** A running process. It has its number, its parent, and the time of its start in the kernel's ticks. */
export interface FoundProcess {
  readonly pid: number;
  readonly parentPid: number;
  readonly startedAt: number;
}

/**
 * The processes whose command line matches. The newest process comes first. After a reload, an old process may still
 * run.
 */
export async function findProcesses(fits: (words: readonly string[]) => boolean): Promise<readonly FoundProcess[]> {
  const found: FoundProcess[] = [];
  for (const name of await readdir("/proc")) {
    const commandLine = /^\d+$/.test(name) ? await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "") : "";
    if (commandLine !== "" && fits(commandLine.split("\0"))) {
      const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      found.push({ pid: Number(name), parentPid: Number(fields[1]), startedAt: Number(fields[19]) });
    }
  }
  return found.sort((a, b) => b.startedAt - a.startedAt);
}

/** Whether a command line starts one of our own files with this socket. */
export const startsOurs =
  (file: "jwt-policy-server.mjs" | "jwt-policy-launcher.mjs", socket: string) =>
  (words: readonly string[]): boolean =>
    words[0]?.endsWith("node") === true && words.includes(socket) && words.some((word) => word.endsWith(file));
