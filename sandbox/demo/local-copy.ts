/** kong.yml and the policies contain the sandbox's default ports. For other ports, this module writes an adapted copy. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The ports in kong.yml and policies/. */
export const WRITTEN_PORTS = { upstream: 9100, provider: 9400 } as const;

export interface LocalCopy {
  configText: string;
  policyRoot: string;
  remove(): Promise<void>;
}

/**
 * Returns the configuration and the policies for these ports. For the default ports these are the originals, else a copy.
 *
 * @param ports the ports of the echo upstream and the OpenID provider.
 */
export async function copyForPorts(
  configFile: string,
  policyRoot: string,
  ports: { upstream: number; provider: number },
): Promise<LocalCopy> {
  const rewrite = (text: string): string =>
    text
      .replaceAll(`127.0.0.1:${WRITTEN_PORTS.upstream}`, `127.0.0.1:${ports.upstream}`)
      .replaceAll(`127.0.0.1:${WRITTEN_PORTS.provider}`, `127.0.0.1:${ports.provider}`);
  const configText = rewrite(await readFile(configFile, "utf8"));
  if (ports.provider === WRITTEN_PORTS.provider) {
    return { configText, policyRoot, remove: async () => undefined };
  }
  const copy = await mkdtemp(join(tmpdir(), "jwt-policy-policies-"));
  await cp(policyRoot, copy, { recursive: true });
  for (const name of await readdir(copy, { recursive: true })) {
    if (/\.(?:ya?ml|json)$/.test(name)) {
      const file = join(copy, name);
      await writeFile(file, rewrite(await readFile(file, "utf8")));
    }
  }
  return { configText, policyRoot: copy, remove: () => rm(copy, { recursive: true, force: true }) };
}
