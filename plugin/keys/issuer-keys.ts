import type { JoseHeader } from "../core/decode.ts";
import type { KeyLookup } from "../core/key.ts";
import type { CompiledIssuer } from "../core/policy.ts";
import { createKeySet, type KeyPorts, type KeySetStatus } from "./key-set.ts";
import { KEY_TIMINGS, type KeyTimings } from "./refresh-delay.ts";
import { indexKeys, type KeyIndex, selectKey } from "./select-key.ts";

/** Keys that nobody asked for in this time are no longer refreshed: their policy is most likely gone. */
const IDLE_MS = 86_400_000;
/** Most requests that wait for keys of one issuer; each holds a connection, and clients decide how many come. */
const MAX_WAITING = 256;

export interface IssuerKeys {
  find(joseHeader: JoseHeader): KeyLookup | Promise<KeyLookup>;
  hasKeys(): boolean;
  /** Resolves when there are keys from every place, and sees to it that they are loaded. Never rejects. */
  prepare(): Promise<void>;
  /** Loads now, where that is not under way. Never rejects. */
  refresh(): Promise<void>;
  /** Whether nobody has asked for long. */
  isIdle(): boolean;
  /** One for each place. */
  status(): readonly KeySetStatus[];
  stop(): void;
}

/** The keys of one issuer, from all the places that its policy names. */
export function createIssuerKeys(
  issuer: CompiledIssuer,
  ports: KeyPorts,
  timings: KeyTimings = KEY_TIMINGS,
): IssuerKeys {
  const { now } = ports;
  let index: KeyIndex = indexKeys([]);
  let isComplete = false;
  let staleAt = Number.POSITIVE_INFINITY;
  let waiting = 0;
  let usedAt = now();
  let announceKeys = (): void => {};
  const firstKeys = new Promise<void>((resolve) => {
    announceKeys = resolve;
  });

  // A policy that is gone asks no more; when it comes back, the next request catches up.
  const isIdle = (): boolean => now() - usedAt > IDLE_MS;

  const settle = (): void => {
    index = indexKeys(sets.flatMap((set) => set.keys() ?? []));
    isComplete = sets.every((set) => set.keys() !== undefined);
    staleAt = Math.min(...sets.filter((set) => set.keys()).map((set) => set.staleAt()));
    if (isComplete) {
      announceKeys();
    }
  };
  const sets = issuer.keys.map((origin) => createKeySet(origin, issuer, ports, timings, isIdle, settle));

  const lookUp = (joseHeader: JoseHeader): KeyLookup => {
    if (now() >= staleAt) {
      settle();
    }
    const found = selectKey(index, joseHeader);
    if (found) {
      return { found };
    }
    if (isComplete) {
      return { found: undefined, because: "unknown" };
    }
    // What is missing may hold the key: the token is not to be called invalid.
    const missing = sets.filter((set) => set.keys() === undefined);
    const nextAttemptAt = Math.min(...missing.map((set) => set.nextAttemptAt()));
    return {
      found: undefined,
      because: "unavailable",
      retryAfterSeconds: Math.max(1, Math.ceil((nextAttemptAt - now()) / 1000)),
    };
  };

  const waitFor = async (loads: readonly Promise<void>[], joseHeader: JoseHeader): Promise<KeyLookup> => {
    if (waiting >= MAX_WAITING) {
      return { found: undefined, because: "overloaded" };
    }
    waiting += 1;
    await Promise.all(loads);
    waiting -= 1;
    return lookUp(joseHeader);
  };

  const refresh = async (): Promise<void> => {
    usedAt = now();
    await Promise.all(sets.map((set) => set.refresh()));
  };

  return {
    find(joseHeader) {
      const wasIdle = isIdle();
      usedAt = now();
      // Nobody has looked for long what the issuer withdrew.
      if (wasIdle) {
        return waitFor([refresh()], joseHeader);
      }
      const lookup = lookUp(joseHeader);
      if (lookup.found) {
        return lookup;
      }
      const loads = sets.map((set) => set.lookAgain()).filter((load) => load !== undefined);
      return loads.length > 0 ? waitFor(loads, joseHeader) : lookup;
    },
    hasKeys: () => isComplete,
    prepare() {
      usedAt = now();
      for (const set of sets) {
        if (set.keys() === undefined) {
          void set.lookAgain();
        }
      }
      return firstKeys;
    },
    refresh,
    isIdle,
    status: () => sets.map((set) => set.status()),
    stop() {
      for (const set of sets) {
        set.stop();
      }
    },
  };
}
