/**
 * Starts only the OpenID provider, for a gateway that runs elsewhere: `SANDBOX_CLIENT_SECRET=… node
 * dist/sandbox/start-provider.js`.
 */
import { Command } from "commander";
import { startIdentityProvider } from "./demo/identity-provider.ts";
import { WRITTEN_PORTS } from "./demo/local-copy.ts";
import { parsePort } from "./demo/parse-port.ts";

const { port, host } = new Command("start-provider")
  .description("Starts the sandbox's OpenID provider alone. SANDBOX_CLIENT_SECRET is the secret of its clients.")
  .option("--port <port>", "where it listens", parsePort, WRITTEN_PORTS.provider)
  .option("--host <host>", "address to listen on", "127.0.0.1")
  .parse()
  .opts<{ port: number; host: string }>();

const provider = await startIdentityProvider(port, { host, clientSecret: process.env.SANDBOX_CLIENT_SECRET });
process.stdout.write(`OpenID provider ${provider.issuer}, listening on ${host}\n`);

// The program handles signals, because the first process of a container otherwise ignores them.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(0));
}
