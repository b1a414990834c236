import type { KeyLookup, KeySource } from "../core/model/key.ts";

/**
 * @param onWait called after each look-up of keys that had to wait. Receives how long the look-up waited, in
 * milliseconds.
 */
export function measureKeyWaits(keys: KeySource, onWait: (waitedMs: number) => void): KeySource {
  const measure = async (lookup: Promise<KeyLookup>): Promise<KeyLookup> => {
    const startMs = performance.now();
    try {
      return await lookup;
    } finally {
      onWait(performance.now() - startMs);
    }
  };
  return {
    ...keys,
    find(issuer, joseHeader) {
      const lookup = keys.find(issuer, joseHeader);
      return lookup instanceof Promise ? measure(lookup) : lookup;
    },
  };
}
