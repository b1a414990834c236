import { readFile } from "node:fs/promises";
import type { TlsOptions } from "./accept-connections.ts";

/** Command-line flags. */
export interface TlsFlags {
  tlsPort?: number;
  tlsCert?: string;
  tlsKey?: string;
}

/**
 * Reads certificate and key for the TLS port.
 *
 * @returns undefined if no flag is given.
 * @throws Error when one flag is missing, or a file is unreadable.
 */
export async function readTlsFiles(flags: TlsFlags): Promise<(TlsOptions & { port: number }) | undefined> {
  const { tlsPort, tlsCert, tlsKey } = flags;
  if (tlsPort === undefined && tlsCert === undefined && tlsKey === undefined) {
    return undefined;
  }
  if (tlsPort === undefined || tlsCert === undefined || tlsKey === undefined) {
    throw new Error("TLS needs all three: --tls-port, --tls-cert and --tls-key");
  }
  const [certificate, key] = await Promise.all([tlsCert, tlsKey].map((file) => readFile(file, "utf8")));
  return { port: tlsPort, certificate: certificate ?? "", key: key ?? "" };
}
