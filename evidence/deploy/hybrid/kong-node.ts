import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { KongSettings } from "../../../test/gateways/gateway.ts";
import { rootEnvironment } from "../../../test/gateways/kong/kong-environment.ts";

const KONG = process.env.KONG_BIN ?? "kong";

/** Settings of every node in the tests: one worker, no reports, and no default listeners. */
const QUIET: KongSettings = {
  KONG_PROXY_LISTEN: "off",
  KONG_ADMIN_LISTEN: "off",
  KONG_ADMIN_GUI_LISTEN: "off",
  KONG_STATUS_LISTEN: "off",
  KONG_ANONYMOUS_REPORTS: "off",
  KONG_NGINX_WORKER_PROCESSES: "1",
  ...rootEnvironment(),
};

/** Runs a command of Kong. @throws Error with the whole output of the command. */
export async function runKong(args: readonly string[], settings: KongSettings): Promise<void> {
  await promisify(execFile)(KONG, args, { env: { ...process.env, ...settings }, timeout: 120_000 }).catch((error) => {
    throw new Error(`kong ${args.join(" ")} failed:\n${error.stdout}\n${error.stderr}`);
  });
}

export interface KongNode {
  /** Its log so far. */
  readLog(): Promise<string>;
  stop(): Promise<void>;
}

/** One of several Kongs. @param choose returns the settings of the Kong for a prefix. */
export async function startKongNode(
  name: string,
  choose: (prefix: string) => KongSettings | Promise<KongSettings>,
): Promise<KongNode> {
  const prefix = await mkdtemp(join(tmpdir(), `kong-${name}-`));
  const settings = { ...QUIET, ...(await choose(prefix)), KONG_PREFIX: prefix };
  const readLog = (): Promise<string> => readFile(join(prefix, "logs/error.log"), "utf8").catch(() => "");
  const stop = async (): Promise<void> => {
    await runKong(["stop"], settings).catch(() => undefined);
    await rm(prefix, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await runKong(["start"], settings);
  } catch (error) {
    const log = await readLog();
    await stop();
    throw new Error(`${name}: ${error}\n${log.slice(-2_000)}`);
  }
  return { readLog, stop };
}
