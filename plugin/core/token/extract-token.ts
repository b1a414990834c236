import { type Denial, deny } from "../model/denial.ts";
import { type Result, succeed } from "../model/result.ts";
import type { Credential, SentToken } from "../model/token.ts";
import { describeSource } from "./find-credentials.ts";

// RFC 6750 section 2.1: "Bearer" 1*SP b64token; the scheme is case-insensitive (RFC 9110 section 11.1).
const BEARER = /^bearer +/i;
const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * Takes the token from the found credentials (RFC 6750 section 2: clients must not use more than one method).
 *
 * @param maxTokenBytes checked before the token is decoded.
 */
export function extractToken(credentials: readonly Credential[], maxTokenBytes: number): Result<SentToken, Denial> {
  const [credential, ...more] = credentials;
  if (!credential) {
    return deny({ reason: "token_missing" });
  }
  if (more.length > 0) {
    const places = new Set(credentials.map(({ source }) => describeSource(source)));
    return deny({ reason: "token_ambiguous", detail: `in ${[...places].join(" and ")}` });
  }
  const token = takeText(credential);
  if (token === undefined || token === "") {
    return deny({ reason: "token_missing" });
  }
  // One character counts as one byte: characters beyond ASCII are rejected below.
  if (token.length > maxTokenBytes) {
    return deny({ reason: "token_too_large", detail: `${token.length} bytes, at most ${maxTokenBytes} are allowed` });
  }
  if (token.includes(",")) {
    return deny({ reason: "token_ambiguous" });
  }
  return B64TOKEN.test(token) ? succeed({ token, credential }) : deny(malformed(credential));
}

/** Undefined when the source needs a scheme, and the text has another scheme or no scheme. */
function takeText({ source, text }: Credential): string | undefined {
  const scheme = schemeOf(source);
  if (!scheme) {
    return text;
  }
  const [found] = scheme.exec(text) ?? [];
  return found === undefined ? undefined : text.slice(found.length);
}

function schemeOf(source: Credential["source"]): RegExp | undefined {
  switch (source.from) {
    case "authorization":
      return BEARER;
    case "header":
      return source.scheme;
    default:
      return undefined;
  }
}

function malformed({ source }: Credential): Denial {
  return source.from === "authorization"
    ? { reason: "authorization_malformed" }
    : { reason: "credentials_malformed", detail: describeSource(source) };
}
