import type { Alternative as AlternativeSource, PolicyDocument, Rule } from "../../schema/generated/policy-document.ts";
import type { DocumentPath } from "./issue.ts";

/** The requirements that an operation, a rule or the defaults name. */
export type RequirementSource = Pick<
  Rule,
  "access" | "mode" | "allow_http" | "cors_preflight" | "other_authentication" | "any_of"
> &
  AlternativeSource;

/** One such part of the document, and where it stands. */
export interface PlacedSource {
  readonly source: RequirementSource;
  readonly path: DocumentPath;
}

/** The keys that say what a token must have. */
export const REQUIREMENT_KEYS = [
  "required_scopes",
  "required_roles",
  "required_groups",
  "required_claims",
  "authentication",
] as const;

/** One way to be let in, as the document says it after defaults. */
export interface SettledAlternative {
  readonly keys: Omit<AlternativeSource, "accept"> & { readonly accept: readonly string[] };
  /** Where a key stands, or would stand. */
  readonly placeOf: (key: keyof AlternativeSource) => DocumentPath;
}

/** The requirements of one rule or operation after defaults, in the document's own words. */
export interface SettledRequirements {
  readonly access: NonNullable<RequirementSource["access"]>;
  readonly mode: NonNullable<RequirementSource["mode"]>;
  readonly allow_http: boolean;
  readonly other_authentication: NonNullable<RequirementSource["other_authentication"]>;
  readonly cors_preflight: NonNullable<RequirementSource["cors_preflight"]>;
  readonly alternatives: readonly SettledAlternative[];
}

/**
 * The nearest source that names a key wins as a whole: operation, rule, defaults, built in. Alternatives replace all other requirements
 * if they are nearer.
 *
 * @param sources nearest first; the last are the defaults.
 */
export function settleRequirements(sources: readonly PlacedSource[], document: PolicyDocument): SettledRequirements {
  const nearest = <K extends keyof RequirementSource>(key: K): PlacedSource | undefined =>
    sources.find(({ source }) => source[key] !== undefined);
  const read = <K extends keyof RequirementSource>(key: K): RequirementSource[K] | undefined =>
    nearest(key)?.source[key];
  return {
    access: read("access") ?? "required",
    mode: read("mode") ?? "enforce",
    allow_http: read("allow_http") ?? false,
    other_authentication: read("other_authentication") ?? "ignore",
    cors_preflight: read("cors_preflight") ?? "judge",
    alternatives: settleAlternatives(sources, document, nearest),
  };
}

function settleAlternatives(
  sources: readonly PlacedSource[],
  document: PolicyDocument,
  nearest: (key: keyof RequirementSource) => PlacedSource | undefined,
): readonly SettledAlternative[] {
  const accept = nearest("accept")?.source.accept ?? listIssuerIds(document);
  const audiences = nearest("audiences")?.source.audiences;
  const settle = (
    keys: AlternativeSource,
    placeOf: (key: keyof AlternativeSource) => DocumentPath,
  ): SettledAlternative => {
    const own = keys.audiences ?? audiences;
    return { keys: { ...keys, accept: keys.accept ?? accept, ...(own && { audiences: own }) }, placeOf };
  };
  const deciding = sources.find(
    ({ source }) => source.any_of || REQUIREMENT_KEYS.some((key) => source[key] !== undefined),
  );
  const placeAt = (key: keyof AlternativeSource): DocumentPath => [...(nearest(key)?.path ?? []), key];
  if (deciding?.source.any_of) {
    const { source, path } = deciding;
    return (source.any_of ?? []).map((alternative, index) =>
      settle(alternative, (key) =>
        key === "audiences" && !alternative.audiences ? placeAt(key) : [...path, "any_of", index, key],
      ),
    );
  }
  const values = REQUIREMENT_KEYS.flatMap((key) => {
    const value = nearest(key)?.source[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  return [settle(Object.fromEntries(values), placeAt)];
}

/** One list for each document: what is compiled from it is shared by all rules. */
const issuerIds = new WeakMap<PolicyDocument, readonly string[]>();

function listIssuerIds(document: PolicyDocument): readonly string[] {
  const ids = issuerIds.get(document) ?? Object.keys(document.issuers);
  issuerIds.set(document, ids);
  return ids;
}
