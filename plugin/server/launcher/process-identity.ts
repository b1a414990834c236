import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * Identifies one process, even after the process has ended. A process id alone is not enough, because the system reuses
 * ids.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** The process's start time in the system's own format; undefined if the system does not report the time. */
  readonly startedAt?: string;
}

interface ProcessFacts {
  readonly parentPid: number;
  readonly startedAt: string | undefined;
  readonly isDead: boolean;
}

export function identifyProcess(pid: number): ProcessIdentity {
  const startedAt = readFacts(pid)?.startedAt;
  return startedAt === undefined ? { pid } : { pid, startedAt };
}

/**
 * Whether this process still runs. A later process with the same id does not count. On a system without `/proc`, the
 * function only checks whether any process has this id.
 */
export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1 || !exists(pid)) {
    return false;
  }
  const facts = readProc(pid);
  return facts === undefined || (!facts.isDead && (startedAt === undefined || facts.startedAt === startedAt));
}

/**
 * Finds the process whose end shows that Kong has ended. If a worker of Kong started this process, the result is
 * nginx's master process. In all other cases, the result is the parent process.
 *
 * @param parentPid the id of the process that started this process.
 */
export function findOwner(parentPid: number): ProcessIdentity {
  const facts = readFacts(parentPid);
  if (facts === undefined || facts.parentPid === 0 || !readTitle(parentPid)?.startsWith("nginx: worker process")) {
    return identifyProcess(parentPid);
  }
  // If the system hides the processes of other users, the title of the worker's parent is unknown. The parent then
  // counts as the master. If the master was killed, the worker has a different parent, whose title is not that of a
  // master.
  const title = readTitle(facts.parentPid) ?? "nginx: master process";
  return identifyProcess(title.startsWith("nginx: master process") ? facts.parentPid : parentPid);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

const readFacts = (pid: number): ProcessFacts | undefined => readProc(pid) ?? askPs(pid);

/**
 * Parses proc_pid_stat(5). Fields 3, 4 and 22 are state, ppid and starttime. The process's name before these fields may contain
 * blanks.
 */
function readProc(pid: number): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { parentPid: Number(fields[1]), startedAt: fields[19], isDead: /^[ZXx]$/.test(String(fields[0])) };
  } catch {
    return undefined;
  }
}

function askPs(pid: number): ProcessFacts | undefined {
  const [, parentPid] = /^\s*(\d+)\s*$/.exec(String(runPs("ppid=", pid))) ?? [];
  return parentPid === undefined ? undefined : { parentPid: Number(parentPid), startedAt: undefined, isDead: false };
}

function readTitle(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return runPs("command=", pid);
  }
}

function runPs(column: string, pid: number): string | undefined {
  try {
    return execFileSync("/bin/ps", ["-o", column, "-p", String(pid)], { encoding: "utf8", stdio: "pipe" });
  } catch {
    return undefined; // No process has this id, or the machine has no `ps` command.
  }
}
