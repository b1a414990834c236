import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Neighbour, type Neighbours, neighboursHere } from "../gateways/neighbours.ts";
import {
  createKongConfig,
  createPolicy,
  createRealmFiles,
  createRemoteKeySet,
  createSourcePolicy,
} from "./attack-policy.ts";
import { SECRET_FILES } from "./forge/hmac-secrets.ts";
import { createKeys } from "./forge/keys.ts";
import type { AttackScene } from "./make-request.ts";

/** Everything around the gateway that is attacked. */
export interface AttackWorld {
  readonly configText: string;
  readonly policyRoot: string;
  readonly scene: AttackScene;
  readonly upstream: Neighbour<"upstream">;
  /** Serves the fetched keys, and is the trap. */
  readonly server: Neighbour<"keyServer">;
  stop(): Promise<void>;
}

/** The address of the keys of `remote`. A request to any other address was caused by a token. */
export const KEY_SET_PATH = "/remote/jwks";
export const POLICY_FILE = "attacked.yaml";
export const SOURCE_POLICY_FILE = "attacked-sources.yaml";

export async function createAttackWorld(neighbours: Neighbours = neighboursHere()): Promise<AttackWorld> {
  const policyRoot = await mkdtemp(join(tmpdir(), "jwt-policy-attacks-"));
  const server = await neighbours.start("keyServer");
  const upstream = await neighbours.start("upstream");
  const keys = createKeys();
  await server.answerJson(KEY_SET_PATH, createRemoteKeySet(keys));
  const jwksUri = `${server.origin}${KEY_SET_PATH}`;
  await writeFile(join(policyRoot, POLICY_FILE), stringify(createPolicy(keys, jwksUri)));
  await writeFile(join(policyRoot, SOURCE_POLICY_FILE), stringify(createSourcePolicy(keys, jwksUri)));
  for (const [name, content] of Object.entries({ ...SECRET_FILES, ...createRealmFiles(keys) })) {
    await writeFile(join(policyRoot, name), content);
  }
  return {
    configText: stringify(createKongConfig(POLICY_FILE, SOURCE_POLICY_FILE, `http://127.0.0.1:${upstream.port}`)),
    policyRoot,
    scene: { keys, trap: server.origin, now: () => Date.now() / 1_000 },
    upstream,
    server,
    async stop() {
      await neighbours.stop();
      await rm(policyRoot, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
