import type { Issuer } from "../../../schema/generated/policy-document.ts";
import type { KeyRefresh } from "../../core/model/policy.ts";
import { durationSeconds } from "../language/duration.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";

const MIN_REFRESH_SECONDS = 10;
const MAX_REFRESH_SECONDS = 86_400;
const MIN_COOLDOWN_SECONDS = 5;
const MIN_TIMEOUT_SECONDS = 1;
const MAX_TIMEOUT_SECONDS = 30;

/**
 * Compiles the settings for how long an issuer's keys are used, and reports times that contradict each other.
 *
 * @param path the issuer's path in the document.
 */
export function compileKeyRefresh(
  source: Issuer,
  path: DocumentPath,
): { readonly keyRefresh: KeyRefresh; readonly findings: readonly Finding[] } {
  const keyRefresh = compileRefresh(source);
  return { keyRefresh, findings: checkRefresh(source, keyRefresh, path) };
}

function compileRefresh({ key_refresh: { min, max, cooldown, max_stale, timeout } }: Issuer): KeyRefresh {
  return {
    minSeconds: durationSeconds(min),
    maxSeconds: durationSeconds(max),
    cooldownSeconds: durationSeconds(cooldown),
    maxStaleSeconds: durationSeconds(max_stale),
    timeoutSeconds: durationSeconds(timeout),
  };
}

/**
 * Reports times that cause constant requests to the provider, times that are too long for a timer, and timeouts that
 * have no effect.
 */
function checkRefresh({ key_refresh: source }: Issuer, refresh: KeyRefresh, path: DocumentPath): Finding[] {
  const { minSeconds, maxSeconds, cooldownSeconds, maxStaleSeconds, timeoutSeconds } = refresh;
  const rules: readonly [key: keyof typeof source, holds: boolean, message: string][] = [
    ["min", minSeconds >= MIN_REFRESH_SECONDS, `The value must be ${MIN_REFRESH_SECONDS}s or more.`],
    [
      "max",
      maxSeconds >= minSeconds && maxSeconds <= MAX_REFRESH_SECONDS,
      `The value must be from min (${source.min}) to 1d.`,
    ],
    [
      "cooldown",
      cooldownSeconds >= MIN_COOLDOWN_SECONDS && cooldownSeconds <= maxSeconds,
      `The value must be from ${MIN_COOLDOWN_SECONDS}s to max (${source.max}).`,
    ],
    [
      "max_stale",
      maxStaleSeconds >= maxSeconds,
      `The value must be at least max (${source.max}), because the plugin uses keys for that long anyway.`,
    ],
    [
      "timeout",
      timeoutSeconds >= MIN_TIMEOUT_SECONDS && timeoutSeconds <= MAX_TIMEOUT_SECONDS,
      `The value must be from ${MIN_TIMEOUT_SECONDS}s to ${MAX_TIMEOUT_SECONDS}s.`,
    ],
  ];
  return rules.flatMap(([key, holds, message]): Finding[] =>
    holds ? [] : [{ code: "duration_invalid", path: [...path, "key_refresh", key], message }],
  );
}
