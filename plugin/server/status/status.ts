import { createServer, type Server } from "node:http";
import type { ListenOptions } from "node:net";
import { VIEW_HTML, VIEW_SCRIPT_HASH, VIEW_STYLE_HASH } from "../../../schema/generated/view-page.ts";
import { toPrintableJson } from "../../core/text/printable.ts";
import { boundConnections } from "./bound-connections.ts";
import { describeStatus, type Status } from "./describe-status.ts";
import { isOwnHost } from "./is-own-host.ts";

export interface StatusOptions {
  readonly listen: ListenOptions;
  readonly read: () => Status;
  /** Reads the metrics as text for Prometheus. The function is undefined if the server has no metrics. */
  readonly readMetrics?: (() => Promise<{ readonly contentType: string; readonly text: string }>) | undefined;
  readonly log: (line: string) => void;
}

/**
 * How often to try to listen on the status address, in milliseconds. During `kong reload`, the old process still listens on the
 * address and answers the probes.
 */
const RETRY_MS = 500;
const MAX_CONNECTIONS = 64;
/**
 * Time limits for a request's head and for the whole request, in milliseconds. The limits can be low, because probes
 * are small and come from the same network.
 */
const TIMEOUT_MS = 1_000;
const CHECK_MS = 250;

/**
 * Starts the HTTP server for probes: `/status/live` answers 200 while the event loop runs. `/status/ready` answers 200,
 * or 503 with the reasons. `/status` shows the version of each policy in effect and the state of each issuer's keys.
 * `/status` also shows how many requests each rule has judged, and which requests the rules in report mode would have
 * refused. `/status/view` shows the same data as a page for people. `/metrics` returns the metrics for Prometheus. The
 * status server's answers contain no secrets, but they do contain names of policies and issuers. So the address must
 * not be reachable from the outside.
 *
 * @returns a function that releases the address at once.
 */
export function serveStatus({ listen, read, readMetrics, log }: StatusOptions): () => void {
  const server = createServer(
    {
      maxHeaderSize: 8_192,
      requestTimeout: TIMEOUT_MS,
      keepAliveTimeout: TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_MS, // Without this option, Node looks for slow connections only every 30 s.
    },
    (request, response) => {
      const isOwn = isOwnHost(request.headers.host ?? "localhost", listen.host);
      const send = ({ status, contentType, text, headers }: TextAnswer): void => {
        response.writeHead(status, { ...HEADERS, ...headers, "Content-Type": contentType });
        response.end(request.method === "HEAD" ? undefined : text);
      };
      const { method = "", url = "" } = request;
      const path = isOwn && isRead(method) ? pathOf(url) : undefined;
      if (path === "/metrics" && readMetrics) {
        readMetrics().then(
          (read) => send({ status: 200, ...read }),
          () => send(renderJson(METRICS_FAILED)),
        );
      } else if (path === "/status/view") {
        send(VIEW);
      } else {
        send(renderJson(isOwn ? answer(method, url, read) : FOREIGN_HOST));
      }
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

const FOREIGN_HOST: Answer = { status: 421, body: { message: "Use an IP address or localhost as the host" } };

const METRICS_FAILED: Answer = { status: 500, body: { message: "The metrics could not be read" } };

interface TextAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * With these headers, no cache stores an answer, no other page shows the answer in a frame, and no browser guesses the
 * answer's type.
 */
const HEADERS = {
  Allow: "GET, HEAD",
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

function renderJson({ status, body }: Answer): TextAnswer {
  return { status, contentType: "application/json; charset=utf-8", text: `${toPrintableJson(body, 2)}\n` };
}

/** The page `/status/view` for people. The page's script asks for `/status`, so the page itself contains no data. */
const VIEW: TextAnswer = {
  status: 200,
  contentType: "text/html; charset=utf-8",
  text: VIEW_HTML,
  headers: {
    "Content-Security-Policy": [
      "default-src 'none'",
      `script-src '${VIEW_SCRIPT_HASH}'`,
      `style-src '${VIEW_STYLE_HASH}'`,
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      // With `require-trusted-types-for`, even a defect in the script cannot turn a text into HTML.
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ].join("; "),
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
  },
};

const isRead = (method: string): boolean => method === "GET" || method === "HEAD";

const pathOf = (url: string): string => url.replace(/[?#].*$/, "");

function answer(method: string, url: string, read: () => Status): Answer {
  if (!isRead(method)) {
    return { status: 405, body: { message: "Only GET and HEAD are allowed" } };
  }
  switch (pathOf(url)) {
    case "/status/live":
      return { status: 200, body: { message: "live" } };
    case "/status/ready":
      return describeReadiness(read());
    case "/status":
      return { status: 200, body: describeStatus(read()) };
    default:
      return {
        status: 404,
        body: {
          message: "Unknown path. The paths are /status, /status/view, /status/ready, /status/live and /metrics",
        },
      };
  }
}

function describeReadiness({ reasons }: Status): Answer {
  return reasons.length === 0
    ? { status: 200, body: { message: "ready" } }
    : { status: 503, body: { message: "not ready", reasons } };
}

function describeAddress(server: Server): string {
  const address = server.address();
  return typeof address === "object" && address !== null ? `${address.address}:${address.port}` : String(address);
}
