import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../../core/text/error-message.ts";
import { openAbuseSettings } from "../../runtime/abuse-settings.ts";
import { openDecisionLogSettings } from "../../runtime/decision-log-settings.ts";
import { openFetcher } from "../../runtime/fetch-settings.ts";
import { checkPolicyRoot, type ServerOptions } from "../settings/server-options.ts";
import { findReadProblem, findWorkerUser, findWriteProblem, type SystemUser } from "./worker-access.ts";

/** The problems that would occur if Kong started the plugin server with these options. */
export interface StartProblems {
  /**
   * Problems that keep the plugin server from listening. Only Kong itself can report these problems, and it does so
   * when it starts.
   */
  readonly fatal: readonly string[];
  /**
   * Problems that do not keep the plugin server from starting. If a problem exists, the plugin server refuses requests,
   * and Kong's log has the reason.
   */
  readonly warnings: readonly string[];
}

/**
 * Finds problems that the plugin server would have as the user of Kong's workers. Kong runs this check before it starts
 * the plugin server.
 */
export async function checkStart({
  socket,
  policyRoot,
  fetchSettings,
  decisionLog,
  abuse,
}: ServerOptions): Promise<StartProblems> {
  const prefix = findKongPrefix(process.ppid);
  const user = prefix === undefined ? undefined : findWorkerUser(prefix);
  if (user === undefined) {
    return { fatal: [], warnings: [] }; // If Kong has not created its directories yet, the prefix is unknown.
  }
  const checks = [
    attempt(() => checkPolicyRoot(policyRoot)),
    findReadProblem(policyRoot, user),
    ...(fetchSettings === undefined ? [] : [await attempt(() => openFetcher(fetchSettings))]),
    ...(decisionLog === undefined ? [] : [await attempt(() => openDecisionLogSettings(decisionLog))]),
    ...(abuse === undefined ? [] : [await attempt(() => openAbuseSettings(abuse))]),
  ];
  return {
    fatal: findFatal(socket, user),
    warnings: (await Promise.all(checks)).filter((problem) => problem !== undefined),
  };
}

function findFatal(socket: string, user: SystemUser): readonly string[] {
  const directory = dirname(socket);
  const problems = [
    describeSocketProblem(directory, user),
    findReadProblem(process.execPath, user),
    findReadProblem(process.argv[1] ?? process.execPath, user),
  ];
  return problems.filter((problem) => problem !== undefined);
}

/** Describes the problem of the socket's directory. The text also has the command that creates a correct directory. */
export function describeSocketProblem(directory: string, user: SystemUser): string | undefined {
  const problem = findWriteProblem(directory, user);
  return (
    problem &&
    `${problem}, but Kong's workers run as ${user.name} and create the plugin server's socket there. Give the socket its own directory: install -d -o ${user.name} -m 700 /run/jwt-policy, and print the settings again with kong-jwt-policy kong env --socket /run/jwt-policy/jwt-policy.socket`
  );
}

async function attempt(check: () => unknown): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * Kong runs the query command through a shell. Some shells replace themselves with the process of the query command.
 */
const MAX_ANCESTORS = 3;

/** Finds Kong's prefix if Kong is among the ancestors of this process. Kong starts nginx with `-p PREFIX`. */
function findKongPrefix(pid: number, ancestors = 1): string | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").split(" ");
    const index = words.indexOf("-p");
    const prefix = index < 0 ? undefined : words[index + 1];
    if (prefix !== undefined && words.some((word) => /(?:^|\/)nginx:?$/.test(word))) {
      return prefix;
    }
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    return ancestors < MAX_ANCESTORS && parent > 0 ? findKongPrefix(parent, ancestors + 1) : undefined;
  } catch {
    return undefined; // The system has no /proc, or the process belongs to another user.
  }
}
