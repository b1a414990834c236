import type { Result } from "../core/model/result.ts";
import { parseNetwork } from "../core/text/ip-network.ts";
import type { AbuseSettings, SharedTokenSettings } from "../observe/abuse/abuse-settings.ts";
import { durationSeconds } from "../policy/language/duration.ts";
import type { Finding } from "../policy/language/finding.ts";
import { type AbuseDocument, readAbuseSettings } from "../policy/settings/read-abuse-settings.ts";
import { listSettingsFiles, readPseudonymSecret, readSettingsFile } from "./read-settings-file.ts";
import { describeFindings } from "./versions/policy-report.ts";

/**
 * Reads the settings for the detection of abuse. Also reads the secret that the settings name.
 *
 * @throws Error with a line for each mistake.
 */
export async function openAbuseSettings(file: string): Promise<AbuseSettings> {
  const read = await readSettings(file);
  if (!read.ok) {
    throw new Error(describeFindings(file, read.failure).join("\n"));
  }
  return compileAbuseSettings(read.value, await readPseudonymSecret(file, read.value.pseudonyms));
}

/** @param document the parsed settings, which have no mistakes. */
export function compileAbuseSettings(document: AbuseDocument, secret: Uint8Array | undefined): AbuseSettings {
  const { shared_tokens, failing_subjects, unknown_keys, long_lifetimes, denial_rates, pseudonyms, limits } = document;
  return {
    sharedTokens: shared_tokens.enabled ? compileSharing(shared_tokens) : undefined,
    failingSubjects: failing_subjects.enabled ? { perMinute: failing_subjects.per_minute } : undefined,
    unknownKeys: unknown_keys.enabled ? { perMinute: unknown_keys.per_minute, factor: unknown_keys.factor } : undefined,
    longLifetimes: long_lifetimes.enabled
      ? { factor: long_lifetimes.factor, afterTokens: long_lifetimes.after_tokens }
      : undefined,
    denialRates: denial_rates.enabled ? { change: denial_rates.change, requests: denial_rates.requests } : undefined,
    pseudonymSecret: secret,
    rotateSeconds: durationSeconds(pseudonyms.rotate),
    linesPerMinute: limits.lines_per_minute,
    repeatSeconds: durationSeconds(limits.repeat_after),
  };
}

/**
 * Returns all mistakes in a settings file. The function does not check the file of the secret, because the file may be
 * on another machine.
 */
export async function checkAbuseSettings(file: string): Promise<readonly Finding[]> {
  const read = await readSettings(file);
  return read.ok ? [] : read.failure;
}

/** Lists the settings file. If the settings name a secret, also lists the file of the secret. */
export async function listAbuseFiles(file: string): Promise<readonly string[]> {
  const read = await readSettings(file);
  return listSettingsFiles(file, read.ok ? read.value.pseudonyms : {});
}

function readSettings(file: string): Promise<Result<AbuseDocument, readonly Finding[]>> {
  return readSettingsFile(file, "abuse settings", readAbuseSettings);
}

function compileSharing(sharing: AbuseDocument["shared_tokens"]): SharedTokenSettings {
  return {
    returns: sharing.returns,
    networks: sharing.networks,
    ipv4Prefix: sharing.ipv4_prefix,
    ipv6Prefix: sharing.ipv6_prefix,
    sharedNetworks: Object.values(sharing.shared_networks).map((group) =>
      group.flatMap((network: string) => parseNetwork(network) ?? []),
    ),
    refuseSeconds: sharing.on_abuse === "refuse_token" ? durationSeconds(sharing.refuse_for) : undefined,
  };
}
