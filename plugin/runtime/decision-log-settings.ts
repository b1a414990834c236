import { parseClaimReference } from "../core/model/claim-reference.ts";
import type { Result } from "../core/model/result.ts";
import type { DecisionLogSettings } from "../observe/decisions/log-settings.ts";
import { durationSeconds } from "../policy/language/duration.ts";
import type { Finding } from "../policy/language/finding.ts";
import { type DecisionLogDocument, readDecisionLogSettings } from "../policy/settings/read-decision-log-settings.ts";
import { listSettingsFiles, readPseudonymSecret, readSettingsFile } from "./read-settings-file.ts";
import { describeFindings } from "./versions/policy-report.ts";

/**
 * Reads the settings of the decision log, and the secret that the settings name.
 *
 * @throws Error with a line for each mistake.
 */
export async function openDecisionLogSettings(file: string): Promise<DecisionLogSettings> {
  const read = await readSettings(file);
  if (!read.ok) {
    throw new Error(describeFindings(file, read.failure).join("\n"));
  }
  const { to, allows, fields, claims, pseudonyms, limits } = read.value;
  return {
    to,
    allows,
    fields,
    claims: Object.entries(claims).map(([claim, as]) => ({ claim: parseClaimReference(claim), as })),
    pseudonymSecret: await readPseudonymSecret(file, pseudonyms),
    rotateSeconds: durationSeconds(pseudonyms.rotate),
    linesPerSecond: limits.lines_per_second,
    queueBytes: limits.queue_bytes,
  };
}

/**
 * Returns all mistakes in a settings file. The function does not check the file of the secret, because the file may be
 * on another machine.
 */
export async function checkDecisionLogSettings(file: string): Promise<readonly Finding[]> {
  const read = await readSettings(file);
  return read.ok ? [] : read.failure;
}

/** Lists the settings file. If the settings name a secret, also lists the file of the secret. */
export async function listDecisionLogFiles(file: string): Promise<readonly string[]> {
  const read = await readSettings(file);
  return listSettingsFiles(file, read.ok ? read.value.pseudonyms : {});
}

/**
 * Some fields of the decision log need a header. The plugin logs such a field only if the facts variable contains this
 * header.
 */
const HEADER_OF_FIELD = { trace_id: "traceparent", host: "host" } as const;

/** The headers that the facts variable must contain, so that the log has all fields that the settings name. */
export async function listLoggedHeaders(file: string): Promise<readonly string[]> {
  const read = await readSettings(file);
  const fields: readonly string[] = read.ok ? read.value.fields : [];
  return Object.entries(HEADER_OF_FIELD).flatMap(([field, header]) => (fields.includes(field) ? [header] : []));
}

function readSettings(file: string): Promise<Result<DecisionLogDocument, readonly Finding[]>> {
  return readSettingsFile(file, "settings of the decision log", readDecisionLogSettings);
}
