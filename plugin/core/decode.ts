import { decodeBase64url } from "./base64url.ts";
import type { Denial } from "./denial.ts";
import { type JsonObject, readJsonObject } from "./json.ts";

/** The JOSE header's parameters that are used (RFC 7515 section 4.1). `jku`, `jwk`, `x5u` and `x5c` are never looked at. */
export interface JoseHeader {
  readonly alg: string;
  readonly kid: string | undefined;
  readonly typ: string | undefined;
}

/** A token taken apart. Nothing in it is verified yet. */
export interface DecodedToken {
  readonly joseHeader: JoseHeader;
  readonly unverifiedClaims: JsonObject;
  /** The second segment as it stands. */
  readonly payload: string;
  /** The bytes the signature covers: first two segments and the dot, in ASCII. */
  readonly signingInput: Uint8Array;
  readonly signature: Uint8Array;
}

const ENCRYPTED_SEGMENTS = 5;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ascii = new TextEncoder();

/** Takes a compact JWS apart, strictly: two readers of what passes can not come to different results. */
export function decodeToken(token: string): DecodedToken | Denial {
  const segments = token.split(".", ENCRYPTED_SEGMENTS + 1);
  if (segments.length === ENCRYPTED_SEGMENTS) {
    return { reason: "token_encrypted" };
  }
  const [headerText, payloadText, signatureText] = segments;
  if (segments.length !== 3 || !headerText || !payloadText || !signatureText) {
    return { reason: "token_malformed", detail: "not three non-empty segments" };
  }
  const header = readObjectSegment(headerText);
  if ("refused" in header) {
    return { reason: "token_malformed", detail: `header: ${header.refused}` };
  }
  const joseHeader = readJoseHeader(header.object);
  if ("reason" in joseHeader) {
    return joseHeader;
  }
  const payload = readObjectSegment(payloadText);
  if ("refused" in payload) {
    return { reason: "token_malformed", detail: `payload: ${payload.refused}` };
  }
  const signature = decodeBase64url(signatureText);
  if (!signature) {
    return { reason: "token_malformed", detail: "signature: not canonical base64url" };
  }
  return {
    joseHeader,
    unverifiedClaims: payload.object,
    payload: payloadText,
    signingInput: ascii.encode(token.slice(0, headerText.length + 1 + payloadText.length)),
    signature,
  };
}

function readObjectSegment(segment: string): { readonly object: JsonObject } | { readonly refused: string } {
  const bytes = decodeBase64url(segment);
  if (!bytes) {
    return { refused: "not canonical base64url" };
  }
  try {
    return readJsonObject(utf8.decode(bytes));
  } catch {
    return { refused: "not UTF-8" };
  }
}

function readJoseHeader(header: JsonObject): JoseHeader | Denial {
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
