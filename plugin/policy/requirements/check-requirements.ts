import type { PolicyDocument } from "../../../schema/generated/policy-document.ts";
import type { Requirements } from "../../core/model/policy.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import { checkIssuerIds } from "./check-issuer-ids.ts";
import { type PlacedSource, REQUIREMENT_KEYS, type RequirementSource } from "./settle-requirements.ts";

const NEEDLESS_WHEN_PUBLIC = [
  "allow_http",
  "cors_preflight",
  "other_authentication",
  "accept",
  "audiences",
  ...REQUIREMENT_KEYS,
  "any_of",
] as const;

/**
 * Reports requirements of a rule that checks no token, because these requirements have no effect.
 *
 * @param isPublic whether access is public, either set here or inherited.
 */
export function checkNeeded(source: RequirementSource, isPublic: boolean, path: DocumentPath): Finding[] {
  const needless = NEEDLESS_WHEN_PUBLIC.find((key) => source[key] !== undefined);
  if (!isPublic || needless === undefined) {
    return [];
  }
  const message = `"access: public" needs no token, so "${needless}" has no effect; remove one of the two keys.`;
  return [{ code: "requirement_contradiction", path: [...path, needless], atKey: true, message }];
}

/**
 * Reports mistakes in the requirements of one part of the document. The part is an operation, a rule or the defaults.
 */
export function checkSource({ source, path }: PlacedSource, document: PolicyDocument): Finding[] {
  if (!source.any_of) {
    return checkAccepted(source, document, path);
  }
  const beside = REQUIREMENT_KEYS.find((key) => source[key] !== undefined);
  const message = `"any_of" replaces all other requirements: put "${beside}" into each alternative that needs it.`;
  return [
    ...checkAccepted(source, document, path),
    ...source.any_of.flatMap((alternative, index) => checkAccepted(alternative, document, [...path, "any_of", index])),
    ...(beside === undefined
      ? []
      : [{ code: "requirement_contradiction" as const, path: [...path, beside], atKey: true, message }]),
  ];
}

/** Reports accepted issuers that the document does not have. */
export function checkAccepted(
  source: Pick<RequirementSource, "accept">,
  document: PolicyDocument,
  path: DocumentPath,
): Finding[] {
  return source.accept ? checkIssuerIds(source.accept, document, [...path, "accept"]) : [];
}

/**
 * If a policy has several issuers, the policy must name the issuers that each rule accepts.
 *
 * @param sources the operation (if any) and the rule.
 */
export function checkAcceptNamed(
  settled: Requirements,
  sources: readonly RequirementSource[],
  document: PolicyDocument,
  path: DocumentPath,
): Finding[] {
  const isNamed =
    document.defaults?.accept !== undefined ||
    sources.some(({ accept }) => accept !== undefined) ||
    sources.find(({ any_of }) => any_of !== undefined)?.any_of?.every(({ accept }) => accept !== undefined);
  if (isNamed || settled.access === "public" || Object.keys(document.issuers).length === 1) {
    return [];
  }
  const message = `The policy has several issuers: under "accept", here or in "defaults", name the issuers whose tokens are accepted.`;
  return [{ code: "accept_missing", path, atKey: true, message }];
}
