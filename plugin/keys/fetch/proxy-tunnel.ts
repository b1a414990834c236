import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { isLoopbackName } from "../rules/fetch-url.ts";
import type { Credentials } from "./credential-files.ts";
import type { FetchSettings, ProxySettings } from "./fetch-settings.ts";
import { checkHost, openConnection } from "./open-connection.ts";
import type { ResolveName } from "./resolve-name.ts";

/**
 * Chooses the proxy for a URL. Returns undefined if the connection needs no proxy. That is the case for loopback hosts,
 * and for hosts that the settings exclude. An http URL needs no proxy either, because its host is in the gateway's own
 * network.
 */
export function chooseProxy({ proxy }: FetchSettings, { protocol, hostname }: URL): ProxySettings | undefined {
  const host = hostname.replace(/^\[|\]$/g, "");
  const isExcepted = proxy?.noProxy.some((entry) => (entry.startsWith(".") ? host.endsWith(entry) : host === entry));
  return protocol === "https:" && !isLoopbackName(hostname) && !isExcepted ? proxy : undefined;
}

/**
 * Asks a proxy to connect to a URL's origin (RFC 9110 section 9.3.6). The proxy then resolves the name and decides where to
 * connect.
 *
 * @throws Error that says what the proxy did, or an error of the network.
 */
export async function openTunnel(
  proxy: ProxySettings,
  target: URL,
  { context, headers }: Credentials,
  { resolve, signal }: { readonly resolve: ResolveName; readonly signal: AbortSignal },
): Promise<Socket> {
  const url = new URL(proxy.url);
  checkHost(url);
  const socket = await openConnection(url, context, { resolve, signal });
  const authority = `${target.hostname}:${target.port || 443}`;
  const asking = request({
    method: "CONNECT",
    path: authority,
    headers: { host: authority, ...headers },
    createConnection: () => socket,
  }).end();
  asking.on("error", () => {}); // Without this empty listener, an error event would end the process. Code that uses the socket gets the socket's own errors.
  const [response, tunnel, head] = (await once(asking, "connect", { signal })) as [IncomingMessage, Socket, Buffer];
  const { statusCode = 0 } = response;
  if (statusCode < 200 || statusCode > 299) {
    throw new Error(`the proxy answered CONNECT with status ${statusCode}`);
  }
  if (head.length > 0) {
    throw new Error("the proxy sent data before the origin's own data");
  }
  return tunnel;
}
