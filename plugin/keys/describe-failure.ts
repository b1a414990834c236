const MAX_LENGTH = 300;

/** Where Node's words do not help, or say too little. */
const MEANINGS: Readonly<Record<string, string>> = {
  ENOTFOUND: "the host name does not resolve",
  EAI_AGAIN: "the host name can not be resolved at the moment",
  ECONNRESET: "the connection broke before the answer was complete",
  EPIPE: "the connection broke before the answer was complete",
  HPE_HEADER_OVERFLOW: "the answer's headers are too long",
};

/** Why an exchange failed, in words for the operator and with the code to search for; nothing of what was answered. */
export function describeFailure(error: unknown): string {
  if (error instanceof AggregateError) {
    return error.errors.map(describeFailure).join("; "); // One for each address that was tried.
  }
  if (!(error instanceof Error)) {
    return "unknown error";
  }
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const meaning = MEANINGS[code ?? ""] ?? (code?.startsWith("HPE_") ? "the answer is not HTTP" : error.message);
  const text = meaning.slice(0, MAX_LENGTH) || error.name;
  return code === undefined || text.includes(code) ? text : `${text} (${code})`;
}
