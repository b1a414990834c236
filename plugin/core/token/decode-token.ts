import { type WantedMembers, wantMembers } from "../json/check-json.ts";
import { type JsonObject, type JsonTexts, readJsonObject, readJsonTexts } from "../json/json.ts";
import { type Denial, deny } from "../model/denial.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { DecodedJws, DecodedToken, JoseHeader } from "../model/token.ts";
import { decodeBase64url } from "../text/base64url.ts";

const ENCRYPTED_SEGMENTS = 5;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ascii = new TextEncoder();
const HEADER_MEMBERS = wantMembers("alg", "kid", "typ", "crit", "b64", "enc");
const CLAIMS_TO_CHOOSE_KEYS = wantMembers("iss");
const NOT_CANONICAL = "not canonical base64url";

/** Decodes a token strictly, so that no two parsers can read an accepted token differently. */
export function decodeToken(token: string): Result<DecodedToken, Denial> {
  const jws = decodeJws(token);
  if (!jws.ok) {
    return jws;
  }
  const claims = readMembers(jws.value.payload, CLAIMS_TO_CHOOSE_KEYS);
  return claims.ok ? succeed(withClaims(jws.value, claims.value)) : malformed("payload", claims.failure);
}

function withClaims(jws: DecodedJws, { iss }: JsonTexts): DecodedToken {
  let claims: JsonObject | undefined;
  return {
    ...jws,
    unverifiedIssuer: { iss },
    get unverifiedClaims() {
      claims ??= readCheckedClaims(jws.payload);
      return claims;
    },
  };
}

function readCheckedClaims(payload: Uint8Array): JsonObject {
  const read = readJsonObject(utf8.decode(payload));
  if (!read.ok) {
    throw new Error(`claims that were well-formed are refused: ${read.failure}`);
  }
  return read.value;
}

/** Decodes a compact JWS with any payload (RFC 7515 section 5.2), just as strictly. */
export function decodeJws(token: string): Result<DecodedJws, Denial> {
  const segments = token.split(".", ENCRYPTED_SEGMENTS + 1);
  if (segments.length === ENCRYPTED_SEGMENTS) {
    return deny({ reason: "token_encrypted" });
  }
  const [headerText, payloadText = "", signatureText] = segments;
  if (segments.length !== 3 || !headerText || !signatureText) {
    return deny({ reason: "token_malformed", detail: "not three non-empty segments" });
  }
  const headerBytes = decodeBase64url(headerText);
  const header = headerBytes ? readMembers(headerBytes, HEADER_MEMBERS) : fail(NOT_CANONICAL);
  if (!header.ok) {
    return malformed("header", header.failure);
  }
  const joseHeader = readJoseHeader(header.value);
  if (!joseHeader.ok) {
    return joseHeader;
  }
  const payload = decodeBase64url(payloadText);
  const signature = decodeBase64url(signatureText);
  if (!payload || !signature) {
    return malformed(payload ? "signature" : "payload", NOT_CANONICAL);
  }
  const signingInput = ascii.encode(token.slice(0, headerText.length + 1 + payloadText.length));
  return succeed({ joseHeader: joseHeader.value, payload, signingInput, signature });
}

function readMembers(bytes: Uint8Array, wanted: WantedMembers): ReturnType<typeof readJsonTexts> {
  try {
    return readJsonTexts(utf8.decode(bytes), wanted);
  } catch {
    return fail("not UTF-8");
  }
}

function readJoseHeader(header: JsonTexts): Result<JoseHeader, Denial> {
  const { alg, kid, typ } = header;
  if ("crit" in header || "b64" in header) {
    return deny({ reason: "critical_header_unsupported" });
  }
  if ("enc" in header) {
    return deny({ reason: "token_encrypted" });
  }
  if (typeof alg !== "string") {
    return malformed("header", "alg is not a string");
  }
  if (kid !== undefined && typeof kid !== "string") {
    return malformed("header", "kid is not a string");
  }
  if (typ !== undefined && typeof typ !== "string") {
    return malformed("header", "typ is not a string");
  }
  return succeed({ alg, kid, typ });
}

function malformed(part: "header" | "payload" | "signature", why: string): Result<never, Denial> {
  return deny({ reason: "token_malformed", detail: `${part}: ${why}` });
}
