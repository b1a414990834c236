import { quoteText } from "../../core/text/printable.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";

const NO_BEARER_TOKEN = "carries no bearer token";
const NEEDS_PROOF = "needs a proof that the sender has a key, but the plugin does not check such a proof";

/**
 * Registered and widespread schemes, in lower case. The credentials of these schemes are not bearer tokens as in RFC
 * 6750. For each scheme, the value says why.
 */
const OTHER_SCHEMES: ReadonlyMap<string, string> = new Map([
  ["basic", NO_BEARER_TOKEN],
  ["concealed", NEEDS_PROOF],
  ["digest", NO_BEARER_TOKEN],
  ["dpop", NEEDS_PROOF],
  ["gnap", NEEDS_PROOF],
  ["hoba", NEEDS_PROOF],
  ["hawk", NEEDS_PROOF],
  ["mac", NEEDS_PROOF],
  ["mutual", NEEDS_PROOF],
  ["negotiate", NO_BEARER_TOKEN],
  ["ntlm", NO_BEARER_TOKEN],
  ["pop", NEEDS_PROOF],
  ["privatetoken", NO_BEARER_TOKEN],
  ["scram-sha-1", NO_BEARER_TOKEN],
  ["scram-sha-256", NO_BEARER_TOKEN],
  ["signature", NEEDS_PROOF],
  ["vapid", NO_BEARER_TOKEN],
  ["aws4-hmac-sha256", NEEDS_PROOF],
]);

/** Checks the schemes of a source. The list is empty if the source names no scheme. */
export function checkSchemes(schemes: readonly string[], path: DocumentPath): Finding[] {
  const names = schemes.map((scheme) => scheme.toLowerCase());
  const refuse = (message: string, index: number): Finding => ({
    code: "token_source_invalid",
    path: index < 0 ? path : [...path, index],
    message,
  });
  const each = schemes.flatMap((scheme, index): Finding[] => {
    const name = names[index] ?? "";
    const why = OTHER_SCHEMES.get(name);
    if (why !== undefined) {
      return [refuse(`The scheme ${quoteText(scheme)} ${why}.`, index)];
    }
    return names.indexOf(name) === index
      ? []
      : [refuse(`The scheme ${quoteText(scheme)} is named twice; upper and lower case are the same.`, index)];
  });
  const lacksBearer = schemes.length > 0 && !names.includes("bearer");
  const message = `Challenges ask clients for the scheme Bearer (RFC 6750 section 3), so it must be accepted: add "Bearer" to the list.`;
  return [...each, ...(lacksBearer ? [refuse(message, -1)] : [])];
}
