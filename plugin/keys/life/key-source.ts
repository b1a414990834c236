import { listIssuers } from "../../core/model/issuer-template.ts";
import type { KeySource } from "../../core/model/key.ts";
import type { CompiledIssuer, CompiledPolicy } from "../../core/model/policy.ts";
import { LeakedKeys } from "../store/leaked-keys.ts";
import { IssuerKeys } from "./issuer-keys.ts";
import { nameIssuer, nameSource } from "./issuer-name.ts";
import type { KeySetStatus } from "./key-report.ts";
import type { KeyPorts } from "./key-set.ts";
import { KEY_TIMINGS } from "./refresh-delay.ts";

export interface ProcessKeySource extends KeySource {
  /**
   * Starts fetching the keys of a policy's issuers, so that no request has to wait. Resolves when each issuer has keys, so it
   * may never resolve. Never rejects.
   */
  prepare(policy: CompiledPolicy): Promise<void>;
  /** Ids of a policy's issuers that have no keys at the moment. */
  findMissing(policy: CompiledPolicy): readonly string[];
  /** Reloads the keys of all issuers, however fresh they are. An operator uses this after a change of keys. Never rejects. */
  refresh(): Promise<void>;
  status(): readonly IssuerKeysStatus[];
  stop(): void;
}

/** Time between two searches for issuers that no policy names any longer, in milliseconds. */
const IDLE_LOOK_MS = 60_000;

/** The state of one issuer's keys. */
export interface IssuerKeysStatus {
  /** The issuer's id in the policy that named it first. */
  readonly id: string;
  readonly issuer: string;
  readonly sets: readonly KeySetStatus[];
}

/**
 * The keys of all issuers. The process owns them. Policies that name the same issuer with the same options use the same keys.
 */
export function createKeySource(ports: KeyPorts): ProcessKeySource {
  const byOptions = new Map<string, { readonly issuer: CompiledIssuer; readonly keys: IssuerKeys }>();
  // A key that an issuer leaked in one place is rejected in all policies that read this place, whatever their options.
  const leakedBySource = new Map<string, LeakedKeys>();
  // Remembers results by options, so that the issuer's name is not computed for each request.
  const byIssuer = new WeakMap<CompiledIssuer, IssuerKeys>();
  // One wait per policy, however often `prepare` is called. Each wait stays in memory until the keys come, and they may never
  // come.
  const waits = new WeakMap<CompiledPolicy, Promise<void>>();

  const leakedOf = (issuer: CompiledIssuer): readonly LeakedKeys[] =>
    issuer.keys.map((origin) => {
      const name = nameSource(issuer, origin);
      const leaked = leakedBySource.get(name) ?? new LeakedKeys(name, ports.store);
      leakedBySource.set(name, leaked);
      return leaked;
    });

  const keysOf = (issuer: CompiledIssuer): IssuerKeys => {
    let keys = byIssuer.get(issuer);
    if (!keys) {
      const options = nameIssuer(issuer);
      keys = byOptions.get(options)?.keys ?? new IssuerKeys(issuer, ports, KEY_TIMINGS, leakedOf(issuer));
      byOptions.set(options, { issuer, keys });
      byIssuer.set(issuer, keys);
    }
    return keys;
  };

  let lookedForIdleAt = ports.now();

  /** Evicts the keys of removed policies. With thousands of issuers each search takes long, so it runs rarely. */
  const forgetIdle = (): void => {
    if (Math.abs(ports.now() - lookedForIdleAt) < IDLE_LOOK_MS) {
      return;
    }
    lookedForIdleAt = ports.now();
    for (const [options, { keys }] of byOptions) {
      if (keys.isIdle()) {
        byOptions.delete(options);
      }
    }
    const used = [...byOptions.values()].flatMap(({ issuer }) =>
      issuer.keys.map((origin) => nameSource(issuer, origin)),
    );
    const sources = new Set(used);
    for (const [name, leaked] of leakedBySource) {
      if (!sources.has(name) && leaked.count === 0) {
        leakedBySource.delete(name);
      }
    }
  };

  return {
    find: (issuer, joseHeader) => keysOf(issuer).find(joseHeader),
    prepare(policy) {
      forgetIdle();
      const prepared = listIssuers(policy).map((issuer) => {
        const keys = keysOf(issuer);
        byOptions.set(nameIssuer(issuer), { issuer, keys }); // The issuer may have been evicted meanwhile.
        return keys.prepare();
      });
      const wait = waits.get(policy) ?? Promise.all(prepared).then(() => {});
      waits.set(policy, wait);
      return wait;
    },
    findMissing: (policy) =>
      listIssuers(policy)
        .filter((issuer) => !keysOf(issuer).hasKeys())
        .map(({ id }) => id),
    async refresh() {
      await Promise.all([...byOptions.values()].map(({ keys }) => keys.refresh()));
    },
    status: () =>
      [...byOptions.values()].map(({ issuer: { id, issuer }, keys }) => ({ id, issuer, sets: keys.status() })),
    stop() {
      for (const { keys } of byOptions.values()) {
        keys.stop();
      }
    },
  };
}
