import { createHash } from "node:crypto";
import { relative } from "node:path";
import { toPrintable, toPrintableJson } from "../../plugin/core/text/printable.ts";
import { isWarning } from "../../plugin/policy/language/finding.ts";
import type { Report } from "./report.ts";

/**
 * Writes GitLab's code quality report, which is one list of findings. GitLab needs a path in each finding, so a finding without a
 * file gets the path of the directory.
 */
export function formatGitlab({ findings }: Report): string {
  const seen = new Map<string, number>();
  const list = findings.map((finding) => {
    const { code, message, notes = [], file = ".", line = 1 } = finding;
    const path = relative(process.cwd(), file) || ".";
    const content = JSON.stringify([code, path, message]);
    const count = seen.get(content) ?? 0;
    seen.set(content, count + 1);
    return {
      description: [message, ...notes].map(toPrintable).join("\n"),
      check_name: code,
      fingerprint: fingerprint(content, count),
      severity: isWarning(finding) ? "minor" : "major",
      location: { path, lines: { begin: line } },
    };
  });
  return `${toPrintableJson(list, 2)}\n`;
}

/**
 * The fingerprint does not depend on the line. Therefore GitLab still recognises a finding that has moved to another
 * line. If several findings have the same fingerprint, GitLab shows only one of them. So the fingerprint also depends
 * on `count`, the number of equal findings before this one.
 */
function fingerprint(content: string, count: number): string {
  return createHash("sha256").update(`${count} ${content}`).digest("hex").slice(0, 32);
}
