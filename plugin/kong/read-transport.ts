import type { Transport } from "../core/request.ts";
import type { ConnectionFacts } from "./facts-variable.ts";
import type { Pdk } from "./pdk.ts";

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.|unix:)/;

/**
 * How the request came. What a proxy says of it counts when Kong trusts the proxy (`trusted_ips`): that is certain when Kong took
 * the client's address from it as well, and else Kong is asked, which costs a call, but only where the answer can be yes.
 */
export async function readTransport(
  pdk: Pdk,
  { scheme, peer, client }: ConnectionFacts,
  headers: ReadonlyMap<string, string>,
): Promise<Transport> {
  if (scheme === "https") {
    return "tls";
  }
  if (LOOPBACK.test(peer)) {
    return "loopback";
  }
  if (headers.get("x-forwarded-proto")?.toLowerCase() !== "https") {
    return "plain";
  }
  return peer !== client || (await pdk.request.getForwardedScheme()) === "https" ? "tls" : "plain";
}

/**
 * The same where only the headers are known. Kong goes by the first line of `X-Forwarded-Proto`; a proxy that says two things is not
 * believed, so the connection alone counts.
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
