import type { PolicyDocument } from "../../../schema/generated/policy-document.ts";
import { templateKey } from "../../core/model/issuer-template.ts";
import type { CompiledIssuer, IssuerTemplates } from "../../core/model/policy.ts";
import type { Finding } from "../language/finding.ts";
import { compileIssuer } from "./compile-issuer.ts";

/** Compiles all issuers. No two of them may have the same identifier. */
export function compileIssuers({ issuers: sources }: PolicyDocument): {
  readonly issuers: ReadonlyMap<string, CompiledIssuer>;
  readonly issuerTemplates: IssuerTemplates;
  readonly all: readonly CompiledIssuer[];
  readonly findings: readonly Finding[];
} {
  const issuers = new Map<string, CompiledIssuer>();
  const templates = new Map<string, CompiledIssuer>();
  const findings: Finding[] = [];
  for (const [id, source] of Object.entries(sources)) {
    const { issuer, findings: own } = compileIssuer(id, source);
    const key = issuer.template ? templateKey(issuer.issuer, issuer.template.segment) : issuer.issuer;
    const alike = issuer.template ? templates : issuers;
    findings.push(...own, ...checkTwin(id, alike.get(key)));
    alike.set(key, issuer);
  }
  const segments = new Set([...templates.values()].flatMap(({ template }) => template?.segment ?? []));
  return {
    issuers,
    issuerTemplates: { issuers: templates, segments: [...segments] },
    all: [...issuers.values(), ...templates.values()],
    findings,
  };
}

function checkTwin(id: string, twin: CompiledIssuer | undefined): Finding[] {
  const message = `Issuer "${twin?.id}" has the same identifier; a token's iss must identify exactly one issuer.`;
  return twin ? [{ code: "issuer_duplicate", path: ["issuers", id, "issuer"], message }] : [];
}
