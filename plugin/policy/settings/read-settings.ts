import { fail, type Result, succeed } from "../../core/model/result.ts";
import type { Finding } from "../language/finding.ts";
import { readYaml, type SourceDocument } from "../read/read-document.ts";
import { checkData } from "../read/validate-document.ts";

/** Settings that fit their schema, and a function that adds line and column to findings about the settings. */
export interface SourceSettings<Document> {
  readonly document: Document;
  readonly locate: SourceDocument["locate"];
}

/** Reads settings and adds all defaults. Findings quote no value, because settings may have secrets. */
export function readSettings<Document>(
  text: string,
  validate: Parameters<typeof checkData>[0],
): Result<SourceSettings<Document>, readonly Finding[]> {
  const source = readYaml(text);
  if (!source.ok) {
    return fail(source.failure.findings);
  }
  const { data, locate } = source.value;
  const findings = checkData(validate, data, { values: () => true, keys: () => false });
  return findings.length > 0 ? fail(locate(findings)) : succeed({ document: data as Document, locate });
}
