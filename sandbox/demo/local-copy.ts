/**
 * kong.yml and the policies contain the sandbox's default ports. If the user chooses different ports, this module
 * writes an adapted copy.
 */
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeTemporaryDirectory, removeTemporaryDirectory } from "../run/temporary-directory.ts";

/** The ports in the original kong.yml and policies/. */
export const WRITTEN_PORTS = { upstream: 9100, provider: 9400 } as const;

export interface LocalCopy {
  configText: string;
  policyRoot: string;
  /**
   * Writes the adapted copy again from the current files.
   *
   * @returns the text of kong.yml.
   */
  refresh(): Promise<string>;
  remove(): Promise<void>;
}

/**
 * Returns the text of kong.yml and the directory of the policies, both adapted to these ports. If the provider has its
 * default port, the result contains the original directory. If not, it contains an adapted copy of the directory.
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
  const readConfig = async (): Promise<string> => rewrite(await readFile(configFile, "utf8"));
  const configText = await readConfig();
  if (ports.provider === WRITTEN_PORTS.provider) {
    return { configText, policyRoot, refresh: readConfig, remove: async () => undefined };
  }
  const copy = await makeTemporaryDirectory();
  const refresh = async (): Promise<string> => {
    await copyPolicies(policyRoot, copy, rewrite);
    return readConfig();
  };
  await refresh();
  return { configText, policyRoot: copy, refresh, remove: () => removeTemporaryDirectory(copy) };
}

/** If a policy file was deleted, its copy is deleted as well. */
async function copyPolicies(from: string, to: string, rewrite: (text: string) => string): Promise<void> {
  const names = await readdir(from, { recursive: true });
  for (const name of await readdir(to, { recursive: true })) {
    if (!names.includes(name)) {
      await rm(join(to, name), { recursive: true, force: true });
    }
  }
  await cp(from, to, { recursive: true, filter: (source) => !/\.(?:ya?ml|json)$/.test(source) });
  for (const name of names.filter((one) => /\.(?:ya?ml|json)$/.test(one))) {
    await writeFile(join(to, name), rewrite(await readFile(join(from, name), "utf8")));
  }
}
