import { randomBytes } from "node:crypto";
import type { AbuseSettings } from "../observe/abuse/abuse-settings.ts";
import { AbuseWatch } from "../observe/abuse/abuse-watch.ts";
import { KEY_BYTES } from "../observe/abuse/tables/keyed-hash.ts";
import type { DecisionLog } from "../observe/decisions/decision-log.ts";
import { openAbuseSettings } from "../runtime/abuse-settings.ts";
import { WATCHED_REUSE_MS } from "../runtime/verdict-cache.ts";
import type { ServerProcess } from "./server-process.ts";
import type { ServerOptions } from "./settings/server-options.ts";

/** @param decisionLog the decision log. It also gets a line for each alarm. */
export function createAbuseWatch(
  { log }: ServerProcess,
  settings: AbuseSettings,
  decisionLog: DecisionLog | undefined,
): AbuseWatch {
  return new AbuseWatch({
    settings,
    now: Date.now,
    monotonicMs: () => performance.now(),
    hashKey: randomBytes(KEY_BYTES),
    unseenMs: WATCHED_REUSE_MS,
    warn: log.warn,
    ...(decisionLog && { log: (members) => decisionLog.noteAbuse(members) }),
  });
}

/**
 * Reads the settings for the detection of abuse, if the options name a settings file.
 *
 * @throws Error if the settings have mistakes, or do not fit the other options.
 */
export async function readAbuse({
  abuse,
  hasFactsVariable,
}: Pick<ServerOptions, "abuse" | "hasFactsVariable">): Promise<AbuseSettings | undefined> {
  const settings = abuse === undefined ? undefined : await openAbuseSettings(abuse);
  if (settings?.sharedTokens !== undefined && !hasFactsVariable) {
    throw new Error(
      `${abuse}: shared_tokens needs the addresses of clients, and only the facts variable contains them. Use the settings that "kong-jwt-policy kong env" prints, with --facts-variable, or set "enabled: false".`,
    );
  }
  return settings;
}
