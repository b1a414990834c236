import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { listenOn } from "../../sandbox/http/listen.ts";

/** One route with one rule. The upstream behind it answers every request. */
export interface ProofWorld {
  readonly policyRoot: string;
  readonly configText: string;
  stop(): Promise<void>;
}

/** The narrowest limits that a policy may have. With these limits, a run has many refreshes. */
export const NARROW_REFRESH = { min: "10s", max: "10s", cooldown: "5s" };

/**
 * @param issuer the issuer, in the form of the policy document.
 * @param scope the scope that the rule requires, if any.
 */
export async function createProofWorld(issuer: object, scope: string | undefined): Promise<ProofWorld> {
  const upstream = createServer((_, response) => response.end("upstream"));
  await listenOn(upstream, 0);
  const directory = await mkdtemp(join(tmpdir(), "key-proof-"));
  const policyRoot = join(directory, "policies");
  await mkdir(policyRoot);
  const policy = {
    jwt_policy: 1,
    name: "proof",
    issuers: { main: issuer },
    routes: { r: scope === undefined ? {} : { required_scopes: [scope] } },
  };
  await writeFile(join(policyRoot, "proof.yaml"), stringify(policy));
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const routes = [
    { name: "r", paths: ["/r"], plugins: [{ name: "jwt-policy", config: { policy_file: "proof.yaml" } }] },
  ];
  return {
    policyRoot,
    configText: stringify({ _format_version: "3.0", services: [{ name: "upstream", url, routes }] }),
    async stop() {
      upstream.closeAllConnections();
      await new Promise((resolve) => upstream.close(resolve));
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
