import { BoundedMap } from "../bounded/bounded-map.ts";
import type { KeyLookup, KeySource, SignatureCheck, VerificationKey } from "../core/model/key.ts";
import { PASSED, succeed } from "../core/model/result.ts";

/**
 * Maximum total size of the signed bytes and signatures in the cache, in bytes. This size is enough for about 20,000 tokens of
 * usual size.
 */
const MAX_BYTES = 16 * 1024 * 1024;

/** The hits and misses of a cache. */
export interface Lookups {
  hits: number;
  misses: number;
}

interface Verified {
  readonly key: VerificationKey;
  /** The signed bytes as text, because a text costs V8 only a fraction of what a byte array costs. */
  readonly signed: string;
}

/**
 * Caches which signatures were valid. So the plugin verifies a token only once, even if the token comes in a thousand
 * requests. The cache contains no other results. The plugin checks claims, time and rules for every request. If an
 * issuer removes a key, later look-ups do not find the key. So the plugin no longer uses cached results that belong to
 * this key.
 */
export function rememberVerified(keys: KeySource, lookups: Lookups = { hits: 0, misses: 0 }): KeySource {
  // The signature is the key of an entry. The plugin also compares all signed bytes. The plugin does not compare hashes, because
  // hashes can collide.
  const verified = new BoundedMap<string, Verified>({
    maxEntries: Number.POSITIVE_INFINITY,
    maxSize: MAX_BYTES,
    sizeOf: (name, { signed }) => name.length + signed.length,
  });
  const remembering = new WeakMap<VerificationKey, VerificationKey>();

  const createRemembering = (key: VerificationKey): VerificationKey => {
    /**
     * The signature checks that run on the thread pool now. Requests with the same token share one check, because many
     * connections may send a token at the same time.
     */
    const checking = new Map<string, { readonly signed: string; readonly check: Promise<SignatureCheck> }>();
    return {
      ...key,
      verify(signingInput, signature, client) {
        const name = textOf(signature);
        const signed = textOf(signingInput);
        const known = verified.get(name);
        if (known?.key === key && known.signed === signed) {
          lookups.hits += 1;
          return PASSED;
        }
        lookups.misses += 1;
        const same = checking.get(name);
        if (same?.signed === signed) {
          return same.check;
        }
        const conclude = (check: SignatureCheck): SignatureCheck => {
          checking.delete(name);
          if (check.ok) {
            verified.set(name, { key, signed });
          }
          return check;
        };
        const result = key.verify(signingInput, signature, client);
        if (!(result instanceof Promise)) {
          return conclude(result);
        }
        const check = result.then(conclude);
        checking.set(name, { signed, check });
        return check;
      },
    };
  };

  return {
    validity: (issuer) => keys.validity?.(issuer),
    find(issuer, joseHeader) {
      const withMemory = (lookup: KeyLookup): KeyLookup => {
        if (!lookup.ok) {
          return lookup;
        }
        const key = remembering.get(lookup.value) ?? createRemembering(lookup.value);
        remembering.set(lookup.value, key);
        return succeed(key);
      };
      const lookup = keys.find(issuer, joseHeader);
      return lookup instanceof Promise ? lookup.then(withMemory) : withMemory(lookup);
    },
    ...(keys.describe && { describe: keys.describe }),
  };
}

/** The text has one character for each byte. */
function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("latin1");
}
