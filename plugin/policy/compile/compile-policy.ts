import type { PolicyDocument } from "../../../schema/generated/policy-document.ts";
import type { CompiledPolicy } from "../../core/model/policy.ts";
import { fail, type Result, succeed } from "../../core/model/result.ts";
import { compileIssuers } from "../issuers/compile-issuers.ts";
import type { Finding } from "../language/finding.ts";
import { headerSpellings } from "../language/header-spellings.ts";
import { checkAccepted } from "../requirements/check-requirements.ts";
import { compileIdentity, listOwnHeaders } from "../requirements/compile-identity.ts";
import { compileAnswers } from "./compile-answers.ts";
import { compileHeaderMappings } from "./compile-header-mappings.ts";
import { compileProtectedResource } from "./compile-protected-resource.ts";
import { compileRules } from "./compile-rules.ts";
import { compileToken } from "./compile-token.ts";
import { findNeededFacts } from "./find-needed-facts.ts";

/**
 * Compiles a document that the schema accepts. Each part of the document has its own function, which reports all mistakes of this
 * part.
 *
 * @param hash hex SHA-256 of the document's bytes.
 */
export function compilePolicy(document: PolicyDocument, hash: string): Result<CompiledPolicy, readonly Finding[]> {
  const issuers = compileIssuers(document);
  const rules = compileRules(document);
  const headers = compileHeaderMappings(document);
  const { token, findings: tokenFindings } = compileToken(document, rules.rules);
  const { identity, findings: identityFindings } = compileIdentity(document);
  const { answers, findings: answerFindings } = compileAnswers(document);
  const resource = compileProtectedResource(document, issuers.all, rules.rules, token.tokenSources);
  const findings = [
    ...checkExtends(document),
    ...issuers.findings,
    ...rules.findings,
    ...checkAccepted(document.defaults ?? {}, document, ["defaults"]),
    ...headers.findings,
    ...tokenFindings,
    ...identityFindings,
    ...answerFindings,
    ...resource.findings,
  ];
  if (findings.length > 0) {
    return fail(dropRepeated(findings));
  }
  return succeed({
    name: document.name,
    hash,
    ...token,
    issuers: issuers.issuers,
    issuerTemplates: issuers.issuerTemplates,
    rules: new Map(rules.rules.map((rule) => [rule.id, rule])),
    headerMappings: headers.mappings,
    identity,
    clearedHeaders: [...listOwnHeaders(document), ...token.ownHeaders].flatMap(headerSpellings),
    ...findNeededFacts(rules.rules, token.tokenSources),
    unmatchedMode: document.defaults?.mode ?? "enforce",
    answers,
    protectedResource: resource.protectedResource,
  });
}

/** A mistake that several operations inherit is reported once. */
function dropRepeated(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}

/**
 * Reports `extends`. For a policy in a file, the loader has already merged the parent and removed the key `extends`.
 */
function checkExtends({ extends: parent }: PolicyDocument): Finding[] {
  const message = "An inline policy cannot extend a file; put both into one document.";
  return parent === undefined ? [] : [{ code: "extends_impossible", path: ["extends"], atKey: true, message }];
}
