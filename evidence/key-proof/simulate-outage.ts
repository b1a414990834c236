import { vi } from "vitest";
import { IssuerKeys } from "../../plugin/keys/life/issuer-keys.ts";
import type { KeySetStatus } from "../../plugin/keys/life/key-report.ts";
import { compileIssuer, joseHeaderOf, NOW } from "../../test/core/fixtures.ts";
import { noFiles } from "../../test/keys/store/no-files.ts";
import { logInto } from "../../test/logs.ts";
import { generateSigningKey } from "../../test/tokens.ts";
import { type Failure, startFailingProvider } from "./failing-provider.ts";
import { shortestGap } from "./results/tally.ts";

/** The results of requests while the provider was down. Times are times of the simulated clock. */
export interface OutageFigures {
  readonly failure: Failure;
  readonly hours: number;
  /** Whether a token with an unknown kid came with every request. */
  readonly unknownKids: boolean;
  /** These requests have a token with a key that was known when the outage began. */
  readonly requests: number;
  readonly refused: number;
  readonly attempts: number;
  readonly shortestGapSeconds: number;
  readonly longestGapSeconds: number;
  /** The content of /status at the end. */
  readonly shown: { readonly failures: number; readonly failure: string; readonly ageSeconds: number };
  /** The time from the last load of keys to the first request that got 503; absent if the outage ended earlier. */
  readonly unavailableAfterSeconds?: number;
  /**
   * The time from the end of the outage to the first request that passes with keys that were loaded after the outage.
   */
  readonly backAfterSeconds: number;
}

const REQUEST_EVERY_MS = 10_000;
/** For the next request and for the next fetch. */
const TIMERS = 2;
const KID = "1";
/**
 * The limit counts in real time. If a provider hangs, the fetch ends after this time. A healthy provider has as much
 * time as a busy machine may need.
 */
const HANGING_TIMEOUT_SECONDS = 0.05;
const PATIENT_TIMEOUT_SECONDS = 60;

/** A request every 10 s while the provider is down. Real connections; only timers and the clock are simulated. */
export async function simulateOutage(failure: Failure, hours: number, unknownKids = false): Promise<OutageFigures> {
  const provider = await startFailingProvider(generateSigningKey("ES256", KID));
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: NOW * 1000 });
  const compiled = compileIssuer({ algorithms: ["ES256"] });
  const keyRefresh = { ...compiled.keyRefresh, timeoutSeconds: PATIENT_TIMEOUT_SECONDS };
  const issuer = {
    ...compiled,
    keyRefresh,
    keys: [{ from: "jwks_uri" as const, uri: provider.uri }],
  };
  const ports = { now: () => Date.now(), log: logInto([]), files: noFiles };
  const keys = new IssuerKeys(issuer, ports);
  try {
    await keys.refresh();
    await provider.fail(failure);
    keyRefresh.timeoutSeconds = failure === "hangs" ? HANGING_TIMEOUT_SECONDS : PATIENT_TIMEOUT_SECONDS;
    const figures = await watchOutage(keys, hours * 3_600_000, unknownKids);
    await provider.recover();
    keyRefresh.timeoutSeconds = PATIENT_TIMEOUT_SECONDS;
    return { failure, hours, unknownKids, ...figures, backAfterSeconds: await waitUntilLoaded(keys) };
  } finally {
    keys.stop();
    vi.useRealTimers();
    await provider.stop();
  }
}

type Watched = Omit<OutageFigures, "failure" | "hours" | "unknownKids" | "backAfterSeconds">;

async function watchOutage(keys: IssuerKeys, durationMs: number, unknownKids: boolean): Promise<Watched> {
  const startMs = Date.now();
  const attemptsMs: number[] = [startMs];
  let requests = 0;
  let refused = 0;
  let unavailableMs: number | undefined;
  await passTime(
    keys,
    () => Date.now() - startMs >= durationMs,
    async (isRequest) => {
      if (isRequest) {
        requests += 1;
        if (unknownKids) {
          await keys.find(joseHeaderOf({ kid: `unknown-${requests}` }));
        }
        if (!(await isServed(keys))) {
          refused += 1;
          unavailableMs ??= Date.now() - startMs;
        }
      }
      if (statusOf(keys).failures >= attemptsMs.length) {
        attemptsMs.push(Date.now());
      }
    },
  );
  const { failures, failure = "", loadedAt = 0 } = statusOf(keys);
  const gaps = attemptsMs.slice(1).map((ms, index) => ms - (attemptsMs[index] ?? 0));
  return {
    requests,
    refused,
    attempts: failures,
    shortestGapSeconds: Math.floor((shortestGap(attemptsMs) ?? 0) / 1000),
    longestGapSeconds: Math.ceil(Math.max(...gaps) / 1000),
    shown: {
      failures,
      failure: failure.replace(/127\.0\.0\.1:\d+/g, "127.0.0.1"),
      ageSeconds: Math.round((Date.now() - loadedAt) / 1000),
    },
    ...(unavailableMs === undefined ? {} : { unavailableAfterSeconds: unavailableMs / 1000 }),
  };
}

async function waitUntilLoaded(keys: IssuerKeys): Promise<number> {
  const startMs = Date.now();
  let isServing = false;
  await passTime(
    keys,
    () => isServing,
    async () => {
      isServing = (await isServed(keys)) && statusOf(keys).failures === 0;
    },
  );
  return Math.round((Date.now() - startMs) / 1000);
}

/**
 * Moves the clock from timer to timer. One timer sends a request every 10 s. Waits in real time for the work that a
 * timer starts.
 */
async function passTime(
  keys: IssuerKeys,
  isOver: () => boolean,
  act: (isRequest: boolean) => Promise<void>,
): Promise<void> {
  let isRequest = false;
  const planRequest = (): NodeJS.Timeout =>
    setTimeout(() => {
      isRequest = true;
    }, REQUEST_EVERY_MS);
  let planned = planRequest();
  while (!isOver()) {
    isRequest = false;
    vi.advanceTimersToNextTimer();
    if (isRequest) {
      planned = planRequest();
    }
    // Both timers may be due at the same time. If the timer is gone, its fetch has begun, and this call waits for that
    // fetch.
    if (vi.getTimerCount() < TIMERS) {
      await keys.refresh();
    }
    await act(isRequest);
  }
  clearTimeout(planned);
}

async function isServed(keys: IssuerKeys): Promise<boolean> {
  return (await keys.find(joseHeaderOf({ kid: KID }))).ok;
}

function statusOf(keys: IssuerKeys): KeySetStatus {
  const [status] = keys.status();
  if (status === undefined) {
    throw new Error("an issuer has keys from one place at least");
  }
  return status;
}
