const MAX_LENGTH = 300;

const UNTRUSTED = "no trusted authority issued the server's certificate";

/**
 * Our own texts for Node's error codes. Node's messages for these codes are unclear, or give advice that does not apply
 * to the plugin.
 */
const MEANINGS: ReadonlyMap<string | undefined, string> = new Map(
  Object.entries({
    ENOTFOUND: "the host name does not resolve",
    EAI_AGAIN: "the host name cannot be resolved at the moment",
    ECONNRESET: "the connection broke before the answer was complete",
    EPIPE: "the connection broke before the answer was complete",
    DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
    SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
    UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
    CERT_HAS_EXPIRED: "the server's certificate has expired",
    ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another host",
    HPE_HEADER_OVERFLOW: "the answer's headers are too long",
  }),
);

/**
 * Says why a fetch failed, in words for the operator, and adds Node's error code. The result quotes nothing from the server's
 * answer.
 */
export function describeFailure(error: unknown): string {
  if (error instanceof AggregateError) {
    return error.errors.map(describeFailure).join("; "); // An AggregateError has one inner error for each address that was tried.
  }
  if (!(error instanceof Error)) {
    return "unknown error";
  }
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const meaning = MEANINGS.get(code) ?? (code?.startsWith("HPE_") ? "the answer is not HTTP" : error.message);
  const text = meaning.slice(0, MAX_LENGTH) || error.name;
  return code === undefined || text.includes(code) ? text : `${text} (${code})`;
}
