import { readFileSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import type { DocumentPath, Finding, FindingCode } from "../../plugin/policy/language/finding.ts";
import { readDocument } from "../../plugin/policy/read/read-document.ts";
import { showExcerpts } from "../findings/excerpts.ts";

/** A message about one part of a policy, with the path of the part. */
export interface PlacedMessage {
  readonly code: FindingCode;
  readonly path: DocumentPath;
  readonly message: string;
  readonly notes: readonly string[];
  readonly paste: string | undefined;
}

/**
 * Locates messages in a policy's own file. If a part comes from an extended file, the finding gets the nearest position in the
 * policy's own file.
 *
 * @param isError whether the command must fail because of these messages.
 */
export function locateInPolicy(file: string, messages: readonly PlacedMessage[], isError: boolean): readonly Finding[] {
  const text = readFileSync(file, "utf8");
  const source = readDocument(text);
  if (!source.ok) {
    return [];
  }
  const { locate } = source.value;
  const findings = messages.flatMap(({ code, path, message, notes, paste }) => {
    const finding: Finding = { code, severity: isError ? "error" : "warning", path, message, notes };
    return locate([paste === undefined ? finding : { ...finding, paste }]);
  });
  return showExcerpts(findings, file, text);
}

/** Writes a score such as `91 %`. The function rounds down, so that only a full score is 100 %. */
export function percent(score: number): string {
  return `${Math.floor(score * 100)} %`;
}

/** Reads the value of `--min`. */
export function parsePercent(text: string): number {
  const value = Number(text);
  if (!/^\d{1,3}(?:\.\d+)?$/.test(text) || value > 100) {
    throw new InvalidArgumentError("The value must be a number from 0 to 100.");
  }
  return value;
}
