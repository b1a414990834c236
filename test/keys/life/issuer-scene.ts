import { vi } from "vitest";
import type { KeyLookup } from "../../../plugin/core/model/key.ts";
import type { KeyOrigin } from "../../../plugin/core/model/policy.ts";
import { IssuerKeys } from "../../../plugin/keys/life/issuer-keys.ts";
import type { KeyTimings } from "../../../plugin/keys/life/refresh-delay.ts";
import type { KeyStore } from "../../../plugin/keys/store/key-store.ts";
import { compileIssuer, joseHeaderOf, NOW } from "../../core/fixtures.ts";
import { logInto } from "../../logs.ts";
import { type Answer, type KeyServer, startKeyServer } from "../key-server.ts";
import { noFiles } from "../store/no-files.ts";

export const TIMINGS: KeyTimings = {
  retryMs: 8_000,
  maxWaitMs: 5_000,
  filePollMs: 1_000,
  idleMs: 86_400_000,
  maxWaiting: 256,
  random: () => 0,
};
/** The defaults of a policy, in milliseconds. */
export const COOLDOWN_MS = 30_000;
export const REFRESH_MS = 300_000;
export const MAX_STALE_MS = 3 * 86_400_000;

/** An RSA key of 1024 bits, which must not be used. */
export const WEAK_JWK = { kty: "RSA", kid: "1", n: Buffer.alloc(128, 0xff).toString("base64url"), e: "AQAB" };

/** Stores nothing. */
export const emptyStore: KeyStore = {
  readKeySet: async () => undefined,
  saveKeySet: async () => {},
  readLeaked: async () => [],
  saveLeaked: async () => {},
  status: () => ({ directory: "", problem: undefined }),
};

/** One issuer with a real key server. Only the test moves the clock. */
export interface IssuerScene {
  readonly server: KeyServer;
  readonly keys: IssuerKeys;
  readonly log: readonly string[];
  /** Milliseconds since the epoch. */
  clock: number;
  serve(answer: Answer): void;
  /** The provider gives this answer, and the keys are refreshed. */
  load(answer: Answer): Promise<void>;
  fetches(): number;
  /** Whether a fetch is running. The check is within the cooldown, so it starts no fetch. */
  isFetching(): boolean;
  /** `found`, `unknown`, or the seconds to wait. */
  find(kid: string | undefined): Promise<string | number>;
  findAll(kids: readonly string[]): Promise<(string | number)[]>;
  stop(): Promise<void>;
}

/**
 * @param places sources of the keys. They are paths on the scene's server, or other URLs.
 * @param ownServer a server that the caller stops. By default, the scene starts a server.
 */
export async function setUpIssuer(
  places: readonly (string | KeyOrigin)[] = ["jwks"],
  algorithms: readonly string[] = ["ES256", "RS256"],
  store?: KeyStore,
  ownServer?: KeyServer,
  keyRefresh: Readonly<Record<string, string>> = { timeout: "10s" },
): Promise<IssuerScene> {
  const server = ownServer ?? (await startKeyServer());
  // Timers are fake, so that only the test can cause a fetch. The timers of Node's fetch start with its first use.
  await fetch(server.origin);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const log: string[] = [];
  const issuer = {
    ...compileIssuer({ algorithms, key_refresh: keyRefresh }),
    keys: places.map((place) =>
      typeof place === "string" ? { from: "jwks_uri" as const, uri: `${server.origin}/${place}` } : place,
    ),
  };
  let clock = NOW * 1000;
  const now = (): number => clock;
  const keys = new IssuerKeys(issuer, { now, log: logInto(log), files: noFiles, store }, TIMINGS);
  const scene: IssuerScene = {
    server,
    keys,
    log,
    get clock() {
      return clock;
    },
    set clock(ms) {
      clock = ms;
    },
    serve: (answer) => server.answer("/jwks", answer),
    load(answer) {
      scene.serve(answer);
      return keys.refresh();
    },
    fetches: () => server.requests.filter((path) => path === "/jwks").length,
    isFetching: () => keys.find(joseHeaderOf({ kid: "nobody" })) instanceof Promise,
    find: async (kid) => outcomeOf(await keys.find(joseHeaderOf({ kid }))),
    findAll: (kids) => Promise.all(kids.map(scene.find)),
    async stop() {
      keys.stop();
      vi.useRealTimers();
      await (ownServer ? undefined : server.stop());
    },
  };
  return scene;
}

function outcomeOf(lookup: KeyLookup): string | number {
  if (lookup.ok) {
    return "found";
  }
  const { failure } = lookup;
  return failure.because === "unavailable" ? failure.retryAfterSeconds : failure.because;
}
