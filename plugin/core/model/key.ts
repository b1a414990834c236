import type { Validity } from "./decision.ts";
import type { CompiledIssuer } from "./policy.ts";
import { fail, type Result } from "./result.ts";
import type { JoseHeader } from "./token.ts";

/**
 * A key that verifies signatures only with the key's own algorithm. The token cannot choose the algorithm (RFC 8725
 * section 3.1).
 */
export interface VerificationKey {
  /** The `iss` of the tokens that this key may verify, or the template of such an `iss`. */
  readonly issuer: string;
  readonly kid: string | undefined;
  /**
   * For an issuer with many tenants: the only `iss` whose tokens the key may verify. If undefined, the key may verify the tokens of
   * all tenants.
   */
  readonly onlyFor?: string | undefined;
  /** The largest number of keys that `verify` tries if the token names no key; undefined if there is only one key. */
  readonly candidates?: number;
  /** JOSE name, such as `RS256`. */
  readonly algorithm: string;
  /**
   * Checks the signature.
   *
   * @param client the address of the client that sent the token. Capacity for slow checks is divided among clients.
   */
  verify(signingInput: Uint8Array, signature: Uint8Array, client?: string): SignatureCheck | Promise<SignatureCheck>;
}

/** `overloaded`: the plugin did not check the signature, because too many signatures already wait to be checked. */
export type SignatureCheck = Result<undefined, "invalid" | "overloaded">;

export const SIGNATURE_INVALID: SignatureCheck = fail("invalid");
export const CHECK_OVERLOADED: SignatureCheck = fail("overloaded");

/**
 * `unknown`: the issuer has no key that fits the token. `conflict`: `kid` and the thumbprints in the token name
 * different keys. `too_many`: the token names no key, and more keys fit than the plugin may try. `unavailable`: keys of
 * the issuer are missing, so it is unknown whether the issuer has the key. `overloaded`: too many other requests
 * already wait for keys.
 */
export type MissingKey =
  | { readonly because: "unknown" | "conflict" | "overloaded" }
  | { readonly because: "too_many"; readonly count: number; readonly limit: number }
  | { readonly because: "unavailable"; readonly retryAfterSeconds: number };

export type KeyLookup = Result<VerificationKey, MissingKey>;

/**
 * Finds keys for the pipeline. A key source never throws. If the source has the key, the source answers without
 * waiting.
 */
export interface KeySource {
  find(issuer: CompiledIssuer, joseHeader: JoseHeader): KeyLookup | Promise<KeyLookup>;
  /**
   * The span of time in which the issuer's keys stay usable, unless a fetch replaces them. If the method is absent or returns
   * undefined, decisions with these keys are not reused.
   */
  validity?(issuer: CompiledIssuer): Validity | undefined;
  /** Describes the issuer's keys for the operator's log, after `find` has failed. The description must cost little. */
  describe?(issuer: CompiledIssuer): KeyOverview;
}

/** Describes the keys of an issuer for the operator, without key material. */
export interface KeyOverview {
  readonly keys: readonly Pick<VerificationKey, "kid" | "algorithm">[];
  /** The reasons why the issuer's other keys are not used. */
  readonly notUsed: readonly string[];
  /** Why the last attempts to load keys failed. */
  readonly failures: readonly string[];
}
