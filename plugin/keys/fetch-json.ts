import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { isFetchAllowed } from "../core/fetch-url.ts";
import type { JsonObject } from "../core/json.ts";
import { type CredentialFiles, openCredentialFiles } from "./credential-files.ts";
import { describeFailure } from "./describe-failure.ts";
import { type FetchSettings, NO_FETCH_SETTINGS } from "./fetch-settings.ts";
import { readFreshness } from "./freshness.ts";
import { checkHost, openConnection } from "./open-connection.ts";
import { chooseProxy, openTunnel } from "./proxy-tunnel.ts";
import { readAnswer } from "./read-answer.ts";
import { type ResolveName, resolveName } from "./resolve-name.ts";

const MAX_HEADER_BYTES = 16 * 1024;

export interface FetchOptions {
  /** Bound on the whole exchange, from the name's look-up to the last byte. */
  readonly timeoutMs: number;
  /** Gives it up at once. */
  readonly signal?: AbortSignal;
  /** Plain http to a host that is not loopback. */
  readonly allowHttp?: boolean;
}

interface FetchedJson {
  readonly body: JsonObject;
  /** How long the server lets it be used (RFC 9111), in seconds; undefined when it does not say. */
  readonly freshForSeconds: number | undefined;
}

/**
 * GETs one JSON object. Nothing is followed or tried again: the policy names where keys come from, and nobody else does.
 *
 * @throws Error whose message names the URL, but for its query, and the cause; nothing of what was answered.
 */
export type FetchJson = (url: string, options: FetchOptions) => Promise<FetchedJson>;

/**
 * A fetcher for the whole process. Each fetch has a connection of its own, so that addresses are checked and files are read anew.
 *
 * @param resolve names to addresses.
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
        throw new Error("keys are fetched by https, and by http on loopback or with `allow_http`");
      }
      end.throwIfAborted();
      // The bound holds for files that can not be read at the moment, too.
      const ended = once(end, "abort").then(() => Promise.reject(end.reason));
      return await Promise.race([exchange(new URL(text), settings, files, { resolve, signal: end }), ended]);
    } catch (error) {
      const cause = describeEnd(timeout, signal, timeoutMs) ?? describeFailure(error);
      throw new Error(`GET ${describeUrl(text)} failed: ${cause}`);
    } finally {
      done.abort(); // Closes every socket.
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
  asking.on("error", () => {}); // What comes later than the answer no longer matters.
  const [response] = (await once(asking, "response", { signal })) as [IncomingMessage];
  const body = await readAnswer(response);
  return { body, freshForSeconds: readFreshness(response.headers, Date.now()) };
}

/** A URL as messages show it: what follows a question mark or stands before an `@` may be a secret. */
export function describeUrl(text: string): string {
  return text.replace(/\?.*/s, "?…").replace(/\/\/[^/]*@/, "//…@");
}
