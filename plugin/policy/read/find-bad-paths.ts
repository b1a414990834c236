import type { Finding } from "../language/finding.ts";
import { badPathFinding, parsePathTemplate } from "../language/path-template.ts";

/**
 * If the schema refuses a document, this function also checks the paths of the document's operations. So authors see
 * wrong paths at once, together with wrong keys and types.
 *
 * @param known findings of the schema. A path that already has a finding gets no second finding.
 */
export function findBadPaths(document: unknown, known: readonly Finding[]): readonly Finding[] {
  const knownPlaces = new Set(known.map(({ path }) => JSON.stringify(path)));
  const findings = Object.entries(memberOf(document, "routes") ?? {}).flatMap(([rule, value]) =>
    Object.entries(memberOf(value, "operations") ?? {}).flatMap(([index, operation]) => {
      const path = memberOf(operation, "path");
      const parsed = typeof path === "string" ? parsePathTemplate(path) : undefined;
      return parsed?.ok === false
        ? [badPathFinding(String(path), ["routes", rule, "operations", Number(index), "path"], parsed.failure)]
        : [];
    }),
  );
  return findings.filter(({ path }) => !knownPlaces.has(JSON.stringify(path)));
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
