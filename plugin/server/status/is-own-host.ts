import { isIP } from "node:net";

/**
 * Whether a `Host` names the server itself. Any IP address, `localhost`, and the host in the server's options count as
 * names of the server. With DNS rebinding, a web page of another site can also reach the server, but only under the
 * other site's name.
 *
 * @param host the request's `Host`, with or without a port.
 * @param listenHost the host in the server's options.
 */
export function isOwnHost(host: string, listenHost: string | undefined): boolean {
  const [, address, name] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(host) ?? [];
  if (address !== undefined) {
    return isIP(address) === 6;
  }
  if (name === undefined) {
    return false; // The host has no valid form.
  }
  const lower = name.toLowerCase().replace(/\.$/, "");
  return isIP(name) === 4 || lower === "localhost" || lower === listenHost?.toLowerCase();
}
