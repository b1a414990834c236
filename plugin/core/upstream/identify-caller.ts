import { describeClaim, describeLocations } from "../detail/describe-claim.ts";
import type { JsonObject } from "../json/json.ts";
import type { CallerIdentity, CallerSource, Consumer } from "../model/caller.ts";
import { type ClaimReference, findFirst, type NameLocation, nameClaims, readNames } from "../model/claim-reference.ts";
import { type Denial, deny } from "../model/denial.ts";
import type { CompiledIdentity } from "../model/policy.ts";
import { fail, PASSED, type Result, succeed } from "../model/result.ts";

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

// Matches visible ASCII, with spaces only between other characters. Different identifiers of this form stay different
// in headers, logs and counters.
const IDENTIFIER = /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/;
// The names of groups have no commas, because Kong's acl plugin joins groups with commas for the upstream.
const GROUP = /^[\x21-\x2b\x2d-\x7e](?:[\x20-\x2b\x2d-\x7e]{0,254}[\x21-\x2b\x2d-\x7e])?$/;
// Kong throws an error for an id of any other form.
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Maps a verified token to the caller's identity for Kong. The result has no identity if the policy sets no identity
 * from this issuer's tokens.
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
  const credential = identity.credential && readIdentifier(claims, identity.credential);
  if (credential && !credential.ok) {
    return deny({ reason: "identity_claim_invalid", detail: credential.failure });
  }
  const groups = identity.groups && readGroups(claims, identity.groups);
  if (identity.groups && !groups) {
    const names = nameClaims(identity.groups.map(({ claim }) => claim));
    const detail = `claim ${names} is not a list of strings of 1 to 256 visible characters, without commas: ${describeLocations(claims, identity.groups)}`;
    return deny({ reason: "identity_claim_invalid", detail });
  }
  const found = identity.consumer ? await findConsumer(identity.consumer, claims, callers) : PASSED;
  if (!found.ok) {
    return found;
  }
  const consumer = found.value;
  // Kong's own plugins treat a Consumer without a credential as anonymous. So the Consumer's id serves as the
  // credential's id.
  return succeed({ consumer, credentialId: credential?.value.text ?? consumer?.id, groups });
}

async function findConsumer(
  { claims: references, by, refusesUnknown, maxAgeSeconds }: NonNullable<CompiledIdentity["consumer"]>,
  claims: JsonObject,
  callers: CallerSource,
): Promise<Result<Consumer | undefined, Denial>> {
  const unknown = (detail: string): Result<undefined, Denial> =>
    refusesUnknown ? deny({ reason: "consumer_unknown", detail }) : PASSED;
  const identifier = readIdentifier(claims, references);
  if (!identifier.ok) {
    return unknown(identifier.failure);
  }
  const { claim, text: value } = identifier.value;
  if (by === "id" && !UUID.test(value)) {
    return unknown(`claim "${claim.text}" is not a UUID in lower case: ${describeClaim(claims, claim)}`);
  }
  const consumer = await callers.findConsumer({ by, value, maxAgeSeconds });
  // Kong searches by id first, even for a look-up by name. So Kong may return a Consumer with another name, and the
  // code checks the name after the look-up.
  return consumer?.id && consumer[by] === value
    ? succeed(consumer)
    : unknown(`Kong has no Consumer with the ${by} in claim "${claim.text}": ${describeClaim(claims, claim)}`);
}

interface Identifier {
  /** The claim that names the caller. */
  readonly claim: ClaimReference;
  readonly text: string;
}

/**
 * Reads the first listed claim that is present in the token. If the value of this claim cannot be used, the function
 * tries no other claim.
 */
function readIdentifier(claims: JsonObject, references: readonly ClaimReference[]): Result<Identifier, string> {
  const first = findFirst(claims, references);
  if (!first) {
    const missing =
      references.length === 1 ? `no claim ${nameClaims(references)}` : `none of ${nameClaims(references)}`;
    return fail(`the token has ${missing}`);
  }
  const { claim, value } = first;
  return typeof value === "string" && IDENTIFIER.test(value)
    ? succeed({ claim, text: value })
    : fail(`claim "${claim.text}" is not a string of 1 to 256 visible characters: ${describeClaim(claims, claim)}`);
}

/**
 * Returns the groups from all claims. The list is empty if all claims are absent or null. Returns undefined if a claim
 * cannot be read.
 */
function readGroups(claims: JsonObject, locations: readonly NameLocation[]): readonly string[] | undefined {
  const names = readNames(claims, locations);
  return names && [...names].every((name) => GROUP.test(name)) ? [...names] : undefined;
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
