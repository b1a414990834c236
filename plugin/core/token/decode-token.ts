import { type WantedMembers, wantMembers } from "../json/check-json.ts";
import { type JsonObject, type JsonTexts, readJsonObject, readJsonTexts } from "../json/json.ts";
import { type Denial, deny } from "../model/denial.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { DecodedJws, DecodedToken, JoseHeader } from "../model/token.ts";
import { decodeBase64url, encodeBase64url } from "../text/base64url.ts";
import { decodeUtf8 } from "../text/decode.ts";

const ENCRYPTED_SEGMENTS = 5;
/**
 * The code splits a text into at most this many segments: one segment more than any token has. So a text of a thousand
 * dots costs little.
 */
const MAX_SPLIT = ENCRYPTED_SEGMENTS + 1;
const ascii = new TextEncoder();
const HEADER_MEMBERS = wantMembers("alg", "kid", "x5t", "x5t#S256", "typ", "crit", "b64", "enc");
const CLAIMS_TO_CHOOSE_KEYS = wantMembers("iss");
const NOT_CANONICAL = "not canonical base64url";

/**
 * Maps the first segment of a token to the JOSE header that the plugin read from this segment. All tokens of one key
 * usually have the same header, so most headers need not be read again. When the map is full, the code empties it.
 */
const knownHeaders = new Map<string, JoseHeader>();
const MAX_KNOWN_HEADERS = 64;
const MAX_KNOWN_LENGTH = 512;

/** Decodes a token strictly, so that no two parsers can read an accepted token differently. */
export function decodeToken(token: string): Result<DecodedToken, Denial> {
  const jws = decodeJws(token);
  if (!jws.ok) {
    return jws;
  }
  const claims = readMembers(jws.value.payload, CLAIMS_TO_CHOOSE_KEYS);
  return claims.ok ? succeed(new Decoded(jws.value, claims.value)) : malformed("payload", claims.failure);
}

/**
 * A decoded JWS. The code makes the signed bytes at their first use. Most hostile tokens never need them, because the
 * plugin refuses these tokens earlier. This is a class, because creating an object with a getter takes a microsecond.
 */
class Jws implements DecodedJws {
  readonly joseHeader: JoseHeader;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly signedText: string;
  #signingInput: Uint8Array | undefined;

  constructor(joseHeader: JoseHeader, payload: Uint8Array, signature: Uint8Array, signedText: string) {
    this.joseHeader = joseHeader;
    this.payload = payload;
    this.signature = signature;
    this.signedText = signedText;
  }

  get signingInput(): Uint8Array {
    this.#signingInput ??= ascii.encode(this.signedText);
    return this.#signingInput;
  }
}

/** A decoded token that reads the claims only when they are used. */
class Decoded extends Jws implements DecodedToken {
  readonly unverifiedIssuer: DecodedToken["unverifiedIssuer"];
  readonly #claimsText: string;
  #claims: JsonObject | undefined;

  constructor({ joseHeader, payload, signature, signedText }: Jws, claims: ReadMembers) {
    super(joseHeader, payload, signature, signedText);
    this.unverifiedIssuer = { iss: claims.members.iss };
    this.#claimsText = claims.text;
  }

  get unverifiedClaims(): JsonObject {
    this.#claims ??= readCheckedClaims(this.#claimsText);
    return this.#claims;
  }
}

function readCheckedClaims(text: string): JsonObject {
  const claims = readJsonObject(text);
  if (!claims.ok) {
    throw new Error(`the claims were well-formed when the token was decoded, but are refused now: ${claims.failure}`);
  }
  return claims.value;
}

/** Decodes a compact JWS with any payload (RFC 7515 section 5.2), as strictly as a token. */
export function decodeJws(token: string): Result<Jws, Denial> {
  const headerEnd = token.indexOf(".");
  const payloadEnd = token.indexOf(".", headerEnd + 1);
  const hasEnds = headerEnd > 0 && payloadEnd < token.length - 1;
  // If the token has only one dot, payloadEnd is -1, and this search finds that dot.
  if (!hasEnds || token.includes(".", payloadEnd + 1)) {
    return refuseSegments(token);
  }
  const joseHeader = readHeader(token.slice(0, headerEnd));
  if (!joseHeader.ok) {
    return joseHeader;
  }
  const payload = decodeBase64url(token.slice(headerEnd + 1, payloadEnd));
  const signature = payload && decodeBase64url(token.slice(payloadEnd + 1));
  if (!payload || !signature) {
    return malformed(payload ? "signature" : "payload", NOT_CANONICAL);
  }
  return succeed(new Jws(joseHeader.value, payload, signature, token.slice(0, payloadEnd)));
}

/** Refuses a text that does not have exactly three segments, or whose first or last segment is empty. */
function refuseSegments(token: string): Result<never, Denial> {
  const segments = token.split(".", MAX_SPLIT);
  return segments.length === ENCRYPTED_SEGMENTS
    ? deny({ reason: "token_encrypted", detail: "it has 5 segments, as a JWE has" })
    : deny({ reason: "token_malformed", detail: describeSegments(token, segments) });
}

/** A JSON object as text, and the members that are wanted. */
interface ReadMembers {
  readonly text: string;
  readonly members: JsonTexts;
}

function readMembers(bytes: Uint8Array, wanted: WantedMembers): Result<ReadMembers, string> {
  const text = decodeUtf8(bytes);
  if (text === undefined) {
    return fail("not UTF-8");
  }
  const read = readJsonTexts(text, wanted);
  return read.ok ? succeed({ text, members: read.value }) : read;
}

function readHeader(segment: string): Result<JoseHeader, Denial> {
  // A look-up hashes the whole segment. For a long segment, the hash would cost more than the look-up saves.
  const mayBeKnown = segment.length <= MAX_KNOWN_LENGTH;
  const known = mayBeKnown ? knownHeaders.get(segment) : undefined;
  if (known) {
    return succeed(known);
  }
  const bytes = decodeBase64url(segment);
  if (!bytes) {
    return malformed("header", NOT_CANONICAL);
  }
  const read = readMembers(bytes, HEADER_MEMBERS);
  if (!read.ok) {
    return malformed("header", read.failure);
  }
  const header = readJoseHeader(read.value.members);
  if (header.ok && mayBeKnown) {
    if (knownHeaders.size >= MAX_KNOWN_HEADERS) {
      knownHeaders.clear();
    }
    // The map's key is a new string, because the segment is a part of the token and would keep the whole token in
    // memory.
    knownHeaders.set(encodeBase64url(bytes), header.value);
  }
  return header;
}

function readJoseHeader(header: JsonTexts): Result<JoseHeader, Denial> {
  const { alg, kid, x5t, "x5t#S256": x5tS256, typ } = header;
  if ("crit" in header || "b64" in header) {
    const names = ["crit", "b64"].filter((name) => name in header);
    return deny({ reason: "critical_header_unsupported", detail: `the header has ${names.join(" and ")}` });
  }
  if ("enc" in header) {
    return deny({ reason: "token_encrypted", detail: "the header has enc" });
  }
  if (typeof alg !== "string") {
    return malformed("header", alg === undefined ? "alg is missing" : "alg is not a string");
  }
  if (kid !== undefined && typeof kid !== "string") {
    return malformed("header", "kid is not a string");
  }
  if (x5t !== undefined && typeof x5t !== "string") {
    return malformed("header", "x5t is not a string");
  }
  if (x5tS256 !== undefined && typeof x5tS256 !== "string") {
    return malformed("header", "x5t#S256 is not a string");
  }
  if (typ !== undefined && typeof typ !== "string") {
    return malformed("header", "typ is not a string");
  }
  return succeed({ alg, kid, x5t, x5tS256, typ });
}

function malformed(part: "header" | "payload" | "signature", why: string): Result<never, Denial> {
  return deny({ reason: "token_malformed", detail: `${part}: ${why}` });
}

/** Says what the text may be instead of a JWS. The result shows no content of the text. */
function describeSegments({ length }: string, segments: readonly string[]): string {
  const count = segments.length === MAX_SPLIT ? "more than 5" : String(segments.length);
  const hint = segments.length === 1 ? ", as an opaque token has" : "";
  const empty = segments.length === 3 ? ", and the header or the signature is empty" : "";
  return `not three non-empty segments: ${length} characters in ${count}${hint}${empty}`;
}
