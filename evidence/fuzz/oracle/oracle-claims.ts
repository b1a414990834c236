import type { Json, JsonMembers } from "../../../test/core/json/slow-json.ts";
import { readPlace, saysSomething } from "../claim-place.ts";
import type { IssuerData, PolicyData } from "../seeds/worlds.ts";
import { seconds } from "./oracle-authorize.ts";

/** The headers that the upstream gets. The list is empty for a header that is removed. */
export type HeadersWanted = Readonly<Record<string, string | readonly []>>;

const LAST_SECOND = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;

/** Whether header and claims meet the issuer's entry at `now`, in seconds. */
export function areClaimsGood(issuer: IssuerData, header: JsonMembers, claims: JsonMembers, now: number): boolean {
  const { token_type = "at+jwt" } = issuer;
  const plainType = (typ: string): string => typ.toLowerCase().replace(/^application\//, "");
  const isTyped = token_type === "any" || plainType(String(header.typ)) === plainType(token_type);
  const isThere = (place: string): boolean => saysSomething(readPlace(claims, place));
  const isComplete = (issuer.required_claims ?? []).every(isThere) && !Object.hasOwn(claims, "cnf");
  // `iss` must name the same tenant as the claim.
  const [before = "", behind = ""] = issuer.tenants ? issuer.issuer.split("{tenant}") : [];
  const isAtHome = !issuer.tenants || (typeof claims.tid === "string" && before + claims.tid + behind === claims.iss);
  const isAccessToken = plainType(String(header.typ)) === "at+jwt";
  return isTyped && isComplete && isAtHome && isWellFormed(claims, isAccessToken) && isTimely(issuer, claims, now);
}

/**
 * Registered claims have the types that the RFCs require. There are types for all tokens, and types for access tokens
 * (RFC 9068).
 */
function isWellFormed(claims: JsonMembers, isAccessToken: boolean): boolean {
  const isText = (value: unknown): boolean => typeof value === "string";
  const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
  const isMap = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
  const all = (names: string, is: (value: unknown) => boolean): boolean =>
    names.split(" ").every((name) => !Object.hasOwn(claims, name) || is(claims[name]));
  return (
    all("iss sub jti client_id azp nonce sid", isText) &&
    all("aud scope", (value) => isText(value) || areTexts(value)) &&
    all("act may_act", isMap) &&
    (!isAccessToken ||
      (all("acr", isText) && all("amr", areTexts) && all("auth_time", (time) => typeof time === "number" && time >= 0)))
  );
}

function isTimely(issuer: IssuerData, claims: JsonMembers, now: number): boolean {
  const { exp, nbf = 0, iat = 0 } = claims;
  const skew = seconds(issuer.clock_skew ?? "30s");
  if (![exp, nbf, iat].every((time) => typeof time === "number" && time >= 0 && time <= LAST_SECOND)) {
    return false;
  }
  const [end, start, issued] = [exp, nbf, iat].map(Number) as [number, number, number];
  const { max_token_age: age, max_token_lifetime: lifetime } = issuer;
  const isDated = Object.hasOwn(claims, "iat") || (age === undefined && lifetime === undefined);
  const isYoung = age === undefined || now - skew < issued + seconds(age);
  const isShort = lifetime === undefined || end - issued <= seconds(lifetime);
  return (
    now - skew < end && now + skew >= start && now + skew >= issued && issued <= end && isDated && isYoung && isShort
  );
}

/**
 * The identity headers that result from these claims, each in all spellings; undefined if a value cannot be a header.
 */
export function expectHeaders(data: PolicyData, claims: JsonMembers): HeadersWanted | undefined {
  const headers: Record<string, string | readonly []> = {};
  for (const [name, place] of Object.entries(data.header_mappings)) {
    const dashes = [...name].filter((letter) => letter === "-").length;
    for (let choice = 0; choice < 2 ** dashes; choice += 1) {
      let dash = 0;
      headers[name.replaceAll("-", () => ((choice >> dash++) & 1 ? "_" : "-"))] = [];
    }
    const value = readPlace(claims, place) ?? "";
    if (value === "" || (Array.isArray(value) && value.length === 0)) {
      continue;
    }
    const text = headerText(value);
    if (text === undefined) {
      return undefined;
    }
    headers[name] = text;
  }
  return headers;
}

function headerText(value: Json): string | undefined {
  const isPlain = (part: unknown): boolean =>
    typeof part === "string" && part.length > 0 && part === part.trim() && [...part].every((c) => c >= " " && c <= "~");
  const isList = Array.isArray(value) && value.every((part) => isPlain(part) && !part.includes(","));
  const isScalar = typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value);
  const text = isList || isScalar ? String(value) : ""; // A list is joined by commas.
  return isPlain(text) && text.length <= 4096 ? text : undefined;
}
