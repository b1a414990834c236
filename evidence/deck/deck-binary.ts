import { spawnSync } from "node:child_process";
import { join } from "node:path";

const DECK = process.env.DECK_BIN ?? "deck";
const ROOT = join(import.meta.dirname, "../..");

interface DeckResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs decK in the repository. decK contacts only the given Kong. */
export function runDeck(args: readonly string[], { input = "" } = {}): DeckResult {
  return run(DECK, args, {}, input);
}

/** Runs a shell line in which `deck` is decK. `stdout` has the output of both streams. */
export function runDeckCommand(line: string, environment: Readonly<Record<string, string>>): DeckResult {
  const script = `deck() { env "$DECK" "$@"; }\n{ ${line}\n} 2>&1`;
  return run("/bin/sh", ["-c", script], { ...environment, DECK });
}

function run(program: string, args: readonly string[], more: Readonly<Record<string, string>>, input = ""): DeckResult {
  const env = { ...process.env, NO_COLOR: "1", DECK_ANALYTICS: "off", ...more };
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: ROOT,
    encoding: "utf8",
    input,
    env,
    timeout: 120_000,
  });
  return { status, stdout, stderr };
}

/** Why the tests cannot run decK; undefined if they can. */
export function findMissingDeck(): string | undefined {
  const { status } = spawnSync(DECK, ["version"], { stdio: "ignore", timeout: 20_000 });
  return status === 0 ? undefined : "no decK: set DECK_BIN or put deck into PATH";
}
