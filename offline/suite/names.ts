import { quoteText } from "../../plugin/core/text/printable.ts";
import type { DocumentPath, Finding, FindingCode } from "../../plugin/policy/language/finding.ts";
import { didYouMean } from "../../plugin/policy/language/suggest-name.ts";

const MAX_LISTED = 12;

/** Creates a finding about an unknown name. The finding has the most similar known name, or a list of known names. */
export function unknownName(
  code: FindingCode,
  what: string,
  name: string,
  known: readonly string[],
  path: DocumentPath,
): Finding {
  const listed = `${known.slice(0, MAX_LISTED).join(", ")}${known.length > MAX_LISTED ? ", …" : ""}`;
  const hint = didYouMean(name, known) || (known.length === 0 ? "" : ` Known: ${listed}.`);
  return { code, path, message: `${what} ${quoteText(name)} is not known.${hint}` };
}
