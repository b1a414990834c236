import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import { toPrintable, toPrintableJson } from "../../plugin/core/text/printable.ts";
import { VERSION } from "../../plugin/kong/contract/plugin-identity.ts";
import { type Finding, isWarning } from "../../plugin/policy/language/finding.ts";
import type { Report } from "./report.ts";

/** Writes SARIF 2.1.0 (OASIS), which GitHub's code scanning and many editors read. */
export function formatSarif({ command, findings }: Report): string {
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  const sarif = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: `kong-jwt-policy ${command}`,
            semanticVersion: VERSION,
            rules: codes.map((code) => ({ id: code, shortDescription: { text: describeCode(code) } })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: findings.map((finding) => toResult(finding, codes.indexOf(finding.code))),
      },
    ],
  };
  return `${toPrintableJson(sarif, 2)}\n`;
}

function toResult(finding: Finding, ruleIndex: number): unknown {
  const { code, message, notes = [], paste, file, line, column } = finding;
  const lines = [message, ...notes, ...(paste === undefined ? [] : ["paste:", ...paste.trimEnd().split("\n")])];
  const region = line === undefined ? {} : { region: { startLine: line, startColumn: column ?? 1 } };
  return {
    ruleId: code,
    ruleIndex,
    level: isWarning(finding) ? "warning" : "error",
    message: { text: lines.map(toPrintable).join("\n") },
    ...(file !== undefined && {
      locations: [{ physicalLocation: { artifactLocation: { uri: toUri(file) }, ...region } }],
    }),
  };
}

/**
 * The URI of a file. If the file is below the working directory, the URI is relative. If not, it is a file URL (SARIF
 * section 3.4.3).
 */
function toUri(file: string): string {
  const short = relative(process.cwd(), file);
  return short.startsWith("..") || short === ""
    ? pathToFileURL(file).href
    : short.split("/").map(encodeURIComponent).join("/");
}

function describeCode(code: string): string {
  const words = code.replaceAll("_", " ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
