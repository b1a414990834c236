/** Cases in which the plugin intentionally differs from the source of a vector. A test fails if a case is missing here, or no longer exists. */
interface Disagreement {
  /** Name of the {@link VectorSource}. */
  readonly source: string;
  readonly ids: readonly string[];
  /** The result that this plugin gives for these vectors. */
  readonly found: string;
  readonly why: string;
}

const KONG_SIGNATURES = "Kong's JWT parser: signatures";
const KONG_SCENARIOS = "Kong's jwt plugin: its scenarios as requests";
const RFC_REQUESTS = "RFC 7515, 7516, 7519, CVE-2022-29217: requests";

export const DISAGREEMENTS: readonly Disagreement[] = [
  {
    source: "Wycheproof: JWS",
    ids: ["json_web_signature_test#367", "json_web_signature_test#370"],
    found: "accepted",
    why: "According to the vector's description, its token has padding, but the token in the file has no padding. The vector's key and token equal those of #357, byte for byte, and Wycheproof calls #357 valid. The plugin refuses tokens with padding (core/decode.test.ts).",
  },
  {
    source: "JOSE cookbook: RFC 7520, 7797, 8037",
    ids: ["curve25519/jws.json:compact"],
    found: "accepted",
    why: "The cookbook refuses this vector because the vector's payload is text. The test of signatures checks only the signature, and the vector's signature is valid (RFC 8037 appendix A.5). In a request, the plugin would refuse this token with `token_malformed`.",
  },
  {
    source: RFC_REQUESTS,
    ids: ["RFC7515.A4"],
    found: "token_malformed",
    why: "The token's payload is the text “Payload”. The signature is valid, but the token of a request needs claims (RFC 7519 section 7.2).",
  },
  {
    source: RFC_REQUESTS,
    ids: ["pyjwt.GHSA-ffqj-6fqr-9h24#0", "pyjwt.GHSA-ffqj-6fqr-9h24#2"],
    found: "issuer_untrusted",
    why: "The signatures are valid, but the tokens name no issuer, and a policy trusts issuers, not keys (RFC 8725 section 3.8).",
  },
  {
    source: KONG_SIGNATURES,
    ids: ["parser/rs512-ok"],
    found: "key_not_found: key 0: an RSA key of 2047 bits; only 2048 to 8192 bits are allowed",
    why: "The first bit of the key's modulus is 0, so the key has only 2047 bits. RFC 7518 section 3.3 requires at least 2048 bits.",
  },
  {
    source: KONG_SIGNATURES,
    ids: ["parser/HS256-secret", "parser/HS384-secret", "parser/HS512-secret"],
    found: "key_not_found",
    why: "The secret of the vector has only 6 bytes. RFC 7518 section 3.2 requires a secret that is at least as long as the hash.",
  },
  {
    source: KONG_SIGNATURES,
    ids: ["parser/ed448-ok"],
    found: "key_not_found",
    why: "The plugin does not support Ed448. Providers use Ed25519 instead, and each additional algorithm is an additional risk (RFC 8725 section 3.2).",
  },
  {
    source: KONG_SCENARIOS,
    ids: ["refusals 12"],
    found: "400 token_ambiguous",
    why: "Kong answers 401 to a request with two tokens. The plugin answers 400 and `invalid_request`, as RFC 6750 section 3.1 requires.",
  },
  {
    source: KONG_SCENARIOS,
    ids: ["HS256 13"],
    found: "400 token_ambiguous",
    why: "The request has two header lines with tokens. Kong reads the first line with a token and forwards all lines, but other programs would read the last line. The plugin refuses a request with two tokens (RFC 6750 section 2).",
  },
  {
    source: KONG_SCENARIOS,
    ids: ["config.anonymous 2", "config.anonymous 3"],
    found: "401 signature_invalid",
    why: "A rule with optional access lets a request without a token pass. But the rule refuses a request with a bad token, because the sender of such a token claims an identity.",
  },
  {
    source: "Istio: requests against its policies",
    ids: ["authn-only: expired-token-cors-preflight-request-allowed"],
    found: "token_expired",
    why: "Istio lets CORS preflight requests pass without reading their tokens. In Kong, the `cors` plugin answers preflight requests before jwt-policy runs. So if a request reaches jwt-policy, jwt-policy judges it.",
  },
  {
    source: "Istio: requests against its policies",
    ids: ["headers-params: valid-token-set"],
    found: "token_ambiguous",
    why: "The request has two query parameters with good tokens. Istio lets a request pass if all its tokens are good. The plugin accepts only one token (RFC 6750 section 2). With two tokens, the upstream might read a different caller than the plugin.",
  },
  {
    source: "KrakenD: matchers of roles and scopes",
    ids: ["krakend/CanAccess/simple_space_success"],
    found: "condition_unmet",
    why: "The plugin reads a string as one role, because names of roles may contain blanks. The plugin splits only scopes at blanks (RFC 8693 section 4.2).",
  },
];
