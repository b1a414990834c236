import type { KongSettings } from "../gateway.ts";

/**
 * The environment of a DB-less Kong with one worker that listens on the proxy only and reports to nobody.
 *
 * @param tlsPort where TLS is spoken as well, with the certificate that Kong makes for itself.
 * @param address where Kong listens.
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

/** As root, nginx would run its workers as nobody, who may neither read this checkout nor use a socket of ours. */
export function rootEnvironment(): Readonly<Record<string, string>> {
  return process.getuid?.() === 0 ? { KONG_NGINX_USER: "root root" } : {};
}

/**
 * Loads a whole kong.yml through Kong's Admin API.
 *
 * @throws Error with Kong's words when it refuses the file.
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
