import type { Finding } from "../../plugin/policy/language/finding.ts";

/** Adds the file and the line of the mistake to each finding. */
export function showExcerpts(findings: readonly Finding[], file: string, text: string): readonly Finding[] {
  const lines = text.split(/\r?\n/);
  return findings.map((finding) => {
    const excerpt = finding.line === undefined ? undefined : lines[finding.line - 1];
    return { ...finding, file, ...(excerpt !== undefined && { excerpt }) };
  });
}

/**
 * Whether the findings are about a policy, and not about another kind of file. Only lines of a policy may be shown. Any
 * other file may be secret.
 */
export function areAboutText(findings: readonly Finding[]): boolean {
  return !findings.some(({ code }) => code.startsWith("file_") || code === "not_a_policy");
}
