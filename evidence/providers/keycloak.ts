import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findFreePort } from "../../test/gateways/free-port.ts";
import { waitFor } from "../../test/gateways/gateway.ts";
import { createKeycloakRealm } from "./keycloak-realm.ts";
import type { ProviderKind } from "./provider.ts";

const run = promisify(execFile);
const VERSION = "26.4.0";
const ARTIFACT = `org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`;
/** The folder in which the distribution is unpacked once. It is never part of the clone. */
const CACHE = join(tmpdir(), "jwt-policy-providers");
const DOWNLOAD_MS = 600_000;
/** At its first start, Keycloak compiles itself. */
const START_MS = 600_000;

/** Keycloak from `KEYCLOAK_HOME`, or from Maven Central where java and mvn are here. */
export async function findKeycloak(): Promise<ProviderKind> {
  const found = await findHome();
  const home = "home" in found ? found.home : "";
  return {
    label: "Keycloak",
    missing: "missing" in found ? found.missing : undefined,
    async start() {
      const port = await findFreePort();
      const server = await startServer(home, port);
      const realm = await createKeycloakRealm(`http://127.0.0.1:${port}`, server.password).catch(async (error) => {
        await server.stop();
        throw error;
      });
      return { name: `Keycloak ${await readVersion(home)}`, ...realm, stop: server.stop };
    },
  };
}

async function findHome(): Promise<{ readonly home: string } | { readonly missing: string }> {
  if (!(await answers("java", ["-version"]))) {
    return { missing: "no java in PATH" };
  }
  const { KEYCLOAK_HOME } = process.env;
  if (KEYCLOAK_HOME !== undefined) {
    return existsSync(join(KEYCLOAK_HOME, "bin/kc.sh"))
      ? { home: KEYCLOAK_HOME }
      : { missing: `no bin/kc.sh in KEYCLOAK_HOME (${KEYCLOAK_HOME})` };
  }
  const home = join(CACHE, `keycloak-${VERSION}`);
  if (existsSync(join(home, "bin/kc.sh"))) {
    return { home };
  }
  if (!(await answers("mvn", ["-version"])) || !(await answers("unzip", ["-v"]))) {
    return { missing: "KEYCLOAK_HOME is not set, and there are no mvn and unzip to download it with" };
  }
  try {
    const copy = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";
    const target = [`-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${CACHE}`];
    await run("mvn", ["-q", "-B", copy, ...target], { timeout: DOWNLOAD_MS });
    const archive = join(CACHE, `keycloak-quarkus-dist-${VERSION}.zip`);
    await run("unzip", ["-q", "-o", archive, "-d", CACHE], { timeout: DOWNLOAD_MS });
    await rm(archive);
    return { home };
  } catch (error) {
    const [cause] = String(error instanceof Error ? error.message : error).split("\n");
    return { missing: `KEYCLOAK_HOME is not set, and ${ARTIFACT} could not be downloaded: ${cause}` };
  }
}

async function answers(program: string, args: readonly string[]): Promise<boolean> {
  return run(program, [...args], { timeout: 60_000 }).then(
    () => true,
    () => false,
  );
}

/** In this file of the distribution, Keycloak names its version. */
async function readVersion(home: string): Promise<string> {
  const text = await readFile(join(home, "version.txt"), "utf8").catch(() => "");
  return /\d+(?:\.\d+)+/.exec(text)?.[0] ?? "of an unknown version";
}

interface Server {
  readonly password: string;
  stop(): Promise<void>;
}

async function startServer(home: string, port: number): Promise<Server> {
  const password = randomBytes(16).toString("hex");
  const args = ["start-dev", "--http-host", "127.0.0.1", "--http-port", String(port), "--db", "dev-mem"];
  const server = spawn(join(home, "bin/kc.sh"), args, {
    env: { ...process.env, KC_BOOTSTRAP_ADMIN_USERNAME: "admin", KC_BOOTSTRAP_ADMIN_PASSWORD: password },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // A shell script starts java, and both processes must end.
  });
  // Ends Keycloak even if the run is aborted.
  process.once("exit", () => killGroup(server));
  let output = "";
  for (const stream of [server.stdout, server.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output = `${output}${chunk}`.slice(-4_000);
    });
  }
  const stop = (): Promise<void> => endGroup(server);
  const isUp = await waitFor(async () => {
    const response = await fetch(`http://127.0.0.1:${port}/realms/master`).catch(() => undefined);
    await response?.body?.cancel();
    return response?.ok || server.exitCode !== null ? true : undefined;
  }, START_MS);
  if (!isUp || server.exitCode !== null) {
    await stop();
    throw new Error(`Keycloak did not start:\n${output}`);
  }
  return { password, stop };
}

async function endGroup(server: ChildProcess): Promise<void> {
  const ended = once(server, "exit");
  if (killGroup(server)) {
    await ended;
  }
}

function killGroup({ pid, exitCode, signalCode }: ChildProcess): boolean {
  const isRunning = pid !== undefined && exitCode === null && signalCode === null;
  return isRunning && process.kill(-pid, "SIGTERM");
}
