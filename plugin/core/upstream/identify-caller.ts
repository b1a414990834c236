import type { JsonObject, JsonValue } from "../json/json.ts";
import type { CallerIdentity, CallerSource, Consumer } from "../model/caller.ts";
import { type ClaimReference, readClaim } from "../model/claim-reference.ts";
import { type Denial, deny } from "../model/denial.ts";
import type { CompiledIdentity } from "../model/policy.ts";
import { PASSED, type Result, succeed } from "../model/result.ts";

/** Request headers in which Kong's plugins send the caller's identity to upstreams. */
export const IDENTITY_HEADERS = [
  "x-consumer-id",
  "x-consumer-username",
  "x-consumer-custom-id",
  "x-credential-identifier",
  "x-anonymous-consumer",
  "x-consumer-groups",
  "x-authenticated-groups",
] as const;

// Visible ASCII with inner spaces, so that headers, logs and counters keep two identifiers distinct.
const IDENTIFIER = /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/;
// No commas: Kong's acl plugin joins groups with commas for the upstream.
const GROUP = /^[\x21-\x2b\x2d-\x7e](?:[\x20-\x2b\x2d-\x7e]{0,254}[\x21-\x2b\x2d-\x7e])?$/;
// Kong throws an error for an id of any other form.
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Maps a verified token to the caller's identity for Kong. There is no identity if the policy has no such mapping for this issuer's tokens.
 *
 * @param issuerId id of the token's issuer.
 */
export async function identify(
  identity: CompiledIdentity | undefined,
  claims: JsonObject,
  issuerId: string,
  callers: CallerSource,
): Promise<Result<CallerIdentity | undefined, Denial>> {
  if (!identity) {
    return PASSED;
  }
  if (!identity.issuers.has(issuerId)) {
    const detail = `"identity" is not for tokens of issuer "${issuerId}"`;
    return identity.consumer?.refusesUnknown ? deny({ reason: "consumer_unknown", detail }) : PASSED;
  }
  const credentialId = identity.credential && readIdentifier(claims, identity.credential);
  if (identity.credential && credentialId === undefined) {
    return denyClaim(identity.credential, "a text of 1 to 256 visible characters");
  }
  const groups = identity.groups && readGroups(readClaim(claims, identity.groups));
  if (identity.groups && !groups) {
    return denyClaim(identity.groups, "a list of texts of 1 to 256 visible characters, without commas");
  }
  const found = identity.consumer ? await findConsumer(identity.consumer, claims, callers) : PASSED;
  if (!found.ok) {
    return found;
  }
  const consumer = found.value;
  // Kong's own plugins treat a Consumer without a credential as anonymous.
  return succeed({ consumer, credentialId: credentialId ?? consumer?.id, groups });
}

function denyClaim(claim: ClaimReference, expected: string): Result<never, Denial> {
  return deny({ reason: "identity_claim_invalid", detail: `claim "${claim.text}" is not ${expected}` });
}

async function findConsumer(
  { claim, by, refusesUnknown, maxAgeSeconds }: NonNullable<CompiledIdentity["consumer"]>,
  claims: JsonObject,
  callers: CallerSource,
): Promise<Result<Consumer | undefined, Denial>> {
  const unknown = (detail: string): Result<undefined, Denial> =>
    refusesUnknown ? deny({ reason: "consumer_unknown", detail }) : PASSED;
  const value = readIdentifier(claims, claim);
  if (value === undefined) {
    return unknown(`claim "${claim.text}" is not a text of 1 to 256 visible characters`);
  }
  if (by === "id" && !UUID.test(value)) {
    return unknown(`claim "${claim.text}" is not a UUID in lower case`);
  }
  const consumer = await callers.findConsumer({ by, value, maxAgeSeconds });
  // The name is checked here and not by the CallerSource, because Kong searches by id first, even when it is asked for a name.
  return consumer?.id && consumer[by] === value
    ? succeed(consumer)
    : unknown(`Kong has no Consumer with the ${by} in claim "${claim.text}"`);
}

function readIdentifier(claims: JsonObject, claim: ClaimReference): string | undefined {
  const value = readClaim(claims, claim);
  return typeof value === "string" && IDENTIFIER.test(value) ? value : undefined;
}

/** The groups in a claim: an empty list if the claim is absent or null, undefined if it cannot be read. */
function readGroups(value: JsonValue | undefined): readonly string[] | undefined {
  const list = value === undefined || value === null ? [] : [value].flat();
  return list.every((item): item is string => typeof item === "string" && GROUP.test(item)) ? list : undefined;
}

/** The request headers that Kong's own authentication plugins set for this caller. */
export function writeIdentityHeaders({
  consumer,
  credentialId,
}: Pick<CallerIdentity, "consumer" | "credentialId">): Readonly<Record<string, string>> {
  const headers: readonly (readonly [(typeof IDENTITY_HEADERS)[number], string | undefined])[] = [
    ["x-consumer-id", consumer?.id],
    ["x-consumer-username", consumer?.username],
    ["x-consumer-custom-id", consumer?.customId],
    ["x-credential-identifier", credentialId],
  ];
  return Object.fromEntries(headers.flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
