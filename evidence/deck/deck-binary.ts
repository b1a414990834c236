import { spawnSync } from "node:child_process";
import { join } from "node:path";

const DECK = process.env.DECK_BIN ?? "deck";
const ROOT = join(import.meta.dirname, "../..");

interface DeckResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs decK in the repository, with nothing told to anybody but the Kong that it is pointed at. */
export function runDeck(args: readonly string[], { input = "" } = {}): DeckResult {
  return run(DECK, args, {}, input);
}

/** Runs a line of a shell in which `deck` is decK; what it prints on either stream is in `stdout`. */
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

/** Why decK cannot be run here, or undefined. */
export function findMissingDeck(): string | undefined {
  const { status } = spawnSync(DECK, ["version"], { stdio: "ignore", timeout: 20_000 });
  return status === 0 ? undefined : "no decK: set DECK_BIN or put deck into PATH";
}
