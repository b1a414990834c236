import type { KongSettings } from "../gateway.ts";

/**
 * The environment of a DB-less Kong with one worker. This Kong listens only on the proxy's ports, and sends no reports.
 *
 * @param tlsPort the port for TLS. Kong makes the certificate for the TLS port.
 * @param address the address at which Kong listens.
 */
export function quietKongEnvironment(
  configFile: string,
  proxyPort: number,
  tlsPort?: number,
  address = "127.0.0.1",
): Readonly<Record<string, string>> {
  const plain = `${address}:${proxyPort} http2`;
  return {
    KONG_DATABASE: "off",
    KONG_DECLARATIVE_CONFIG: configFile,
    KONG_PROXY_LISTEN: tlsPort === undefined ? plain : `${plain}, ${address}:${tlsPort} ssl http2`,
    KONG_ADMIN_LISTEN: "off",
    KONG_ADMIN_GUI_LISTEN: "off",
    KONG_STATUS_LISTEN: "off",
    KONG_ANONYMOUS_REPORTS: "off",
    KONG_NGINX_WORKER_PROCESSES: "1",
  };
}

/**
 * If root starts nginx, its workers run as the user nobody. The container's user may not read this checkout or use our
 * socket.
 */
export function rootEnvironment(): Readonly<Record<string, string>> {
  return process.getuid?.() === 0 ? { KONG_NGINX_USER: "root root" } : {};
}

/**
 * Loads a whole kong.yml through Kong's Admin API.
 *
 * @throws Error with Kong's words if Kong refuses the file.
 */
export async function loadConfig(settings: KongSettings, configText: string): Promise<void> {
  const response = await fetch(`http://${settings.KONG_ADMIN_LISTEN}/config`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ config: configText }),
  });
  if (response.status !== 201) {
    throw new Error(`Kong refused the configuration: ${response.status} ${await response.text()}`);
  }
  await response.body?.cancel();
}
