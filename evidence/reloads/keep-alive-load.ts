import { Agent, type ClientRequest, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { ID_HEADER, type Upstream } from "../faults/world/upstream.ts";
import { ROUTES, type World } from "../faults/world/world.ts";

/** The results of clients that send only valid requests. */
export interface Tally {
  /** Requests, each counted once however often it was sent. */
  valid: number;
  /**
   * Requests that never reached the upstream, because Kong closed the connection before the first byte of an answer. A
   * client sends such requests again (RFC 9110 section 9.2.2 allows this). The reason is that an old worker of nginx
   * closes its idle connections, and a request may arrive at this moment.
   */
  sentAgain: number;
  /** Results other than a good answer, by kind. */
  readonly lost: Record<string, number>;
  /** Milliseconds. */
  longestWait: number;
}

export interface KeepAliveLoad {
  readonly tally: Tally;
  stop(): Promise<void>;
}

interface Exchange {
  /** 0 if there was no answer. */
  readonly status: number;
  readonly error: string;
  /** Whether the connection had served another request before. */
  readonly isReused: boolean;
  readonly hasAnswerBegun: boolean;
}

const PAUSE_MS = 5;
const GIVE_UP_MS = 30_000;
const MAX_SENDS = 3;

/** The last number of a request in all loads. By these numbers, the upstream distinguishes requests. */
let lastNumber = 0;

/** Starts clients that send one valid request after the other. Each client keeps its connection as long as Kong does. */
export function startKeepAliveLoad(url: string, world: World, upstream: Upstream, clients: number): KeepAliveLoad {
  const tally: Tally = { valid: 0, sentAgain: 0, lost: {}, longestWait: 0 };
  let isStopping = false;

  const sendOne = async (agent: Agent): Promise<Exchange> => {
    lastNumber += 1;
    const number = lastNumber;
    const route = number % ROUTES;
    const { token = "" } = world.ticketFor(route, "valid", number);
    for (let sends = 1; ; sends += 1) {
      const id = `${process.pid}-${number}-${sends}`;
      const headers = { [ID_HEADER]: id, authorization: `Bearer ${token}` };
      const result = await exchange(`${url}/r${route}`, agent, headers);
      if (sends === MAX_SENDS || !maySendAgain(result) || upstream.arrivalsOf(id).length > 0) {
        return result;
      }
      tally.sentAgain += 1;
    }
  };
  const runClient = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!isStopping) {
      const startMs = performance.now();
      note(tally, await sendOne(agent), performance.now() - startMs);
      await sleep(PAUSE_MS);
    }
    agent.destroy();
  };
  const running = Array.from({ length: clients }, runClient);
  return {
    tally,
    async stop() {
      isStopping = true;
      await Promise.all(running);
    },
  };
}

function maySendAgain({ status, isReused, hasAnswerBegun }: Exchange): boolean {
  return status === 0 && isReused && !hasAnswerBegun;
}

function note(tally: Tally, { status, error, isReused }: Exchange, waitMs: number): void {
  tally.valid += 1;
  tally.longestWait = Math.max(tally.longestWait, Math.round(waitMs));
  if (status !== 200) {
    const kind = status === 0 ? `${error} ${isReused ? "reused" : "fresh"} connection` : String(status);
    tally.lost[kind] = (tally.lost[kind] ?? 0) + 1;
  }
}

function exchange(url: string, agent: Agent, headers: Readonly<Record<string, string>>): Promise<Exchange> {
  return new Promise((resolve) => {
    let hasAnswerBegun = false;
    const end = (outgoing: ClientRequest, status: number, error: string): void => {
      resolve({ status, error, isReused: outgoing.reusedSocket, hasAnswerBegun });
    };
    const outgoing = request(url, { agent, headers, timeout: GIVE_UP_MS }, (response) => {
      hasAnswerBegun = true;
      response.resume();
      response.on("error", () => end(outgoing, 0, "cut off"));
      response.on("end", () => end(outgoing, response.statusCode ?? 0, ""));
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer")));
    outgoing.on("error", (error: NodeJS.ErrnoException) => end(outgoing, 0, error.code ?? error.message));
    outgoing.end();
  });
}
