import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { findFreePort } from "../../../test/gateways/free-port.ts";
import { quietKongEnvironment, rootEnvironment } from "../../../test/gateways/kong/kong-environment.ts";
import type { Pod } from "./pod.ts";

const KONG = process.env.KONG_BIN ?? "kong";

export interface KongInPod {
  readonly url: string;
}

/**
 * Starts the Kong binary with a pod's environment variables.
 *
 * @param env the variables of the container, with the paths of the pod.
 * @throws Error with the end of Kong's log if Kong does not start.
 */
export async function startKongInPod(
  pod: Pod,
  env: Readonly<Record<string, string>>,
  configText: string,
): Promise<KongInPod> {
  const prefix = mkdtempSync(join(tmpdir(), "kong-"));
  const port = await findFreePort();
  writeFileSync(join(prefix, "kong.yml"), configText);
  const adapted = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, pod.adapt(value)]));
  const environment = {
    ...process.env,
    ...adapted,
    ...quietKongEnvironment(join(prefix, "kong.yml"), port),
    ...rootEnvironment(),
    KONG_PREFIX: prefix,
  };
  const kong = (command: string): Promise<unknown> =>
    promisify(execFile)(KONG, [command], { env: environment, timeout: 60_000 });
  onTestFinished(async () => {
    await kong("stop").catch(() => undefined); // Kong may have ended already.
    rmSync(prefix, { recursive: true, force: true, maxRetries: 5 });
  });
  await kong("start").catch((error: unknown) => {
    const log = readFileSync(join(prefix, "logs/error.log"), "utf8");
    throw new Error(`Kong did not start: ${error}\n${log.slice(-2_000)}`);
  });
  return { url: `http://127.0.0.1:${port}` };
}
