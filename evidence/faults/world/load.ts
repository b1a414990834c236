import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { ID_HEADER, UPSTREAM_HEADER } from "./upstream.ts";
import { KINDS, type Kind, ROUTES, type World } from "./world.ts";

/** One request, and what the client saw. Times are times of `performance.now()`. */
export interface Sent {
  readonly id: string;
  readonly route: number;
  readonly kind: Kind;
  readonly subject: string;
  readonly startMs: number;
  readonly endMs: number;
  /** The status; 0 if there was no answer. */
  readonly status: number;
  readonly challenge: string | undefined;
  /** The `message` of an error's body, or the code of a connection's error. */
  readonly message: string;
  /** Whether the client left, or asked the upstream to end the connection early. The test then expects no answer. */
  readonly isBrokenOff: boolean;
}

export interface Load {
  readonly sent: readonly Sent[];
  /** Resolves when all requests that run now have ended. */
  drain(): Promise<void>;
  /** Lets all running requests end, and then resolves. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly url: string;
  readonly world: World;
  /** How many clients, each with one request at a time. */
  readonly clients: number;
  /** Makes every third request end early. */
  readonly breakOff?: "client" | "upstream";
}

/**
 * The client pauses after a refusal that it did not cause. Otherwise clients would use the processor that must start a
 * new plugin server.
 */
const PAUSE_AFTER_FAILURE_MS = 40;
const PAUSE_MS = 4;
/** Clients connect one after another. Otherwise the queue of waiting connections would overflow before the fault. */
export const RAMP_MS = 400;
/** This time is longer than any answer may take. After this time, the answer counts as missing. */
const GIVE_UP_MS = 30_000;
/** Six of ten requests are valid. */
const MIX: readonly Kind[] = [...KINDS.filter((kind) => kind !== "valid"), ...new Array<Kind>(10).fill("valid")];

let lastId = 0;

/** Starts clients that send requests until they are stopped. Each client has its own connection. */
export function startLoad(options: LoadOptions): Load {
  const sent: Sent[] = [];
  const underWay = new Set<Promise<Sent>>();
  let isStopping = false;
  let count = 0;

  const runClient = async (index: number): Promise<void> => {
    await sleep((RAMP_MS * index) / options.clients);
    while (!isStopping) {
      count += 1;
      const sending = send(options, count);
      underWay.add(sending);
      const result = await sending;
      underWay.delete(sending);
      sent.push(result);
      await sleep(result.status === 0 || result.status >= 500 ? PAUSE_AFTER_FAILURE_MS : PAUSE_MS);
    }
  };
  const clients = Array.from({ length: options.clients }, (_, index) => runClient(index));
  return {
    sent,
    drain: async () => void (await Promise.all(underWay)),
    async stop() {
      isStopping = true;
      await Promise.all(clients);
    },
  };
}

/** Sends one valid request to a route. */
export function sendValid(url: string, world: World, route: number): Promise<Sent> {
  lastId += 1;
  return exchange(url, { route, kind: "valid", ...world.ticketFor(route, "valid", lastId) }, {});
}

function send({ url, world, breakOff }: LoadOptions, count: number): Promise<Sent> {
  const route = count % ROUTES;
  const kind = MIX[Math.floor(count / ROUTES) % MIX.length] ?? "valid";
  const breaksOff = breakOff !== undefined && count % 3 === 0;
  return exchange(
    url,
    { route, kind, ...world.ticketFor(route, kind, count) },
    breaksOff ? { breakOff, afterMs: count % 23 } : {},
  );
}

interface Wanted {
  readonly route: number;
  readonly kind: Kind;
  readonly token: string | undefined;
  readonly subject: string;
}

function exchange(
  url: string,
  { route, kind, token, subject }: Wanted,
  { breakOff, afterMs }: { readonly breakOff?: "client" | "upstream"; readonly afterMs?: number },
): Promise<Sent> {
  lastId += 1;
  const id = `${process.pid}-${lastId}`;
  const startMs = performance.now();
  const upstream = breakOff && (breakOff === "client" ? "wait" : "abort");
  return new Promise((resolve) => {
    const end = (status: number, message: string, challenge?: string): void => {
      clearTimeout(leaving);
      const isBrokenOff = breakOff !== undefined;
      const endMs = performance.now();
      resolve({ id, route, kind, subject, startMs, endMs, status, challenge, message, isBrokenOff });
    };
    const outgoing = request(
      `${url}/r${route}`,
      {
        agent: false,
        headers: {
          [ID_HEADER]: id,
          connection: "close",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(upstream === undefined ? {} : { [UPSTREAM_HEADER]: upstream }),
        },
      },
      (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("error", () => end(0, "cut off"));
        response.on("end", () => {
          const status = response.statusCode ?? 0;
          end(status, status < 400 ? "" : readMessage(body), response.headers["www-authenticate"]);
        });
      },
    );
    outgoing.on("error", (error: NodeJS.ErrnoException) => end(0, error.code ?? error.message));
    const leaving = setTimeout(
      () => outgoing.destroy(new Error("no answer")),
      breakOff === "client" ? afterMs : GIVE_UP_MS,
    );
    outgoing.end();
  });
}

function readMessage(body: string): string {
  try {
    return String(JSON.parse(body).message).trim();
  } catch {
    return body.trim().slice(0, 60).replaceAll(/\s+/g, " ");
  }
}
