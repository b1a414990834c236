import { readFileSync } from "node:fs";
import { setPriority } from "node:os";
import { openExchange, type Target } from "./exchange.ts";
import { floodWithResets } from "./reset-flood.ts";

// One process of the overload bench. The process sends as many requests as it can until it gets the command to stop.
// Then the process prints the number of answers with each status. The process has the lowest priority, because it
// shares the processors with the gateway.

interface Plan {
  readonly connections: number;
  readonly target: Target;
  /** HTTP/2 streams that the client resets immediately, instead of requests. */
  readonly resets?: { readonly port: number; readonly from: string; readonly path: string };
}

setPriority(19);
const [file = ""] = process.argv.slice(2);
const { connections, target, resets }: Plan = JSON.parse(readFileSync(file, "utf8"));
const statuses = new Map<number | string, number>();
const count = (status: number | string, more = 1): void =>
  void statuses.set(status, (statuses.get(status) ?? 0) + more);
let isOver = false;

process.on("SIGTERM", () => {
  isOver = true;
  process.stdout.write(JSON.stringify(Object.fromEntries(statuses)), () => process.exit(0));
});

if (resets) {
  floodWithResets(resets.port, resets.from, resets.path, connections, (streams) => count("streams", streams));
} else {
  for (let index = 0; index < connections; index += 1) {
    void flood();
  }
}

async function flood(): Promise<void> {
  const exchange = openExchange(target);
  while (!isOver) {
    count(await exchange.send());
  }
}
