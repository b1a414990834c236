import { execFile, execFileSync } from "node:child_process";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findFreePort } from "../../test/gateways/free-port.ts";

export interface Postgres {
  readonly port: number;
  stop(): Promise<void>;
}

/** Why the tests cannot run PostgreSQL; undefined if they can. */
export function findMissingPostgres(): string | undefined {
  try {
    execFileSync("pg_ctl", ["--version"], { stdio: "ignore", timeout: 20_000 });
    findUser();
    return undefined;
  } catch {
    return "no PostgreSQL: put pg_ctl and initdb into PATH (and have a user postgres, when you are root)";
  }
}

/** A new PostgreSQL on this machine. Its superuser and its database are `postgres`, and need no password. */
export async function startPostgres(): Promise<Postgres> {
  const user = findUser();
  const directory = await mkdtemp(join(tmpdir(), "postgres-"));
  if ("uid" in user) {
    await chown(directory, user.uid, user.gid);
  }
  const data = join(directory, "data");
  const port = await findFreePort();
  const run = (program: string, args: readonly string[]): Promise<unknown> =>
    promisify(execFile)(program, ["-D", data, ...args], { ...user, cwd: directory, timeout: 120_000 });
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true, maxRetries: 5 });
  try {
    await run("initdb", ["-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8"]);
    const settings = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories= -c fsync=off`;
    await run("pg_ctl", ["-w", "-l", join(directory, "log"), "-o", settings, "start"]);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    port,
    async stop() {
      await run("pg_ctl", ["-w", "-m", "fast", "stop"]);
      await remove();
    },
  };
}

/** PostgreSQL refuses to run as root. */
function findUser(): { readonly uid: number; readonly gid: number } | Record<never, never> {
  if (process.getuid?.() !== 0) {
    return {};
  }
  const ask = (option: string): number => Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }));
  return { uid: ask("-u"), gid: ask("-g") };
}
