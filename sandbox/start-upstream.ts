/** Starts only the echo upstream, for a gateway that runs elsewhere: `node dist/sandbox/start-upstream.js`. */
import { Command } from "commander";
import { startEchoUpstream } from "./demo/echo-upstream.ts";
import { WRITTEN_PORTS } from "./demo/local-copy.ts";
import { parsePort } from "./demo/parse-port.ts";

const { port } = new Command("start-upstream")
  .description("Starts only the sandbox's upstream, which answers each request with a description of that request.")
  .option("--port <port>", "the port of the upstream on the loopback address", parsePort, WRITTEN_PORTS.upstream)
  .parse()
  .opts<{ port: number }>();

const upstream = await startEchoUpstream(port);
process.stdout.write(`echo upstream http://127.0.0.1:${upstream.port}\n`);

// The program handles signals, because the first process of a container otherwise ignores them.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(0));
}
