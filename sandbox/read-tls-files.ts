import { readFile } from "node:fs/promises";
import type { TlsOptions } from "./accept-connections.ts";

/** Flags of a command line. */
export interface TlsFlags {
  tlsPort?: number;
  tlsCert?: string;
  tlsKey?: string;
}

/**
 * Reads certificate and key for the port with TLS.
 *
 * @returns undefined where none of the flags is given.
 * @throws Error when one of them is missing, or a file cannot be read.
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
