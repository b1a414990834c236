import type { PolicyDocument } from "../../../schema/generated/policy-document.ts";
import type { CompiledIdentity } from "../../core/model/policy.ts";
import { IDENTITY_HEADERS } from "../../core/upstream/identify-caller.ts";
import { compileClaimLocations, compileFirstClaim } from "../language/claim-locations.ts";
import { durationSeconds } from "../language/duration.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import { checkIssuerIds } from "./check-issuer-ids.ts";

type IdentitySource = NonNullable<PolicyDocument["identity"]>;
type ConsumerSource = NonNullable<IdentitySource["consumer"]>;

const MAX_CACHE_SECONDS = 3_600;
const PATH: DocumentPath = ["identity"];

/** Names, in lower case, of the request headers that only the policy sets. The client's values are removed. */
export function listOwnHeaders({ header_mappings: mappings, identity }: PolicyDocument): readonly string[] {
  return [...Object.keys(mappings ?? {}), ...(identity ? IDENTITY_HEADERS : [])];
}

/** Compiles how tokens set Kong's caller, and reports mistakes that the schema cannot find. */
export function compileIdentity(document: PolicyDocument): {
  readonly identity: CompiledIdentity | undefined;
  readonly findings: readonly Finding[];
} {
  const source = document.identity;
  if (!source) {
    return { identity: undefined, findings: [] };
  }
  const { issuers, consumer, credential, groups } = source;
  const findings = [
    ...checkUse(source),
    ...checkIssuers(issuers, document),
    ...checkCache(consumer),
    ...checkMappings(document),
  ];
  const identity = {
    issuers: new Set(issuers ?? Object.keys(document.issuers)),
    consumer: consumer && compileConsumer(consumer),
    credential: credential === undefined ? undefined : compileFirstClaim(credential),
    groups: groups === undefined ? undefined : compileClaimLocations(groups),
  };
  return { identity, findings };
}

function compileConsumer({ claim, by, unknown, cache }: ConsumerSource): CompiledIdentity["consumer"] {
  return {
    claims: compileFirstClaim(claim),
    by,
    refusesUnknown: unknown === "refuse",
    maxAgeSeconds: durationSeconds(cache),
  };
}

function checkUse({ consumer, credential, groups }: IdentitySource): Finding[] {
  const message = `"identity" has no effect: name at least one of "consumer", "credential" and "groups".`;
  return (consumer ?? credential ?? groups) ? [] : [{ code: "identity_invalid", path: PATH, atKey: true, message }];
}

/** If a policy has several issuers, the policy must name the issuers whose tokens may set Kong's caller. */
function checkIssuers(issuers: readonly string[] | undefined, document: PolicyDocument): Finding[] {
  if (issuers) {
    return checkIssuerIds(issuers, document, [...PATH, "issuers"]);
  }
  const message = `The policy has several issuers. Under "identity.issuers", name the issuers whose tokens tell Kong who the caller is.`;
  return Object.keys(document.issuers).length === 1
    ? []
    : [{ code: "identity_invalid", path: PATH, atKey: true, message }];
}

function checkCache(consumer: ConsumerSource | undefined): Finding[] {
  if (!consumer || durationSeconds(consumer.cache) <= MAX_CACHE_SECONDS) {
    return [];
  }
  const message = `${consumer.cache} is more than 1h. After a Consumer is deleted in Kong, the plugin would accept it for up to this time. Write 1h or less.`;
  return [{ code: "duration_invalid", path: [...PATH, "consumer", "cache"], message }];
}

function checkMappings({ header_mappings: mappings }: PolicyDocument): Finding[] {
  const names = Object.keys(mappings ?? {}).filter((name) => IDENTITY_HEADERS.some((own) => own === name));
  return names.map((name) => ({
    code: "mapping_invalid" as const,
    path: ["header_mappings", name],
    atKey: true,
    message: `"identity" sets ${name}; map the claim to another header, or leave "identity" out.`,
  }));
}
