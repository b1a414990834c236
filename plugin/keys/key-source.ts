import type { KeySource } from "../core/key.ts";
import type { CompiledIssuer, CompiledPolicy } from "../core/policy.ts";
import { createIssuerKeys, type IssuerKeys } from "./issuer-keys.ts";

export interface ProcessKeySource extends KeySource {
  /**
   * Starts fetching the keys of a policy's issuers, so that no request need wait. Resolves when each issuer's first fetch has
   * ended, well or not; never rejects.
   */
  prepare(policy: CompiledPolicy): Promise<void>;
  stop(): void;
}

/**
 * The keys of all issuers, owned by the process: policies that name the same issuer with the same options share one set.
 *
 * @param now milliseconds since the epoch.
 */
export function createKeySource(now: () => number, log: (line: string) => void): ProcessKeySource {
  const byOptions = new Map<string, IssuerKeys>();
  // Saves the hot path from naming the options again.
  const byIssuer = new WeakMap<CompiledIssuer, IssuerKeys>();

  const keysOf = (issuer: CompiledIssuer): IssuerKeys => {
    let keys = byIssuer.get(issuer);
    if (!keys) {
      const options = JSON.stringify([issuer.issuer, issuer.keys, [...issuer.algorithms].sort()]);
      keys = byOptions.get(options) ?? createIssuerKeys(issuer, now, log);
      byOptions.set(options, keys);
      byIssuer.set(issuer, keys);
    }
    return keys;
  };

  return {
    find: (issuer, joseHeader) => keysOf(issuer).find(joseHeader),
    async prepare(policy) {
      await Promise.all([...policy.issuers.values()].map((issuer) => keysOf(issuer).prepare()));
    },
    stop() {
      for (const keys of byOptions.values()) {
        keys.stop();
      }
    },
  };
}
