import type { Denial } from "../model/denial.ts";
import type { DecodedJws, DecodedToken, JoseHeader } from "../model/token.ts";
import { decodeBase64url } from "../text/base64url.ts";
import { type WantedMembers, wantMembers } from "../text/check-json.ts";
import { type JsonObject, type JsonTexts, readJsonObject, readJsonTexts } from "../text/json.ts";

const ENCRYPTED_SEGMENTS = 5;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ascii = new TextEncoder();
const HEADER_MEMBERS = wantMembers("alg", "kid", "typ", "crit", "b64", "enc");
const CLAIMS_TO_CHOOSE_KEYS = wantMembers("iss");
const NOT_CANONICAL = { refused: "not canonical base64url" } as const;

/** Decodes a token strictly, so that no two parsers can read an accepted token differently. */
export function decodeToken(token: string): DecodedToken | Denial {
  const jws = decodeJws(token);
  if ("reason" in jws) {
    return jws;
  }
  const claims = readMembers(jws.payload, CLAIMS_TO_CHOOSE_KEYS);
  if ("refused" in claims) {
    return { reason: "token_malformed", detail: `payload: ${claims.refused}` };
  }
  return withClaims(jws, claims.object);
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
  if ("refused" in read) {
    throw new Error(`claims that were well-formed are refused: ${read.refused}`);
  }
  return read.object;
}

/** Decodes a compact JWS (RFC 7515 section 5.2) as strictly, with any payload. */
export function decodeJws(token: string): DecodedJws | Denial {
  const segments = token.split(".", ENCRYPTED_SEGMENTS + 1);
  if (segments.length === ENCRYPTED_SEGMENTS) {
    return { reason: "token_encrypted" };
  }
  const [headerText, payloadText = "", signatureText] = segments;
  if (segments.length !== 3 || !headerText || !signatureText) {
    return { reason: "token_malformed", detail: "not three non-empty segments" };
  }
  const headerBytes = decodeBase64url(headerText);
  const header = headerBytes ? readMembers(headerBytes, HEADER_MEMBERS) : NOT_CANONICAL;
  if ("refused" in header) {
    return { reason: "token_malformed", detail: `header: ${header.refused}` };
  }
  const joseHeader = readJoseHeader(header.object);
  if ("reason" in joseHeader) {
    return joseHeader;
  }
  const payload = decodeBase64url(payloadText);
  const signature = decodeBase64url(signatureText);
  if (!payload || !signature) {
    return { reason: "token_malformed", detail: `${payload ? "signature" : "payload"}: ${NOT_CANONICAL.refused}` };
  }
  const signingInput = ascii.encode(token.slice(0, headerText.length + 1 + payloadText.length));
  return { joseHeader, payload, signingInput, signature };
}

function readMembers(bytes: Uint8Array, wanted: WantedMembers): ReturnType<typeof readJsonTexts> {
  try {
    return readJsonTexts(utf8.decode(bytes), wanted);
  } catch {
    return { refused: "not UTF-8" };
  }
}

function readJoseHeader(header: JsonTexts): JoseHeader | Denial {
  const { alg, kid, typ } = header;
  if ("crit" in header || "b64" in header) {
    return { reason: "critical_header_unsupported" };
  }
  if ("enc" in header) {
    return { reason: "token_encrypted" };
  }
  if (typeof alg !== "string") {
    return { reason: "token_malformed", detail: "header: alg is not a string" };
  }
  if (kid !== undefined && typeof kid !== "string") {
    return { reason: "token_malformed", detail: "header: kid is not a string" };
  }
  if (typ !== undefined && typeof typ !== "string") {
    return { reason: "token_malformed", detail: "header: typ is not a string" };
  }
  return { alg, kid, typ };
}
