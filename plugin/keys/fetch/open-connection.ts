import { once } from "node:events";
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import { isLoopbackName } from "../rules/fetch-url.ts";
import { findRefusal } from "./refused-address.ts";
import type { ResolvedAddress, ResolveName } from "./resolve-name.ts";

/**
 * @throws Error if the URL's host is a refused address. This function accepts every host name, because other code
 * checks the name's addresses later.
 */
export function checkHost({ hostname }: URL): void {
  const address = hostname.replace(/^\[|\]$/g, "");
  const refusal = isIP(address) === 0 ? undefined : findRefusal(address, isLoopbackName(hostname));
  if (refusal !== undefined) {
    throw new Error(`${address} is ${refusal}`);
  }
}

/**
 * Connects to a URL's origin and, for https, verifies the server. The connection goes only to addresses that were checked. A
 * later DNS change does not change the target.
 *
 * @param secureContext the trusted authorities and the client certificate, for https.
 * @param over an existing tunnel to the origin, used instead of a new connection.
 * @param signal ends the connection at any time.
 * @throws Error from the network or TLS, or an error that says which address is refused.
 */
export async function openConnection(
  url: URL,
  secureContext: SecureContext,
  { resolve, over, signal }: { readonly resolve: ResolveName; readonly over?: Socket; readonly signal: AbortSignal },
): Promise<Socket> {
  const isTls = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const target = { host, port: Number(url.port) || (isTls ? 443 : 80), lookup: lookUpChecked(resolve, url.hostname) };
  signal.throwIfAborted(); // Without this check, a signal that was aborted earlier would not end the connection.
  const tls = { secureContext, rejectUnauthorized: true, servername: isIP(host) ? "" : host };
  const socket = isTls ? connectTls({ ...target, ...tls, ...(over && { socket: over }) }) : connectTcp(target);
  // The listener does nothing, because the code that waits for the socket also gets the error. Without the listener, a late
  // error would end the process.
  socket.on("error", () => {});
  const end = (): void => void socket.destroy();
  signal.addEventListener("abort", end);
  socket.once("close", () => signal.removeEventListener("abort", end));
  await once(socket, isTls ? "secureConnect" : "connect", { signal });
  return socket;
}

/**
 * Refuses a host name if one of its addresses is refused. If a name has both allowed and refused addresses, the plugin
 * treats the name as hostile.
 */
function lookUpChecked(resolve: ResolveName, urlHostname: string): LookupFunction {
  const resolveChecked = async (hostname: string): Promise<ResolvedAddress[]> => {
    const addresses = await resolve(hostname);
    for (const { address } of addresses) {
      const refusal = findRefusal(address, isLoopbackName(urlHostname));
      if (refusal !== undefined) {
        throw new Error(`${hostname} resolves to ${address}, ${refusal}`);
      }
    }
    return [...addresses];
  };
  return (hostname, options, callback) => {
    const give = (addresses: ResolvedAddress[]): void => {
      const [first] = addresses;
      if (first === undefined) {
        callback(new Error(`${hostname} has no address`), []);
      } else if (options.all) {
        callback(null, addresses);
      } else {
        callback(null, first.address, first.family);
      }
    };
    resolveChecked(hostname).then(give, (error: Error) => callback(error, []));
  };
}
