import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";

/** One request and its result. Times are of `performance.now()`. */
export interface Sent<Kind extends string> {
  readonly kind: Kind;
  readonly startMs: number;
  readonly endMs: number;
  /** The status, and the words in the body of an error. If there is no answer, `no answer` with the cause. */
  readonly answer: string;
}

export interface Wanted<Kind extends string> {
  readonly kind: Kind;
  readonly token: string;
}

/** Sends the requests of one kind of traffic. */
export interface Client {
  send<Kind extends string>(wanted: Wanted<Kind>): Promise<Sent<Kind>>;
  stop(): Promise<void>;
}

export interface OpenLoad {
  /** The number of requests for each second from this time on. */
  setRate(perSecond: number): void;
  /** Resolves when every sent request has its answer. */
  stop(): Promise<void>;
}

const CONNECTIONS = 128;
const TICK_MS = 10;
/** This time is longer than any answer may take. After this time, the answer counts as missing. */
const GIVE_UP_MS = 30_000;

/** @param url the address of a gateway that has the route `/r`. */
export function createClient(url: string): Client {
  const pool = new Pool(url, { connections: CONNECTIONS, headersTimeout: GIVE_UP_MS, bodyTimeout: GIVE_UP_MS });
  return {
    async send({ kind, token }) {
      const startMs = performance.now();
      const answer = await ask(pool, token).catch((error: Error) => `no answer: ${error.message}`);
      return { kind, startMs, endMs: performance.now(), answer };
    },
    stop: () => pool.close(),
  };
}

async function ask(pool: Pool, token: string): Promise<string> {
  const { statusCode, body } = await pool.request({
    path: "/r",
    method: "GET",
    headers: { authorization: `Bearer ${token}` },
  });
  const text = await body.text();
  return statusCode < 400 ? String(statusCode) : `${statusCode} ${readMessage(text)}`;
}

function readMessage(text: string): string {
  try {
    return String(JSON.parse(text).message).trim();
  } catch {
    return text.trim().slice(0, 60).replaceAll(/\s+/g, " ");
  }
}

/**
 * How many answers per second a few clients get. Each client sends one request at a time. @throws Error if a request is
 * refused.
 */
export async function measureCapacity(client: Client, tokens: readonly string[], seconds: number): Promise<number> {
  const endMs = performance.now() + seconds * 1000;
  let count = 0;
  const runOne = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const { answer } = await client.send({ kind: "valid", token: tokens[count % tokens.length] ?? "" });
      if (answer !== "200") {
        throw new Error(`a valid request was answered ${answer}`);
      }
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: 32 }, runOne));
  return count / seconds;
}

/**
 * Sends requests at a fixed rate, without waiting for answers. Late requests are sent at once, like the requests of many
 * clients.
 */
export function startOpenLoad<Kind extends string>(
  client: Client,
  next: () => Wanted<Kind>,
  note: (sent: Sent<Kind>) => void,
): OpenLoad {
  let rate = 0;
  let owed = 0;
  let lastMs = performance.now();
  let isStopping = false;
  const underWay = new Set<Promise<void>>();

  const run = async (): Promise<void> => {
    while (!isStopping) {
      const nowMs = performance.now();
      owed += (rate * (nowMs - lastMs)) / 1000;
      lastMs = nowMs;
      for (; owed >= 1; owed -= 1) {
        const sending = client.send(next()).then((sent) => {
          underWay.delete(sending);
          note(sent);
        });
        underWay.add(sending);
      }
      await sleep(TICK_MS);
    }
  };
  const running = run();
  return {
    setRate(perSecond) {
      rate = perSecond;
    },
    async stop() {
      isStopping = true;
      await running;
      await Promise.all(underWay);
    },
  };
}
