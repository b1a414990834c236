import { isIP } from "node:net";

/**
 * Whether a `Host` names the server itself: by an address, as `localhost`, or as the server was told to listen. A page of another site
 * reaches the server under its own name only (DNS rebinding), and no name of a site is an address.
 *
 * @param host of the request, with or without a port.
 * @param listenHost that the server was told to listen on.
 */
export function isOwnHost(host: string, listenHost: string | undefined): boolean {
  const [, address, name = ""] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(host) ?? [];
  if (address !== undefined) {
    return isIP(address) === 6;
  }
  const lower = name.toLowerCase().replace(/\.$/, "");
  return isIP(name) === 4 || lower === "localhost" || (lower !== "" && lower === listenHost?.toLowerCase());
}
