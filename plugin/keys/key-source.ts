import type { KeySource } from "../core/key.ts";
import type { CompiledIssuer, CompiledPolicy } from "../core/policy.ts";
import { createIssuerKeys, type IssuerKeys } from "./issuer-keys.ts";
import type { KeyPorts } from "./key-set.ts";

export interface ProcessKeySource extends KeySource {
  /**
   * Starts fetching the keys of a policy's issuers, so that no request need wait. Resolves when each issuer has keys, which may be
   * never; never rejects.
   */
  prepare(policy: CompiledPolicy): Promise<void>;
  /** Ids of a policy's issuers that have no keys at the moment. */
  findMissing(policy: CompiledPolicy): readonly string[];
  stop(): void;
}

/**
 * The keys of all issuers, owned by the process: policies that name the same issuer with the same options share one set.
 */
export function createKeySource(ports: KeyPorts): ProcessKeySource {
  const byOptions = new Map<string, IssuerKeys>();
  // Saves the hot path from naming the options again.
  const byIssuer = new WeakMap<CompiledIssuer, IssuerKeys>();
  // One wait per policy, however often it is asked for: keys may never come, and each wait for them is kept until they do.
  const waits = new WeakMap<CompiledPolicy, Promise<void>>();

  const keysOf = (issuer: CompiledIssuer): IssuerKeys => {
    let keys = byIssuer.get(issuer);
    if (!keys) {
      const isTemplate = issuer.template !== undefined;
      const options = JSON.stringify([issuer.issuer, isTemplate, issuer.keys, [...issuer.algorithms].sort()]);
      keys = byOptions.get(options) ?? createIssuerKeys(issuer, ports);
      byOptions.set(options, keys);
      byIssuer.set(issuer, keys);
    }
    return keys;
  };

  return {
    find: (issuer, joseHeader) => keysOf(issuer).find(joseHeader),
    prepare(policy) {
      const prepared = issuersOf(policy).map((issuer) => keysOf(issuer).prepare());
      const wait = waits.get(policy) ?? Promise.all(prepared).then(() => {});
      waits.set(policy, wait);
      return wait;
    },
    findMissing: (policy) =>
      issuersOf(policy)
        .filter((issuer) => !keysOf(issuer).hasKeys())
        .map(({ id }) => id),
    stop() {
      for (const keys of byOptions.values()) {
        keys.stop();
      }
    },
  };
}

function issuersOf({ issuers, issuerTemplates }: CompiledPolicy): readonly CompiledIssuer[] {
  return [...issuers.values(), ...issuerTemplates.issuers.values()];
}
