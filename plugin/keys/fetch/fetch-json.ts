import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { JsonObject } from "../../core/json/json.ts";
import { isFetchAllowed } from "../rules/fetch-url.ts";
import { type CredentialFiles, openCredentialFiles } from "./credential-files.ts";
import { describeFailure } from "./describe-failure.ts";
import { type FetchSettings, NO_FETCH_SETTINGS } from "./fetch-settings.ts";
import { readFreshness, readServerTime } from "./freshness.ts";
import { checkHost, openConnection } from "./open-connection.ts";
import { chooseProxy, openTunnel } from "./proxy-tunnel.ts";
import { readAnswer } from "./read-answer.ts";
import { type ResolveName, resolveName } from "./resolve-name.ts";

const MAX_HEADER_BYTES = 16 * 1024;

export interface FetchOptions {
  /** Time limit for the whole fetch, from the DNS look-up to the last byte. */
  readonly timeoutMs: number;
  /** Aborts the fetch at once. */
  readonly signal?: AbortSignal;
  /** Allows http without TLS to a host that is not a loopback host. */
  readonly allowHttp?: boolean;
}

export interface FetchedJson {
  readonly body: JsonObject;
  /**
   * How many seconds the answer may be used, according to the server (RFC 9111); undefined if the server states no
   * time.
   */
  readonly freshForSeconds: number | undefined;
  /**
   * How far the server's clock is ahead of this machine's clock, accurate to a second; undefined if the server does not send its
   * time.
   */
  readonly clockAheadMs?: number | undefined;
}

/**
 * Sends a GET request for one JSON object. A fetch does not follow redirects, because only the policy decides where
 * keys come from. If a fetch fails, it is not repeated.
 *
 * @throws Error: the message names the cause and the URL, without the URL's query. The message quotes nothing from the answer.
 */
export type FetchJson = (url: string, options: FetchOptions) => Promise<FetchedJson>;

/**
 * A fetcher for the whole process. Each fetch opens its own connection, checks the addresses and reads the credential files.
 *
 * @param resolve resolves names to addresses.
 */
export function createFetcher(
  settings: FetchSettings = NO_FETCH_SETTINGS,
  resolve: ResolveName = resolveName,
): FetchJson {
  const files = openCredentialFiles(settings);
  return async (text, { timeoutMs, signal, allowHttp = false }) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const done = new AbortController();
    const end = AbortSignal.any([done.signal, timeout, ...(signal ? [signal] : [])]);
    try {
      if (!isFetchAllowed(text, { allowHttp, allowQuery: true })) {
        throw new Error("keys are fetched only over https; http needs a loopback host or `allow_http`");
      }
      end.throwIfAborted();
      // The time limit also applies while a fetch waits for its credential files.
      const ended = once(end, "abort").then(() => Promise.reject(end.reason));
      return await Promise.race([exchange(new URL(text), settings, files, { resolve, signal: end }), ended]);
    } catch (error) {
      const cause = describeEnd(timeout, signal, timeoutMs) ?? describeFailure(error);
      throw new Error(`GET ${describeUrl(text)} failed: ${cause}`);
    } finally {
      done.abort(); // The abort closes all sockets of the fetch.
    }
  };
}

function describeEnd(timeout: AbortSignal, signal: AbortSignal | undefined, timeoutMs: number): string | undefined {
  if (timeout.aborted) {
    return `no complete answer in ${timeoutMs} ms`;
  }
  return signal?.aborted ? "given up" : undefined;
}

async function exchange(
  url: URL,
  settings: FetchSettings,
  files: CredentialFiles,
  { resolve, signal }: { readonly resolve: ResolveName; readonly signal: AbortSignal },
): Promise<FetchedJson> {
  checkHost(url);
  const { context, headers } = await files.forOrigin(url.origin);
  const proxy = chooseProxy(settings, url);
  const over = proxy && (await openTunnel(proxy, url, await files.forProxy(), { resolve, signal }));
  const socket = await openConnection(url, context, { resolve, signal, ...(over && { over }) });
  const asking = request({
    path: `${url.pathname}${url.search}`,
    headers: {
      host: url.host,
      accept: "application/json, application/jwk-set+json",
      "accept-encoding": "identity",
      "user-agent": "jwt-policy",
      ...headers,
    },
    maxHeaderSize: MAX_HEADER_BYTES,
    createConnection: () => socket,
  }).end();
  asking.on("error", () => {}); // This listener ignores errors that come after the end of the answer.
  const [response] = (await once(asking, "response", { signal })) as [IncomingMessage];
  const now = Date.now();
  const serverTime = readServerTime(response.headers);
  return {
    body: await readAnswer(response),
    freshForSeconds: readFreshness(response.headers, now),
    clockAheadMs: serverTime === undefined ? undefined : serverTime - now,
  };
}

/**
 * Shows a URL in a message. The function omits the parts after a question mark and before an `@`, because these parts
 * may be secret.
 */
export function describeUrl(text: string): string {
  return text.replace(/\?.*/s, "?…").replace(/\/\/[^/]*@/, "//…@");
}
