import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findFreePort } from "../../../test/gateways/free-port.ts";
import { waitFor } from "../../../test/gateways/gateway.ts";

const run = promisify(execFile);

/** PostgreSQL refuses to run as root. */
const AS_POSTGRES =
  process.getuid?.() === 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];

export function findMissingPostgres(): string | undefined {
  const programs = [...AS_POSTGRES.slice(0, 1), "initdb", "postgres", "pg_isready"];
  const missing = programs.filter((program) => {
    try {
      execFileSync(program, ["--version"], { stdio: "ignore", timeout: 20_000 });
      return false;
    } catch {
      return true;
    }
  });
  return missing.length === 0 ? undefined : `no ${missing.join(", ")} in PATH, so there is no PostgreSQL for Kong`;
}

export interface Postgres {
  /** Kong's settings for this database. */
  readonly settings: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** An empty database in a separate directory, for one test. */
export async function startPostgres(): Promise<Postgres> {
  const directory = await mkdtemp(join(tmpdir(), "kong-postgres-"));
  await chmod(directory, 0o777); // PostgreSQL runs as a different user than the test.
  const data = join(directory, "data");
  const port = String(await findFreePort());
  const [program = "", ...words] = [...AS_POSTGRES, "initdb", "-D", data, "-A", "trust", "-U", "kong"];
  await run(program, words, { cwd: directory });
  const [server = "", ...options] = [...AS_POSTGRES, "postgres", "-D", data, "-h", "127.0.0.1", "-p", port];
  const process = spawn(server, [...options, "-k", directory, "-c", "fsync=off"], { cwd: directory, stdio: "ignore" });
  const stop = async (): Promise<void> => {
    const ended = once(process, "close");
    process.kill("SIGINT"); // A fast shutdown, which does not wait for clients.
    await ended;
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  const isReady = await waitFor(
    () =>
      run("pg_isready", ["-h", "127.0.0.1", "-p", port]).then(
        () => true,
        () => undefined,
      ),
    30_000,
  );
  if (isReady === undefined) {
    await stop();
    throw new Error("PostgreSQL did not start");
  }
  return {
    settings: {
      KONG_DATABASE: "postgres",
      KONG_PG_HOST: "127.0.0.1",
      KONG_PG_PORT: port,
      KONG_PG_USER: "kong",
      KONG_PG_DATABASE: "postgres",
    },
    stop,
  };
}
