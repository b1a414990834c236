import type { JsonObject } from "../json/json.ts";
import type { TokenSource } from "./policy.ts";

/**
 * The JOSE header parameters that the plugin uses (RFC 7515 section 4.1). The plugin never reads `jku`, `jwk`, `x5u`
 * and `x5c`.
 */
export interface JoseHeader {
  readonly alg: string;
  readonly kid: string | undefined;
  /** SHA-1 thumbprint of the key's certificate. The thumbprint helps to find the key, but proves nothing. */
  readonly x5t: string | undefined;
  /** `x5t#S256`: the SHA-256 thumbprint of the key's certificate. */
  readonly x5tS256: string | undefined;
  readonly typ: string | undefined;
}

/** The parts of a compact JWS with any payload, all still unverified. */
export interface DecodedJws {
  readonly joseHeader: JoseHeader;
  /** The payload as bytes, because a signed payload need not be claims, or even text. */
  readonly payload: Uint8Array;
  /** The bytes that the signature covers: the first two segments and the dot, in ASCII. */
  readonly signingInput: Uint8Array;
  readonly signature: Uint8Array;
}

/** The parts of a token: a JWS whose payload is a claims set (RFC 7519 section 7.2). All parts are still unverified. */
export interface DecodedToken extends DecodedJws {
  /** The claim `iss`, which selects the keys. */
  readonly unverifiedIssuer: UnverifiedIssuer;
  /**
   * The claims are parsed when code first reads them, because the claims of a token without a valid signature are never
   * used.
   */
  readonly unverifiedClaims: JsonObject;
}

export interface UnverifiedIssuer {
  readonly iss?: unknown;
}

/** A string that the client sent in a token source. The plugin has not yet checked the content of the string. */
export interface Credential {
  readonly source: TokenSource;
  readonly text: string;
}

/** The one token of a request, and where it was found. */
export interface SentToken {
  readonly token: string;
  readonly credential: Credential;
}

/** A token with a valid signature and valid claims. */
export interface VerifiedToken {
  readonly claims: JsonObject;
  /** The signed bytes of the claims. */
  readonly payload: Uint8Array;
}

/** Valid tokens that the plugin refuses for a limited time, because they seem to be stolen. */
export interface TokenRefusals {
  /**
   * @param signed the signed text of the token. A signature does not identify a token, because anyone can change an ECDSA signature into
   *   a second valid one.
   */
  isRefused(signed: Uint8Array): boolean;
}

export const NO_REFUSALS: TokenRefusals = { isRefused: () => false };
