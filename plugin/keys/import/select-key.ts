import type { VerificationKey } from "../../core/model/key.ts";
import type { JoseHeader } from "../../core/model/token.ts";

/** Keys of one issuer. A lookup takes constant time. */
export type KeyIndex = ReadonlyMap<string, readonly VerificationKey[]>;

/** Two keys with the same kid and algorithm are ambiguous, so the first one is used. */
export function indexKeys(keys: readonly VerificationKey[]): KeyIndex {
  const index = new Map<string, VerificationKey[]>();
  for (const key of keys) {
    const name = indexName(key.algorithm, key.kid);
    if (key.kid !== undefined && index.has(name)) {
      continue;
    }
    index.set(name, [...(index.get(name) ?? []), key]);
    if (key.kid !== undefined) {
      const anyName = anyKidName(key.algorithm);
      index.set(anyName, [...(index.get(anyName) ?? []), key]);
    }
  }
  return index;
}

/**
 * Selects the key that the token's `kid` names. A token without `kid` gets a key only if the set has exactly one key for the
 * algorithm. A key without `kid` is used only if it is the only key for the algorithm. The plugin never tries keys one by one.
 */
export function selectKey(index: KeyIndex, { alg, kid }: JoseHeader): VerificationKey | undefined {
  const nameless = index.get(indexName(alg, undefined)) ?? [];
  const named = index.get(anyKidName(alg)) ?? [];
  if (kid !== undefined) {
    const [exact] = index.get(indexName(alg, kid)) ?? [];
    return exact ?? (named.length === 0 && nameless.length === 1 ? nameless[0] : undefined);
  }
  return named.length + nameless.length === 1 ? (named[0] ?? nameless[0]) : undefined;
}

// A kid is free text. The algorithm contains no space and comes first, so that two names cannot collide.
const indexName = (algorithm: string, kid: string | undefined): string =>
  kid === undefined ? algorithm : `${algorithm} kid ${kid}`;
const anyKidName = (algorithm: string): string => `${algorithm} any`;
