import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePort } from "../../test/gateways/free-port.ts";
import { waitFor } from "../../test/gateways/gateway.ts";
import type { ProviderKind } from "./provider.ts";
import { readKid } from "./read-kid.ts";

const DEX = process.env.DEX_BIN ?? "dex";
const CLIENT = "proof";
const SECRET = "for-this-run-only";
const START_MS = 60_000;
/** dex checks every 30 s whether to rotate its keys. */
const ROTATION = { every: "25s", withinMs: 90_000 };
const ASK_AGAIN_MS = 100;

/**
 * dex, in Go, from `DEX_BIN` or PATH. The tokens of dex are ID tokens without `typ` and scope, and dex rotates its keys by
 * itself. dex has no releases as Go modules, but a separate module can use a commit of it: `go get
 * github.com/dexidp/dex@COMMIT github.com/dexidp/dex/api/v2@COMMIT`, then `go build github.com/dexidp/dex/cmd/dex`. The
 * tested commit is ab64ed778070.
 */
export function findDex(): ProviderKind {
  const version = readVersion();
  return {
    label: "dex",
    missing: version === undefined ? "no dex: set DEX_BIN or put dex into PATH" : undefined,
    async start() {
      const address = `127.0.0.1:${await findFreePort()}`;
      const issuer = `http://${address}/dex`;
      const directory = await mkdtemp(join(tmpdir(), "dex-"));
      await writeFile(join(directory, "dex.json"), JSON.stringify(configuration(issuer, address)));
      const server = spawn(DEX, ["serve", join(directory, "dex.json")], { stdio: "ignore" });
      const end = (): boolean => server.exitCode === null && server.kill();
      process.once("exit", end); // Ends dex even if the run is aborted.
      const stop = async (): Promise<void> => {
        const ended = once(server, "exit");
        if (end()) {
          await ended;
        }
        await rm(directory, { recursive: true, force: true, maxRetries: 5 });
      };
      const mintToken = (): Promise<string> => askForToken(issuer);
      if (!(await waitFor(() => mintToken().catch(() => undefined), START_MS))) {
        await stop();
        throw new Error("dex did not start");
      }
      return {
        name: `dex ${version}`,
        issuer: { issuer, audiences: [CLIENT], token_type: "any", keys: { discovery: true } },
        scope: undefined,
        mintToken,
        async switchAtOnce() {
          const before = readKid(await mintToken());
          const isOther = async (): Promise<true | undefined> => {
            await sleep(ASK_AGAIN_MS);
            return readKid(await mintToken()) === before ? undefined : true;
          };
          if (!(await waitFor(isOther, ROTATION.withinMs))) {
            throw new Error("dex did not rotate its keys");
          }
        },
        stop,
      };
    },
  };
}

function readVersion(): string | undefined {
  try {
    const text = execFileSync(DEX, ["version"], { encoding: "utf8", timeout: 20_000, stdio: "pipe" });
    return /Dex Version:\s*(\S+)/.exec(text)?.[1] ?? "of an unknown version";
  } catch {
    return undefined;
  }
}

function configuration(issuer: string, address: string): object {
  return {
    issuer,
    storage: { type: "memory" },
    web: { http: address },
    expiry: { signingKeys: ROTATION.every, idTokens: "10m" },
    enablePasswordDB: true,
    oauth2: { grantTypes: ["client_credentials"] },
    staticClients: [{ id: CLIENT, name: CLIENT, secret: SECRET, redirectURIs: [`http://${address}/nowhere`] }],
  };
}

async function askForToken(issuer: string): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${CLIENT}:${SECRET}`).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials", scope: "openid" }),
  });
  const answer = (await response.json()) as { access_token?: unknown };
  if (typeof answer.access_token !== "string") {
    throw new Error(`dex gave no token: ${response.status} ${JSON.stringify(answer)}`);
  }
  return answer.access_token;
}
