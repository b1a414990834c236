import type { KeyLookup, KeySource } from "../core/model/key.ts";

/**
 * @param onWait receives how long a look-up of keys waited, in milliseconds. If a look-up does not wait, `onWait` is
 * not called.
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
