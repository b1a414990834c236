import type { FindingCode } from "../../plugin/policy/language/finding.ts";

/** The name for a kind of failed fetch, and what the user can do about the failure. */
export interface FailureAdvice {
  readonly code: Extract<
    FindingCode,
    "issuer_unreachable" | "issuer_answer_invalid" | "issuer_differs" | "file_unreadable"
  >;
  /** Advice in one or more sentences. */
  readonly advice: string;
}

type Row = readonly [cause: RegExp, code: FailureAdvice["code"], advice: string];

/**
 * Each cause that plugin/keys/fetch and plugin/keys/life report, with advice. The first cause whose pattern matches the
 * message counts. docs/reference/key-fetches.md has the same causes for readers of Kong's log, and a test compares both
 * lists.
 */
const ROWS: readonly Row[] = [
  [
    /no complete answer in \d+ ms/,
    "issuer_unreachable",
    'The provider or the way to it is slow or blocked, for example by a firewall. If the provider is always slow, set "key_refresh: { timeout: 10s }".',
  ],
  [
    /ENOTFOUND|EAI_AGAIN|has no address/,
    "issuer_unreachable",
    "Check the spelling of the host name, and the DNS settings of this machine.",
  ],
  [
    /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/,
    "issuer_unreachable",
    "No server listens there, or no route leads there: check the port, the network and the firewall. If this network needs a proxy, name it in --fetch-settings.",
  ],
  [
    /\b(?:is|resolves to) .*an? .*address/,
    "issuer_unreachable",
    "The plugin fetches no keys from such an address (docs/reference/key-fetches.md): correct the address, or the DNS entry.",
  ],
  [
    /no trusted authority/,
    "issuer_unreachable",
    'Name its authority as "ca_file" in --fetch-settings, or let the server send the certificates that lead to its authority.',
  ],
  [
    /certificate is for another host/,
    "issuer_unreachable",
    "The host in the address must be one of the names in the certificate: correct the address or the certificate.",
  ],
  [
    /certificate has expired/,
    "issuer_unreachable",
    "The provider must renew its certificate. Also check the clock of this machine.",
  ],
  [
    /status 3\d\d/,
    "issuer_answer_invalid",
    "Write the address that the redirect leads to into the policy, if you trust it.",
  ],
  [
    /status 40[13]\b/,
    "issuer_answer_invalid",
    'The provider answers only clients that it knows: set "client_certificate" or "headers" in --fetch-settings.',
  ],
  [
    /status 404\b/,
    "issuer_answer_invalid",
    "The address is wrong: compare it with the documentation of the provider. If the provider has no OpenID metadata, use `discovery: oauth`, `metadata_uri` or `jwks_uri`.",
  ],
  [/status 5\d\d/, "issuer_answer_invalid", "The provider is down or broken: try again later, and ask its operator."],
  [/status \d+/, "issuer_answer_invalid", "The address is wrong, or the provider is down."],
  [
    /the server sent a web page instead of JSON/,
    "issuer_answer_invalid",
    "This address leads to a login page or an error page: write the address of the metadata or of the keys.",
  ],
  [
    /names an issuer that is not/,
    "issuer_differs",
    'If you trust the "issuer" of the metadata, write it into the policy: the "iss" of tokens must be exactly the same.',
  ],
  [
    /is not a key set/,
    "issuer_answer_invalid",
    "The address is wrong. If it is the address of the metadata, write it as `metadata_uri`.",
  ],
  [
    /is not the metadata of an issuer/,
    "issuer_answer_invalid",
    "Use `discovery: oauth`, `metadata_uri` or `jwks_uri`.",
  ],
  [
    /jwks_uri that is not an https URL|on loopback,/,
    "issuer_answer_invalid",
    "The metadata of the provider is wrong, or was changed on the way: ask the provider to correct it.",
  ],
  [
    /is not a JSON object/,
    "issuer_answer_invalid",
    "The answer is not JSON, is cut off, or contains the same member twice: open the URL by hand, and ask the provider to correct the answer.",
  ],
  [
    /connection broke before the answer was complete/,
    "issuer_unreachable",
    "The answer is shorter than its announced length, or a device on the way closes connections.",
  ],
  [
    /longer than \d+ bytes|headers are too long/,
    "issuer_answer_invalid",
    "This is not a key set: correct the address.",
  ],
  [
    /content coding|broken gzip|not UTF-8/,
    "issuer_answer_invalid",
    "Configure the provider to answer with plain JSON in UTF-8.",
  ],
  [
    /the proxy answered CONNECT with status/,
    "issuer_unreachable",
    'With status 407, set "authorization_file" in --fetch-settings. Otherwise the proxy does not allow the connection, or cannot connect.',
  ],
  [
    /cannot be read|contains no certificate|has no private key|does not belong to the certificate|must contain one line/,
    "file_unreadable",
    "Correct the file that --fetch-settings names.",
  ],
  [
    /answer is not HTTP|EPROTO|ERR_SSL|ERR_TLS|socket hang up/,
    "issuer_unreachable",
    "The port uses another protocol than the address (for example, https instead of http), or the server does not support TLS 1.2: correct the scheme or the port.",
  ],
];

const FALLBACK: FailureAdvice = {
  code: "issuer_unreachable",
  advice: "docs/reference/key-fetches.md lists the limits of every fetch.",
};

/** @param failure the message with which a fetch of keys failed. */
export function adviseFailure(failure: string): FailureAdvice {
  const found = ROWS.find(([cause]) => cause.test(failure));
  return found ? { code: found[1], advice: found[2] } : FALLBACK;
}
