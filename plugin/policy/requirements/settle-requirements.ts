import type {
  Alternative as AlternativeSource,
  PolicyDocument,
  Rule,
} from "../../../schema/generated/policy-document.ts";
import type { DocumentPath } from "../language/finding.ts";

/** The requirements in an operation, a rule or the defaults. */
export type RequirementSource = Pick<
  Rule,
  "access" | "mode" | "allow_http" | "cors_preflight" | "other_authentication" | "any_of"
> &
  AlternativeSource;

/** A part of the document that has requirements, with its path. */
export interface PlacedSource {
  readonly source: RequirementSource;
  readonly path: DocumentPath;
}

/** The keys with requirements for the token. */
export const REQUIREMENT_KEYS = [
  "required_scopes",
  "required_roles",
  "required_groups",
  "required_claims",
  "authentication",
] as const;

/** One way to get access. It has the keys of the document and all defaults. */
export interface SettledAlternative {
  readonly keys: Omit<AlternativeSource, "accept"> & { readonly accept: readonly string[] };
  /** The path of a key, or the path that an absent key would have. */
  readonly placeOf: (key: keyof AlternativeSource) => DocumentPath;
}

/** The requirements of one rule or operation, with the keys of the document. They include all defaults. */
export interface SettledRequirements {
  readonly access: NonNullable<RequirementSource["access"]>;
  readonly mode: NonNullable<RequirementSource["mode"]>;
  readonly allow_http: boolean;
  readonly other_authentication: NonNullable<RequirementSource["other_authentication"]>;
  readonly cors_preflight: NonNullable<RequirementSource["cors_preflight"]>;
  readonly alternatives: readonly SettledAlternative[];
}

/**
 * For each key, the whole value comes from the nearest source that has the key. From the nearest to the farthest, the
 * sources are: operation, rule, defaults, built-in value. If `any_of` comes from a nearer source than the other
 * requirements, `any_of` replaces all other requirements.
 *
 * @param sources the parts of the document with requirements. The order is: the operation (if any), the rule, the
 * defaults.
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
  const keys: Record<string, unknown> = {};
  for (const key of REQUIREMENT_KEYS) {
    const value = nearest(key)?.source[key];
    if (value !== undefined) {
      keys[key] = value;
    }
  }
  return [settle(keys, placeAt)];
}

/** Each document has one list of all issuers, so that all rules share the set that the compiler makes from the list. */
const issuerIds = new WeakMap<PolicyDocument, readonly string[]>();

function listIssuerIds(document: PolicyDocument): readonly string[] {
  const ids = issuerIds.get(document) ?? Object.keys(document.issuers);
  issuerIds.set(document, ids);
  return ids;
}
