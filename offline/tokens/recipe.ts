/** The members of a JSON object in a test document. */
export type Members = Readonly<Record<string, unknown>>;

/**
 * A recipe for a token. If the recipe does not set a value, the value comes from the policy's issuer: see
 * write-draft.ts.
 */
export interface TokenRecipe {
  /** The name becomes the token's `sub`, unless the recipe has another `sub`. */
  readonly name: string;
  /** Id of the issuer in the policy; undefined for the policy's only issuer. */
  readonly issuer: string | undefined;
  /** JOSE name of the algorithm; undefined for the fastest algorithm that the issuer allows. */
  readonly algorithm: string | undefined;
  /** The recipe's claims replace or complete the default claims. */
  readonly claims: Members;
  /** Names of claims that the token does not have. */
  readonly without: readonly string[];
  /** The recipe's parameters replace or complete the default header. Null removes a parameter. */
  readonly header: Members;
  /** Names of {@link TAMPERINGS}, in the order in which they are applied. */
  readonly tamper: readonly string[];
  /** A text to send in place of a token. */
  readonly text: string | undefined;
}

/** A recipe with default values, apart from the given changes. */
export function plainRecipe(name: string, changes: Partial<TokenRecipe> = {}): TokenRecipe {
  return {
    name,
    issuer: undefined,
    algorithm: undefined,
    claims: {},
    without: [],
    header: {},
    tamper: [],
    text: undefined,
    ...changes,
  };
}

/** Extends a recipe. Claims and header are merged by name. Every other value replaces the value of the base recipe. */
export function extendRecipe(base: TokenRecipe, own: Partial<TokenRecipe> & { readonly name: string }): TokenRecipe {
  const claims = { ...base.claims, ...own.claims };
  const without = own.without ?? base.without.filter((name) => !Object.hasOwn(own.claims ?? {}, name));
  return {
    name: base.name,
    issuer: own.issuer ?? base.issuer,
    algorithm: own.algorithm ?? base.algorithm,
    claims,
    without,
    header: { ...base.header, ...own.header },
    tamper: own.tamper ?? base.tamper,
    text: own.text ?? base.text,
  };
}
