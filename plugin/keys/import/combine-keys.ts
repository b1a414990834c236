import { namesOf } from "../rules/jwk.ts";
import type { ImportedKey } from "./imported-key.ts";
import { indexKeys, type KeyIndex } from "./select-key.ts";

interface DroppedKey {
  readonly key: ImportedKey;
  /** A message for the operator, without key material. */
  readonly reason: string;
}

/** The keys from all sources of one issuer. */
export interface CombinedKeys {
  readonly index: KeyIndex;
  readonly places: readonly KeysOfPlace[];
}

export interface KeysOfPlace {
  /** The keys in effect. */
  readonly keys: readonly ImportedKey[];
  /** The reasons why other keys of the source are not in effect. */
  readonly dropped: readonly string[];
  /** Whether the source has usable keys. If two sources contain the same key, the key counts for both sources. */
  readonly hasKeys: boolean;
}

/**
 * If two keys have the same kid and algorithm, the function keeps only the first key, because the kid would be
 * ambiguous. If a key was imported under several algorithms, the function binds the key to the first of these
 * algorithms (RFC 8725bis section 3.1).
 */
export function keepFirst(keys: readonly ImportedKey[]): {
  readonly kept: readonly ImportedKey[];
  readonly dropped: readonly DroppedKey[];
} {
  const names = new Set<string>();
  const algorithms = new Map<string, string>();
  const kept: ImportedKey[] = [];
  const dropped: DroppedKey[] = [];
  for (const key of keys) {
    const { kid, algorithm, thumbprint } = key;
    const name = JSON.stringify([kid, algorithm]);
    const [bound = algorithm] = namesOf(algorithm);
    const serves = algorithms.get(thumbprint) ?? bound;
    if (kid !== undefined && names.has(name)) {
      dropped.push({ key, reason: `a second ${algorithm} key with the same kid` });
    } else if (serves !== bound) {
      dropped.push({
        key,
        reason: `a key for ${algorithm} that is already used for ${serves}: each key can be used for only one algorithm`,
      });
    } else {
      names.add(name);
      algorithms.set(thumbprint, serves);
      kept.push(key);
    }
  }
  return { kept, dropped };
}

/**
 * Joins the keys of all sources. A leaked key is never used, whatever its source and its kid are.
 *
 * @param places the keys of each source, in the order of the policy.
 */
export function combineKeys(
  places: readonly (readonly ImportedKey[])[],
  isLeaked: (thumbprint: string) => boolean,
): CombinedKeys {
  const { kept, dropped } = keepFirst(places.flat().filter(({ thumbprint }) => !isLeaked(thumbprint)));
  const inEffect = new Set(kept);
  return {
    index: indexKeys(kept),
    places: places.map((keys) => ({
      hasKeys: keys.some(({ thumbprint }) => !isLeaked(thumbprint)),
      keys: keys.filter((key) => inEffect.has(key)),
      dropped: [
        ...keys.filter(({ thumbprint }) => isLeaked(thumbprint)).map(describeLeaked),
        ...dropped.filter(({ key }) => keys.includes(key)).map(({ reason }) => reason),
      ],
    })),
  };
}

/**
 * Whether every look-up of a key gives the same result in both sets of keys. The comparison is by identity, because
 * unchanged keys stay the same objects.
 */
export function hasSameKeys(one: CombinedKeys, other: CombinedKeys): boolean {
  const keys = one.places.flatMap((place) => place.keys);
  const others = other.places.flatMap((place) => place.keys);
  return keys.length === others.length && keys.every((key, index) => key === others[index]);
}

function describeLeaked({ kid, algorithm }: ImportedKey): string {
  const name = kid === undefined ? "" : ` with kid ${JSON.stringify(kid.slice(0, 64))}`;
  return `the ${algorithm} key${name}: its private part was published by this issuer; replace it at the issuer`;
}
