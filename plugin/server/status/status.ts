import { createServer, type Server } from "node:http";
import type { ListenOptions } from "node:net";
import { toPrintableJson, withoutUserInfo } from "../../core/text/printable.ts";
import type { IssuerKeysStatus } from "../../keys/life/key-source.ts";
import type { KeyStoreStatus } from "../../keys/store/key-store.ts";
import type { JudgedCount, ReportCount } from "../../observe/report-counts.ts";
import type { PolicyStatus } from "../../runtime/versions/policy-report.ts";
import { boundConnections } from "./bound-connections.ts";
import { isOwnHost } from "./is-own-host.ts";

/** The status of the process. */
export interface Status {
  /** Why the process should get no requests; empty if it is ready for requests. */
  readonly reasons: readonly string[];
  readonly policies: readonly PolicyStatus[];
  readonly keys: readonly IssuerKeysStatus[];
  /** The state of the store that keeps keys over restarts; undefined if keys are not stored. */
  readonly keyStore?: KeyStoreStatus | undefined;
  readonly reports: readonly ReportCount[];
  readonly judged: readonly JudgedCount[];
  /** When the counts began, in milliseconds since the epoch. */
  readonly countedSince: number;
}

export interface StatusOptions {
  readonly listen: ListenOptions;
  readonly read: () => Status;
  readonly log: (line: string) => void;
}

/** How often to try to listen. On `kong reload`, the old process still has the address and answers the probes. */
const RETRY_MS = 500;
const MAX_CONNECTIONS = 64;
/** Time limit for a request's head and for the whole request. Probes are small and come from nearby. */
const TIMEOUT_MS = 1_000;
const CHECK_MS = 250;

/**
 * An HTTP server for probes: `/status/live` answers 200 while the event loop runs. `/status/ready` answers 200, or 503 with the
 * reasons. `/status` shows the version of each policy in force and the state of each issuer's keys. It also shows how many
 * requests each rule has judged, and what rules in report mode would have refused. The status contains no secrets, but it names
 * policies and issuers. So do not expose it to the outside.
 *
 * @returns a function that releases the address at once.
 */
export function serveStatus({ listen, read, log }: StatusOptions): () => void {
  const server = createServer(
    {
      maxHeaderSize: 8_192,
      requestTimeout: TIMEOUT_MS,
      headersTimeout: TIMEOUT_MS,
      keepAliveTimeout: TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_MS, // By default, Node checks for slow connections only every 30 s.
    },
    (request, response) => {
      const { status, body } = isOwnHost(request.headers.host ?? "localhost", listen.host)
        ? answer(request.method ?? "", request.url ?? "", read)
        : FOREIGN_HOST;
      const text = `${toPrintableJson(body, 2)}\n`;
      response.writeHead(status, {
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "no-store",
        Allow: "GET, HEAD",
      });
      response.end(request.method === "HEAD" ? undefined : text);
    },
  );
  boundConnections(server, MAX_CONNECTIONS);
  let retry: NodeJS.Timeout | undefined;
  let isTold = false;
  let isClosed = false;
  server.on("error", (error: NodeJS.ErrnoException) => {
    if (isClosed) {
      return;
    }
    if (!isTold) {
      isTold = true;
      log(`status requests are not answered yet: ${error.message}`);
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

interface Answer {
  readonly status: number;
  readonly body: object;
}

const FOREIGN_HOST: Answer = { status: 421, body: { message: "Ask by an IP address, or as localhost" } };

function answer(method: string, url: string, read: () => Status): Answer {
  const path = url.replace(/[?#].*$/, "");
  if (method !== "GET" && method !== "HEAD") {
    return { status: 405, body: { message: "Only GET and HEAD are allowed" } };
  }
  switch (path) {
    case "/status/live":
      return { status: 200, body: { message: "live" } };
    case "/status/ready":
      return describeReadiness(read());
    case "/status":
      return { status: 200, body: describeStatus(read()) };
    default:
      return { status: 404, body: { message: "There are /status, /status/ready and /status/live" } };
  }
}

function describeReadiness({ reasons }: Status): Answer {
  return reasons.length === 0
    ? { status: 200, body: { message: "ready" } }
    : { status: 503, body: { message: "not ready", reasons } };
}

function describeStatus({ reasons, policies, keys, keyStore, reports, judged, countedSince }: Status): object {
  return {
    ready: reasons.length === 0,
    reasons,
    policies: policies.map(describePolicy),
    keys: keys.flatMap(describeKeys),
    ...(keyStore && { state_dir: { path: keyStore.directory, problem: keyStore.problem ?? null } }),
    counted_since: new Date(countedSince).toISOString(),
    judged: judged.map(describeJudged),
    would_have_denied: reports.map(describeReport),
  };
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
  return sets.map(({ from, state, keys, loadedAt, isRestored, failures, failure, notUsed, warnings }) => ({
    issuer: id,
    iss: withoutUserInfo(issuer),
    from,
    state,
    keys,
    loaded_at: loadedAt === undefined ? null : new Date(loadedAt).toISOString(),
    from_state_dir: isRestored,
    failures,
    failure: failure === undefined ? null : withoutUserInfo(failure),
    not_used: notUsed.map(withoutUserInfo),
    warnings: warnings.map(withoutUserInfo),
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
