import { createServer, type Server } from "node:http";
import type { ListenOptions } from "node:net";
import type { IssuerKeysStatus } from "../keys/key-source.ts";
import type { JudgedCount, ReportCount } from "../observe/report-counts.ts";
import type { PolicyStatus } from "../runtime/policy-report.ts";

/** What the process says about itself. */
export interface Status {
  /** Why it should get no requests; empty when it is ready for them. */
  readonly reasons: readonly string[];
  readonly policies: readonly PolicyStatus[];
  readonly keys: readonly IssuerKeysStatus[];
  readonly reports: readonly ReportCount[];
  readonly judged: readonly JudgedCount[];
  /** When counting began, in milliseconds since the epoch. */
  readonly countedSince: number;
}

export interface StatusOptions {
  readonly listen: ListenOptions;
  readonly read: () => Status;
  readonly log: (line: string) => void;
}

/** While an old process still has the address, as on `kong reload`, it answers the probes. */
const RETRY_MS = 500;
const MAX_CONNECTIONS = 64;
const TIMEOUT_MS = 5_000;

/**
 * An HTTP server for probes: `/status/live` says 200 as long as the event loop turns, `/status/ready` says 200 or 503 with the reasons,
 * and `/status` shows which version of each policy is in force, how the keys of each issuer stand, how many requests each rule has
 * judged, and what rules in report mode would have refused. It tells no secrets, but names policies and issuers: keep it inside.
 *
 * @returns a function that gives the address up at once.
 */
export function serveStatus({ listen, read, log }: StatusOptions): () => void {
  const server = createServer(
    {
      maxHeaderSize: 8_192,
      requestTimeout: TIMEOUT_MS,
      headersTimeout: TIMEOUT_MS,
      connectionsCheckingInterval: RETRY_MS, // Node looks for those who are too slow only every 30 s by itself.
    },
    (request, response) => {
      const { status, body } = answer(request.method ?? "", request.url ?? "", read());
      const text = `${JSON.stringify(body, null, 2)}\n`;
      response.writeHead(status, {
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "no-store",
        Allow: "GET, HEAD",
      });
      response.end(request.method === "HEAD" ? undefined : text);
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  let retry: NodeJS.Timeout | undefined;
  let isTold = false;
  let isClosed = false;
  server.on("error", (error: NodeJS.ErrnoException) => {
    if (isClosed) {
      return;
    }
    if (!isTold) {
      isTold = true;
      log(`status is not served yet: ${error.message}`);
    }
    retry = setTimeout(() => server.listen(listen), RETRY_MS).unref();
  });
  server.on("listening", () => log(`status is served on ${describeAddress(server)}`));
  server.listen(listen);
  return () => {
    isClosed = true;
    clearTimeout(retry);
    server.close();
    server.closeAllConnections();
  };
}

function answer(
  method: string,
  url: string,
  { reasons, policies, keys, reports, judged, countedSince }: Status,
): { status: number; body: object } {
  const path = url.replace(/[?#].*$/, "");
  if (method !== "GET" && method !== "HEAD") {
    return { status: 405, body: { message: "Only GET and HEAD are allowed" } };
  }
  switch (path) {
    case "/status/live":
      return { status: 200, body: { message: "live" } };
    case "/status/ready":
      return reasons.length === 0
        ? { status: 200, body: { message: "ready" } }
        : { status: 503, body: { message: "not ready", reasons } };
    case "/status":
      return {
        status: 200,
        body: {
          ready: reasons.length === 0,
          reasons,
          policies: policies.map(describePolicy),
          keys: keys.flatMap(describeKeys),
          counted_since: new Date(countedSince).toISOString(),
          judged: judged.map(describeJudged),
          would_have_denied: reports.map(describeReport),
        },
      };
    default:
      return { status: 404, body: { message: "There are /status, /status/ready and /status/live" } };
  }
}

function describePolicy({ source, inForce, refused, issuersWithoutKeys }: PolicyStatus): object {
  return {
    source,
    name: inForce?.name ?? null,
    sha256: inForce?.sha256 ?? null,
    refused: refused.map(({ line, column, code, message }) => ({ line, column, code, message })),
    issuers_without_keys: issuersWithoutKeys,
  };
}

function describeKeys({ id, issuer, sets }: IssuerKeysStatus): readonly object[] {
  return sets.map(({ from, keys, loadedAt, failures, failure }) => ({
    issuer: id,
    iss: issuer,
    from,
    keys,
    loaded_at: loadedAt === undefined ? null : new Date(loadedAt).toISOString(),
    failures,
    failure: failure ?? null,
  }));
}

function describeReport({ policy, rule, reason, requests, lastAt }: ReportCount): object {
  return { policy, rule: rule ?? null, reason, requests, last_at: new Date(lastAt).toISOString() };
}

function describeJudged({ policy, rule, requests, denied, reported }: JudgedCount): object {
  return { policy, rule: rule ?? null, requests, denied, would_have_denied: reported };
}

function describeAddress(server: Server): string {
  const address = server.address();
  return typeof address === "object" && address !== null ? `${address.address}:${address.port}` : String(address);
}
