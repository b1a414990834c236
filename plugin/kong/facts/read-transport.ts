import type { Transport } from "../../core/model/request.ts";
import type { Pdk } from "../contract/pdk.ts";
import type { ConnectionFacts } from "./facts-variable.ts";

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.|unix:)/;

/**
 * Finds out whether the request came over TLS. The plugin believes a proxy's headers only if Kong trusts the proxy
 * (`trusted_ips`). If Kong took the client's address from the headers of a proxy, then Kong trusts the proxy. If the
 * addresses do not show whether Kong trusts the proxy, the plugin asks Kong, but only if `X-Forwarded-Proto` is https.
 */
export async function readTransport(
  pdk: Pdk,
  connection: ConnectionFacts,
  headers: ReadonlyMap<string, string>,
): Promise<Transport> {
  const known = findTransport(connection, headers);
  return known ?? ((await pdk.request.getForwardedScheme()) === "https" ? "tls" : "plain");
}

/**
 * Finds out whether the request came over TLS, without the facts variable. Kong uses the first line of
 * `X-Forwarded-Proto`. If the lines of this header contradict each other, the plugin ignores the header, and only the
 * connection counts.
 */
export async function askTransport(pdk: Pdk, headers: ReadonlyMap<string, string>): Promise<Transport> {
  const said = headers.get("x-forwarded-proto")?.toLowerCase();
  const scheme =
    said === undefined || said === "https" ? await pdk.request.getForwardedScheme() : await pdk.nginx.getVar("scheme");
  if (scheme === "https") {
    return "tls";
  }
  return LOOPBACK.test(await pdk.nginx.getVar("realip_remote_addr")) ? "loopback" : "plain";
}

/**
 * Finds out without a call to Kong whether the request came over TLS. Returns undefined if only Kong knows whether Kong
 * trusts the proxy.
 */
export function findTransport(
  { scheme, peer, client }: ConnectionFacts,
  headers: ReadonlyMap<string, string>,
): Transport | undefined {
  if (scheme === "https") {
    return "tls";
  }
  if (LOOPBACK.test(peer)) {
    return "loopback";
  }
  if (headers.get("x-forwarded-proto")?.toLowerCase() !== "https") {
    return "plain";
  }
  return peer === client ? undefined : "tls";
}
