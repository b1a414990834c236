import type { CompiledIssuer } from "./policy.ts";
import { fail, type Result } from "./result.ts";
import type { JoseHeader } from "./token.ts";

/** A key that verifies with its own algorithm only. The token cannot choose the algorithm (RFC 8725 section 3.1). */
export interface VerificationKey {
  /** The `iss` whose tokens it may verify, or its template. */
  readonly issuer: string;
  readonly kid: string | undefined;
  /** For an issuer with many tenants: the only `iss` whose tokens the key may verify. If undefined, it may verify the tokens of all. */
  readonly onlyFor?: string | undefined;
  /** JOSE name, such as `RS256`. */
  readonly algorithm: string;
  /**
   * Checks the signature.
   *
   * @param client the address of the client that sent the token. Capacity for slow checks is divided among clients.
   */
  verify(signingInput: Uint8Array, signature: Uint8Array, client?: string): SignatureCheck | Promise<SignatureCheck>;
}

/** `overloaded`: the signature was not checked, because too many signatures wait for their check. */
export type SignatureCheck = Result<undefined, "invalid" | "overloaded">;

export const SIGNATURE_INVALID: SignatureCheck = fail("invalid");
export const CHECK_OVERLOADED: SignatureCheck = fail("overloaded");

/**
 * `unknown`: the issuer has no such key. `unavailable`: keys of the issuer are missing, so the answer is not known. `overloaded`: too
 * many requests wait for keys already.
 */
export type MissingKey =
  | { readonly because: "unknown" | "overloaded" }
  | { readonly because: "unavailable"; readonly retryAfterSeconds: number };

export type KeyLookup = Result<VerificationKey, MissingKey>;

/** Finds keys for the pipeline. It never throws, and it answers without waiting if the key is known. */
export interface KeySource {
  find(issuer: CompiledIssuer, joseHeader: JoseHeader): KeyLookup | Promise<KeyLookup>;
}
