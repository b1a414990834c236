import { type Denial, deny } from "../model/denial.ts";
import type { TokenSource } from "../model/policy.ts";
import { type Result, succeed } from "../model/result.ts";
import type { Credential, SentToken } from "../model/token.ts";
import { describeSource } from "./find-credentials.ts";

// RFC 6750 section 2.1: "Bearer" 1*SP b64token. The name of a scheme has the characters of RFC 9110's `token`, and may
// be in upper or lower case (RFC 9110 section 11.1).
const BEARER: ReadonlySet<string> = new Set(["bearer"]);
const SCHEME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const SPACES = /^ +/;
const NOT_IN_B64TOKEN = /[^A-Za-z0-9\-._~+/=]/;
/** Schemes of the IANA registry, and others that clients often use. */
const KNOWN_SCHEMES = [
  "Bearer",
  "Basic",
  "Digest",
  "JWT",
  "Token",
  "DPoP",
  "GNAP",
  "PoP",
  "MAC",
  "OAuth",
  "ApiKey",
  "Api-Key",
  "Key",
  "Negotiate",
  "NTLM",
  "Kerberos",
  "HOBA",
  "Mutual",
  "Concealed",
  "PrivateToken",
  "SCRAM-SHA-1",
  "SCRAM-SHA-256",
  "vapid",
  "Signature",
  "Hawk",
  "Hmac",
  "SharedKey",
  "AWS4-HMAC-SHA256",
];
const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * Takes the token from the found credentials (RFC 6750 section 2: clients must not use more than one method).
 *
 * @param maxTokenBytes the longest accepted token, checked before the token is decoded.
 */
export function extractToken(
  credentials: readonly Credential[],
  maxTokenBytes: number,
  sources: readonly TokenSource[] = [],
): Result<SentToken, Denial> {
  const [credential, ...more] = credentials;
  if (!credential) {
    return deny({ reason: "token_missing", detail: `no token in ${listSources(sources)}` });
  }
  const place = describeSource(credential.source);
  if (more.length > 0) {
    const places = new Set(credentials.map(({ source }) => describeSource(source)));
    const twice = places.size === 1 ? ", twice" : "";
    return deny({ reason: "token_ambiguous", detail: `in ${[...places].join(" and ")}${twice}` });
  }
  const token = takeText(credential);
  if (token === "" && credential.source.from === "query") {
    return deny({ reason: "credentials_malformed", detail: `${place} is empty` });
  }
  if (token === undefined || token === "") {
    return deny({ reason: "token_missing", detail: `${place} has ${describeScheme(credential)}` });
  }
  // One character counts as one byte: characters beyond ASCII are rejected below.
  if (token.length > maxTokenBytes) {
    const detail = `${place} has a token of ${token.length} bytes, at most ${maxTokenBytes} are allowed`;
    return deny({ reason: "token_too_large", detail });
  }
  if (token.includes(",")) {
    return deny({ reason: "token_ambiguous", detail: `in ${place}, with a comma between two values` });
  }
  return B64TOKEN.test(token) ? succeed({ token, credential }) : deny(malformed(credential, token));
}

function listSources(sources: readonly TokenSource[]): string {
  return sources.length === 0 ? "authorization" : sources.map(describeSource).join(", ");
}

/** The text may be a password or a token. So only the names of well-known schemes are shown. */
function describeScheme({ source, text }: Credential): string {
  const expected = expectedSchemes(source);
  if (expected === undefined) {
    return "an empty string";
  }
  const known = findKnown(/^[A-Za-z0-9-]{1,20}(?= |$)/.exec(text)?.[0]);
  if (known !== undefined && expected.includes(known)) {
    return `scheme ${known} without a token`;
  }
  const found = known === undefined ? describeUnknownScheme(text) : `scheme ${known}`;
  const bare = source.from === "authorization" && source.allowsBare ? ", or a token without a scheme" : "";
  return `${found}, expected ${expected.join(" or ")}${bare}`;
}

function findKnown(scheme: string | undefined): string | undefined {
  return KNOWN_SCHEMES.find((name) => name.toLowerCase() === scheme?.toLowerCase());
}

function describeUnknownScheme(text: string): string {
  return text.includes(" ") ? "a scheme that is not well known" : "no scheme";
}

/** The schemes that the policy names for the source. Returns undefined if the source needs no scheme. */
function expectedSchemes(source: TokenSource): readonly string[] | undefined {
  if (source.from === "authorization") {
    return [...(source.schemes ?? BEARER)].map((name) => findKnown(name) ?? name);
  }
  if (source.from !== "header" || !source.scheme) {
    return undefined;
  }
  const name = source.scheme.source.slice("^".length, -" +".length);
  return [findKnown(name) ?? name];
}

/** Returns undefined when the source needs a scheme, and the text has another scheme or no scheme. */
function takeText({ source, text }: Credential): string | undefined {
  switch (source.from) {
    case "authorization":
      return takeFromAuthorization(source, text);
    case "header": {
      const [found] = source.scheme ? (source.scheme.exec(text) ?? []) : [""];
      return found === undefined ? undefined : text.slice(found.length);
    }
    default:
      return text;
  }
}

function takeFromAuthorization(
  { schemes = BEARER, allowsBare = false }: Extract<Credential["source"], { readonly from: "authorization" }>,
  text: string,
): string | undefined {
  const end = text.indexOf(" ");
  if (end === -1) {
    // Every token has dots, but a scheme without a token has none.
    return allowsBare && text.includes(".") ? text : undefined;
  }
  const scheme = text.slice(0, end);
  return SCHEME.test(scheme) && schemes.has(scheme.toLowerCase()) ? text.slice(end).replace(SPACES, "") : undefined;
}

function malformed({ source }: Credential, token: string): Denial {
  const place = describeSource(source);
  const index = token.search(NOT_IN_B64TOKEN);
  const what = index === -1 ? "= before its end" : `${nameCharacter(token.charAt(index))} at position ${index + 1}`;
  const detail = `${place} has a token of ${token.length} characters, with ${what}`;
  return source.from === "authorization"
    ? { reason: "authorization_malformed", detail }
    : { reason: "credentials_malformed", detail };
}

/** Names a character that a token cannot have. A letter or digit of the token is never shown. */
function nameCharacter(char: string): string {
  if (char === " ") {
    return "a space";
  }
  return /[!-~]/.test(char) ? `the character ${char}` : "a character that is not visible ASCII";
}
