import type { DecisionLogSettingsDocument } from "../../../schema/generated/decision-log-document.ts";
import { validateDecisionLog } from "../../../schema/generated/validate-decision-log.ts";
import { type Result, succeed } from "../../core/model/result.ts";
import type { Finding } from "../language/finding.ts";
import { readSettings } from "./read-settings.ts";

/** Settings of the decision log, with all defaults. */
export type DecisionLogDocument = DecisionLogSettingsDocument;

/** Reads and checks settings of the decision log. The function does not read the file with the secret. */
export function readDecisionLogSettings(text: string): Result<DecisionLogDocument, readonly Finding[]> {
  const read = readSettings<DecisionLogDocument>(text, validateDecisionLog);
  return read.ok ? succeed(read.value.document) : read;
}
