import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import {
  findConfiguredUser,
  findUserById,
  findWorkerUser,
  guessWorkerUser,
  type SystemUser,
} from "../../../plugin/server/process/worker-access.ts";
import type { KongSettings } from "../settings/read-settings.ts";

const NOBODY_KNOWN = "this machine has no user for Kong's workers: neither kong nor nobody";

/**
 * Finds the user of Kong's workers. If Kong runs, its master process shows the user. If Kong does not run, this function assumes
 * that the user of this command will start Kong.
 */
export function findWorker(settings: KongSettings, prefix: string): Result<SystemUser, string> {
  const configured = (settings.get("nginx_user") ?? settings.get("nginx_main_user"))?.value;
  const master = findMasterUid(prefix);
  if (master !== undefined && master !== 0) {
    return succeed(findUserById(master)); // Only root can start Kong's workers as another user.
  }
  const user = master === 0 ? findConfiguredUser(configured) : (findWorkerUser(prefix) ?? guessWorkerUser(configured));
  return user ? succeed(user) : fail(NOBODY_KNOWN);
}

/** The user of nginx's master process; undefined if nginx does not run, or if the machine has no /proc. */
function findMasterUid(prefix: string): number | undefined {
  try {
    const pid = readFileSync(join(prefix, "pids/nginx.pid"), "utf8").trim();
    return /^\d+$/.test(pid) ? statSync(`/proc/${pid}`).uid : undefined;
  } catch {
    return undefined;
  }
}
