import { listIssuers } from "../../core/model/issuer-template.ts";
import type { KeySource } from "../../core/model/key.ts";
import type { CompiledIssuer, CompiledPolicy } from "../../core/model/policy.ts";
import { createFetcher } from "../fetch/fetch-json.ts";
import { LeakedKeys } from "../store/leaked-keys.ts";
import { IssuerKeys } from "./issuer-keys.ts";
import { nameIssuer, nameSource } from "./issuer-name.ts";
import type { KeySetStatus } from "./key-report.ts";
import type { KeyPorts } from "./key-set.ts";
import { KEY_TIMINGS, type KeyTimings } from "./refresh-delay.ts";
import { TenantFetches } from "./tenant-fetches.ts";

export interface ProcessKeySource extends KeySource {
  /**
   * Starts to fetch the keys of a policy's issuers before requests need the keys. The promise resolves when each issuer
   * has keys. If an issuer never gets keys, the promise never settles. The promise never rejects.
   */
  prepare(policy: CompiledPolicy): Promise<void>;
  /** Ids of a policy's issuers that have no keys at the moment. */
  findMissing(policy: CompiledPolicy): readonly string[];
  /**
   * Reloads the keys of all issuers, even if the keys are still fresh. An operator requests a reload after a provider has
   * changed its keys. The promise never rejects.
   */
  refresh(): Promise<void>;
  status(): readonly IssuerKeysStatus[];
  stop(): void;
}

/** Time between two searches for issuers that no policy names any longer, in milliseconds. */
const IDLE_LOOK_MS = 60_000;

/** The keys of a tenant are refreshed only as long as requests need them. */
const TENANT_TIMINGS: KeyTimings = { ...KEY_TIMINGS, idleMs: 3_600_000 };

/**
 * Whether the plugin loads the keys before a token needs them. The keys of a tenant are loaded only when a token names
 * the tenant for the first time. Otherwise, each process would first load the keys of perhaps a thousand tenants. A
 * single tenant without keys would then keep the process from becoming ready.
 */
function isLoadedEarly({ tenantOf }: CompiledIssuer): boolean {
  return tenantOf === undefined;
}

/** The state of one issuer's keys. */
export interface IssuerKeysStatus {
  /** The issuer's id in the first policy that named the issuer. */
  readonly id: string;
  readonly issuer: string;
  readonly sets: readonly KeySetStatus[];
}

/**
 * The keys of all issuers that this process uses. If policies name the same issuer with the same options, they share
 * the issuer's keys.
 */
export function createKeySource(ports: KeyPorts): ProcessKeySource {
  const byOptions = new Map<string, { readonly issuer: CompiledIssuer; readonly keys: IssuerKeys }>();
  // If an issuer leaked a key in one source, all policies that read this source reject the key, whatever options the
  // policies have.
  const leakedBySource = new Map<string, LeakedKeys>();
  // Stores the keys of each compiled issuer, because computing the issuer's name for each request would cost time.
  const byIssuer = new WeakMap<CompiledIssuer, IssuerKeys>();
  // The promise of `prepare` stays in memory until the keys are loaded. Some keys may never be loaded, so all calls
  // with the same policy get the same promise.
  const waits = new WeakMap<CompiledPolicy, Promise<void>>();

  const leakedOf = (issuer: CompiledIssuer): readonly LeakedKeys[] =>
    issuer.keys.map((origin) => {
      const name = nameSource(issuer, origin);
      const leaked = leakedBySource.get(name) ?? new LeakedKeys(name, ports.store, ports.onChange);
      leakedBySource.set(name, leaked);
      return leaked;
    });

  const fetchJson = ports.fetchJson ?? createFetcher();
  /** The key of each entry is the issuer's template. */
  const tenantFetches = new Map<string, TenantFetches>();

  const createKeys = (issuer: CompiledIssuer): IssuerKeys => {
    const { tenantOf } = issuer;
    if (tenantOf === undefined) {
      return new IssuerKeys(issuer, { ...ports, fetchJson }, KEY_TIMINGS, leakedOf(issuer));
    }
    const fetches = tenantFetches.get(tenantOf) ?? new TenantFetches(fetchJson, ports.now);
    tenantFetches.set(tenantOf, fetches);
    const limited = { ...ports, fetchJson: fetches.fetchJson, mayLookAgain: () => fetches.mayLookAgain() };
    return new IssuerKeys(issuer, limited, TENANT_TIMINGS, leakedOf(issuer));
  };

  const keysOf = (issuer: CompiledIssuer): IssuerKeys => {
    const known = byIssuer.get(issuer);
    if (known && !known.isIdle()) {
      return known;
    }
    // Either the keys are not loaded yet, or the plugin evicted them because no request needed them.
    const options = nameIssuer(issuer);
    const keys = known ?? byOptions.get(options)?.keys ?? createKeys(issuer);
    byOptions.set(options, { issuer, keys });
    byIssuer.set(issuer, keys);
    return keys;
  };

  let lookedForIdleAt = ports.now();

  /**
   * Evicts the keys of removed policies. A search through thousands of issuers takes a long time, so the process
   * searches rarely.
   */
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
    validity: (issuer) => keysOf(issuer).validity(),
    describe: (issuer) => keysOf(issuer).describe(),
    prepare(policy) {
      forgetIdle();
      const prepared = listIssuers(policy)
        .filter(isLoadedEarly)
        .map((issuer) => {
          const keys = keysOf(issuer);
          byOptions.set(nameIssuer(issuer), { issuer, keys }); // The issuer's keys may have been evicted since the look-up.
          return keys.prepare();
        });
      const wait = waits.get(policy) ?? Promise.all(prepared).then(() => {});
      waits.set(policy, wait);
      return wait;
    },
    findMissing: (policy) =>
      listIssuers(policy)
        .filter((issuer) => isLoadedEarly(issuer) && !keysOf(issuer).hasKeys())
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
