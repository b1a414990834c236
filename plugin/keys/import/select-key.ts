import type { MissingKey, VerificationKey } from "../../core/model/key.ts";
import { fail, type Result, succeed } from "../../core/model/result.ts";
import type { JoseHeader } from "../../core/model/token.ts";
import { createTryingKey } from "../verify/try-keys.ts";
import { areOfOneKind, certificateNamesOf } from "./certificate-names.ts";

/** If a token names no key, the plugin tries at most this many keys. */
const MAX_TRIED = 4;

/**
 * A key, and the data by which the plugin recognises the key. In tests, keys may lack this data.
 */
type NamedKey = VerificationKey & { readonly thumbprint?: string; readonly certificateNames?: readonly string[] };

/** Keys of one issuer, by algorithm. */
export type KeyIndex = ReadonlyMap<string, KeysOfAlgorithm>;

/** The index of the keys for one algorithm. Each look-up takes constant time. */
interface KeysOfAlgorithm {
  readonly byKid: ReadonlyMap<string, NamedKey>;
  /**
   * For each name of a certificate, the entries of the key with this certificate. A key with several kids has several
   * entries.
   */
  readonly byCertificate: ReadonlyMap<string, readonly NamedKey[]>;
  /** The only key of the algorithm; undefined if there are several keys. */
  readonly only: NamedKey | undefined;
  /** The result for tokens that name no key. */
  readonly forNameless: KeySelection;
}

type KeySelection = Result<VerificationKey, Exclude<MissingKey, { readonly because: "unavailable" }>>;

const UNKNOWN: KeySelection = fail({ because: "unknown" });
const CONFLICT: KeySelection = fail({ because: "conflict" });

/**
 * Indexes keys by their names. If two keys have the same name, the name is ambiguous. It then selects only the first
 * key.
 */
export function indexKeys(keys: readonly NamedKey[]): KeyIndex {
  const byAlgorithm = new Map<string, NamedKey[]>();
  for (const key of keys) {
    const list = byAlgorithm.get(key.algorithm) ?? [];
    list.push(key);
    byAlgorithm.set(key.algorithm, list);
  }
  return new Map([...byAlgorithm].map(([algorithm, list]) => [algorithm, indexAlgorithm(list)]));
}

function indexAlgorithm(keys: readonly NamedKey[]): KeysOfAlgorithm {
  const byKid = new Map<string, NamedKey>();
  const byCertificate = new Map<string, readonly NamedKey[]>();
  const distinct: NamedKey[] = [];
  for (const key of keys) {
    const { kid, certificateNames = [] } = key;
    if (kid !== undefined && byKid.has(kid)) {
      continue;
    }
    if (kid !== undefined) {
      byKid.set(kid, key);
    }
    for (const name of certificateNames) {
      byCertificate.set(name, addIfSame(byCertificate.get(name), key));
    }
    if (!distinct.some((other) => areSame(other, key))) {
      distinct.push(key);
    }
  }
  const only = distinct.length === 1 ? distinct[0] : undefined;
  return { byKid, byCertificate, only, forNameless: chooseForNameless(distinct) };
}

/**
 * A certificate belongs to one key. So a second entry gets the name of the certificate only if the second entry
 * contains the same key as the first entry.
 */
function addIfSame(named: readonly NamedKey[] = [], key: NamedKey): readonly NamedKey[] {
  return named.every((other) => areSame(other, key)) ? [...named, key] : named;
}

/** This function does not know the token's tenant. So it never tries keys that only one tenant may use. */
function chooseForNameless(keys: readonly NamedKey[]): KeySelection {
  const [first, ...others] = keys;
  if (!first || others.length === 0) {
    return first ? succeed(first) : UNKNOWN;
  }
  if (keys.some(({ onlyFor }) => onlyFor !== undefined)) {
    return UNKNOWN;
  }
  return keys.length > MAX_TRIED
    ? fail({ because: "too_many", count: keys.length, limit: MAX_TRIED })
    : succeed(createTryingKey([first, ...others]));
}

/**
 * Selects the key that the token names by `kid`, `x5t` or `x5t#S256`. A token whose names belong to different keys is
 * refused. If a token names a key that the issuer does not have, the plugin tries no keys. There is one exception. If
 * the issuer has only one key for the token's algorithm, and this key has none of the kinds of names in the token, the
 * plugin uses this key. For example, the token has a `kid`, and the key has no `kid`. If a token names no key, the
 * plugin tries the few keys for the token's algorithm one by one.
 */
export function selectKey(index: KeyIndex, joseHeader: JoseHeader): KeySelection {
  const keys = index.get(joseHeader.alg);
  if (!keys) {
    return UNKNOWN;
  }
  const names = certificateNamesOf(joseHeader);
  const named = findByCertificate(keys, names);
  if (named?.length === 0) {
    return CONFLICT;
  }
  if (joseHeader.kid !== undefined) {
    return selectByKid(keys, joseHeader.kid, names, named);
  }
  const [first] = named ?? [];
  if (first) {
    return succeed(first);
  }
  return names.length === 0 ? keys.forNameless : chooseOnly(keys, names);
}

/** @param named the keys whose certificate the token names; undefined if no key has such a certificate. */
function selectByKid(
  keys: KeysOfAlgorithm,
  kid: string,
  names: readonly string[],
  named: readonly NamedKey[] | undefined,
): KeySelection {
  const exact = keys.byKid.get(kid);
  if (!named) {
    if (exact) {
      return succeed(exact);
    }
    // If no key for the algorithm has a `kid`, a token with a `kid` may use a key without `kid`.
    return keys.byKid.size === 0 ? chooseOnly(keys, names) : UNKNOWN;
  }
  const selected = named.find((key) => (exact ? areSame(key, exact) : key.kid === undefined));
  return selected ? succeed(exact ?? selected) : CONFLICT;
}

/**
 * Returns the keys to which all certificate names in the token refer. Ignores names that no key has. Returns an empty
 * list if two names refer to different keys. Returns undefined if no key has any of the names.
 */
function findByCertificate(
  { byCertificate }: KeysOfAlgorithm,
  names: readonly string[],
): readonly NamedKey[] | undefined {
  const found = names.map((name) => byCertificate.get(name)).filter((keys) => keys !== undefined);
  const [first, ...others] = found;
  return first?.filter((key) => others.every((keys) => keys.some((other) => areSame(other, key))));
}

/**
 * Returns the issuer's only key. Returns no key if the key and the token have different certificate names, because the
 * token may belong to another key that is not loaded yet.
 */
function chooseOnly({ only }: KeysOfAlgorithm, names: readonly string[]): KeySelection {
  const isAnother = only?.certificateNames?.some((own) => names.some((name) => areOfOneKind(own, name)));
  return only && !isAnother ? succeed(only) : UNKNOWN;
}

function areSame(one: NamedKey, other: NamedKey): boolean {
  return one === other || (one.thumbprint !== undefined && one.thumbprint === other.thumbprint);
}
