import type { Operation, PolicyDocument, Rule } from "../../../schema/generated/policy-document.ts";
import { templateKey } from "../../core/model/issuer-template.ts";
import type {
  CompiledIssuer,
  CompiledPolicy,
  CompiledRule,
  IssuerTemplates,
  Requirements,
} from "../../core/model/policy.ts";
import { fail, type Result, succeed } from "../../core/model/result.ts";
import { compileIssuer } from "../issuers/compile-issuer.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import { headerSpellings } from "../language/header-spellings.ts";
import { captureIndexes } from "../language/path-template.ts";
import { checkIssuerIds } from "../requirements/check-issuer-ids.ts";
import { compileIdentity, listOwnHeaders } from "../requirements/compile-identity.ts";
import { compileRequirements } from "../requirements/compile-requirements.ts";
import { type PlacedSource, REQUIREMENT_KEYS, type RequirementSource } from "../requirements/settle-requirements.ts";
import { compileAnswers } from "./compile-answers.ts";
import { compileHeaderMappings } from "./compile-header-mappings.ts";
import { compileOperations } from "./compile-operations.ts";
import { compileProtectedResource } from "./compile-protected-resource.ts";
import { compileToken } from "./compile-token.ts";
import { findNeededFacts } from "./find-needed-facts.ts";

const NO_CAPTURES: ReadonlyMap<string, number> = new Map();

/**
 * Compiles a document that the schema accepts. Fails with any finding.
 *
 * @param hash hex SHA-256 of the document's bytes.
 */
export function compilePolicy(document: PolicyDocument, hash: string): Result<CompiledPolicy, readonly Finding[]> {
  const findings: Finding[] = checkExtends(document);
  const { issuers, issuerTemplates } = compileIssuers(document, findings);
  const rules = new Map<string, CompiledRule>();
  for (const [id, rule] of Object.entries(document.routes)) {
    rules.set(id, compileRule(id, rule, document, findings));
  }
  findings.push(...checkAccepted(document.defaults ?? {}, document, ["defaults"]));
  const { mappings: headerMappings, findings: mappingFindings } = compileHeaderMappings(document);
  const { token, findings: tokenFindings } = compileToken(document, [...rules.values()]);
  const { identity, findings: identityFindings } = compileIdentity(document);
  const { answers, findings: answerFindings } = compileAnswers(document);
  const allIssuers = [...issuers.values(), ...issuerTemplates.issuers.values()];
  const { protectedResource, findings: resourceFindings } = compileProtectedResource(
    document,
    allIssuers,
    [...rules.values()],
    token.tokenSources,
  );
  findings.push(...mappingFindings, ...tokenFindings, ...identityFindings, ...answerFindings, ...resourceFindings);
  if (findings.length > 0) {
    return fail(dropRepeated(findings));
  }
  return succeed({
    name: document.name,
    hash,
    ...token,
    issuers,
    issuerTemplates,
    rules,
    headerMappings,
    identity,
    clearedHeaders: [...listOwnHeaders(document), ...token.ownHeaders].flatMap(headerSpellings),
    ...findNeededFacts([...rules.values()], token.tokenSources),
    unmatchedMode: document.defaults?.mode ?? "enforce",
    answers,
    protectedResource,
  });
}

/** Several operations can inherit one mistake. It is reported once. */
function dropRepeated(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}

/** Reports `extends`. For a policy in a file, the loader has merged the parent and removed this key before. */
function checkExtends({ extends: parent }: PolicyDocument): Finding[] {
  const message = "An inline policy cannot extend a file; put both into one text.";
  return parent === undefined ? [] : [{ code: "extends_impossible", path: ["extends"], atKey: true, message }];
}

interface CompiledIssuers {
  readonly issuers: ReadonlyMap<string, CompiledIssuer>;
  readonly issuerTemplates: IssuerTemplates;
}

function compileIssuers(document: PolicyDocument, findings: Finding[]): CompiledIssuers {
  const issuers = new Map<string, CompiledIssuer>();
  const templates = new Map<string, CompiledIssuer>();
  for (const [id, source] of Object.entries(document.issuers)) {
    const { issuer, findings: own } = compileIssuer(id, source);
    findings.push(...own);
    const [map, key] = issuer.template
      ? ([templates, templateKey(issuer.issuer, issuer.template.segment)] as const)
      : ([issuers, issuer.issuer] as const);
    const twin = map.get(key);
    if (twin) {
      const message = `Issuer "${twin.id}" has the same identifier; a token's iss must lead to one issuer.`;
      findings.push({ code: "issuer_duplicate", path: ["issuers", id, "issuer"], message });
    }
    map.set(key, issuer);
  }
  const segments = new Set([...templates.values()].flatMap(({ template }) => template?.segment ?? []));
  return { issuers, issuerTemplates: { issuers: templates, segments: [...segments] } };
}

function compileRule(id: string, rule: Rule, document: PolicyDocument, findings: Finding[]): CompiledRule {
  const path: DocumentPath = ["routes", id];
  const defaults: PlacedSource = { source: document.defaults ?? {}, path: ["defaults"] };
  const own: PlacedSource = { source: rule, path };
  const { requirements, findings: conditionFindings } = compileRequirements([own, defaults], document, NO_CAPTURES);
  findings.push(...checkSource(own, document));
  if (!rule.operations) {
    findings.push(...conditionFindings, ...checkNeeded(rule, requirements.access === "public", path));
    findings.push(...checkAcceptNamed(requirements, rule, document, path));
    return { id, operations: undefined, requirements };
  }
  const operationsPath: DocumentPath = [...path, "operations"];
  const sources = rule.operations.map((operation: Operation, index) => {
    const placed: PlacedSource = { source: operation, path: [...operationsPath, index] };
    const settled = compileRequirements([placed, own, defaults], document, captureIndexes(operation.path));
    findings.push(...checkSource(placed, document), ...settled.findings);
    findings.push(...checkNeeded(operation, settled.requirements.access === "public", placed.path));
    findings.push(...checkAcceptNamed(settled.requirements, { ...rule, ...operation }, document, placed.path));
    return { methods: operation.methods, path: operation.path, requirements: settled.requirements };
  });
  // The rule's own requirements have no effect only if no operation inherits them.
  findings.push(
    ...checkNeeded(
      rule,
      sources.every((source) => source.requirements.access === "public"),
      path,
    ),
  );
  const compiled = compileOperations(sources, operationsPath);
  findings.push(...compiled.findings);
  return { id, operations: compiled.tree, requirements };
}

const NEEDLESS_WHEN_PUBLIC = [
  "allow_http",
  "cors_preflight",
  "other_authentication",
  "accept",
  "audiences",
  ...REQUIREMENT_KEYS,
  "any_of",
] as const;

/** @param isPublic whether access is public, either set here or inherited. */
function checkNeeded(source: RequirementSource, isPublic: boolean, path: DocumentPath): Finding[] {
  const needless = NEEDLESS_WHEN_PUBLIC.find((key) => source[key] !== undefined);
  if (!isPublic || needless === undefined) {
    return [];
  }
  const message = `"access: public" looks at no token, so "${needless}" has no effect; remove one of them.`;
  return [{ code: "requirement_contradiction", path: [...path, needless], atKey: true, message }];
}

/** Reports the mistakes of one source by itself. */
function checkSource({ source, path }: PlacedSource, document: PolicyDocument): Finding[] {
  const beside = source.any_of && REQUIREMENT_KEYS.find((key) => source[key] !== undefined);
  const message = `"any_of" stands in place of other requirements: put "${beside}" into each alternative that needs it.`;
  return [
    ...checkAccepted(source, document, path),
    ...(source.any_of ?? []).flatMap((alternative, index) =>
      checkAccepted(alternative, document, [...path, "any_of", index]),
    ),
    ...(beside === undefined
      ? []
      : [{ code: "requirement_contradiction" as const, path: [...path, beside], atKey: true, message }]),
  ];
}

function checkAccepted(
  source: Pick<RequirementSource, "accept">,
  document: PolicyDocument,
  path: DocumentPath,
): Finding[] {
  return checkIssuerIds(source.accept ?? [], document, [...path, "accept"]);
}

/** With several issuers, trust in any of them must be explicit. */
function checkAcceptNamed(
  settled: Requirements,
  source: RequirementSource,
  document: PolicyDocument,
  path: DocumentPath,
): Finding[] {
  const isNamed =
    source.accept !== undefined ||
    document.defaults?.accept !== undefined ||
    source.any_of?.every(({ accept }) => accept !== undefined);
  if (isNamed || settled.access === "public" || Object.keys(document.issuers).length === 1) {
    return [];
  }
  const message = `The policy has several issuers: say which ones pass, with "accept" here or under "defaults".`;
  return [{ code: "accept_missing", path, atKey: true, message }];
}
