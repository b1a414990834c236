import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** Environment variables that change how Node or the server behaves. */
const TELLING = /^(?:NODE_|SSL_CERT_|OPENSSL_|UV_|TZ$)/;

export interface ServerCommand {
  readonly node: string;
  /** Node's own options. */
  readonly nodeOptions: readonly string[];
  /** The path of the single file that contains the server. */
  readonly main: string;
  readonly options: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Files that the server reads only when it starts. */
  readonly files: readonly string[];
}

/**
 * Computes the identity of the server that a launcher wants: its code, Node version, options and settings. If a running
 * server has the same identity, the launcher attaches to this server. If the identities differ, the launcher replaces
 * the running server.
 */
export function identifyServer({ node, nodeOptions, main, options, environment, files }: ServerCommand): string {
  const variables = Object.entries(environment)
    .filter(([name]) => TELLING.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const contents = [main, ...files].map((path) => [path, hashFile(path)]);
  const text = JSON.stringify([process.version, node, nodeOptions, options, variables, contents]);
  return createHash("sha256").update(text).digest("hex");
}

function hashFile(path: string): string {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex");
  } catch (error) {
    return `unreadable: ${(error as NodeJS.ErrnoException).code}`;
  }
}
