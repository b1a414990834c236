import type { PolicyDocument } from "../../../schema/generated/policy-document.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import { didYouMean } from "../language/suggest-name.ts";

/** Checks the list of ids at `path`. Reports each id for which the document has no issuer. */
export function checkIssuerIds(ids: readonly string[], { issuers }: PolicyDocument, path: DocumentPath): Finding[] {
  const known = Object.keys(issuers);
  return ids.flatMap((id, index): Finding[] => {
    if (known.includes(id)) {
      return [];
    }
    const hint = didYouMean(id, known) || ` Known: ${known.join(", ")}.`;
    const message = `There is no issuer "${id}" in this policy.${hint}`;
    return [{ code: "issuer_unknown", path: [...path, index], message }];
  });
}
