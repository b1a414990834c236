import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "../..");
const NO_NETWORK = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|ENOTCACHED/;
const TIMEOUT_MS = 240_000;

/** Environment variables of this npm must not reach another npm. The other npm would then work in this clone. */
export const ENVIRONMENT: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(?!config_)|^npm_config_local_prefix$/.test(name)),
  ),
  NO_COLOR: "1",
};

export interface InstalledPackage {
  /** A new folder with only the package and its dependencies. */
  readonly directory: string;
  /** The path of the installed package. */
  readonly root: string;
  /** Every file of the tarball, sorted. */
  readonly files: readonly string[];
  remove(): void;
}

/**
 * Packs this clone, and installs the tarball into an empty folder.
 *
 * @returns the reason if no registry can be reached.
 * @throws Error with npm's output if the installation fails for another reason.
 */
export async function installPackage(): Promise<InstalledPackage | { readonly missing: string }> {
  const place = realpathSync(mkdtempSync(join(tmpdir(), "jwt-policy-package-")));
  const remove = (): void => rmSync(place, { recursive: true, force: true, maxRetries: 5 });
  const directory = join(place, "consumer");
  mkdirSync(directory);
  writeFileSync(join(directory, "package.json"), '{ "name": "consumer", "private": true }\n');
  try {
    // Without scripts, because `prepack` may build again while other tests run the built files.
    const [packed] = JSON.parse(
      await runNpm(ROOT, ["pack", "--ignore-scripts", "--json", "--pack-destination", place]),
    );
    const tarball = join(place, packed.filename);
    await runNpm(directory, ["install", "--prefix", directory, "--no-audit", "--no-fund", "--prefer-offline", tarball]);
    return {
      directory,
      root: join(directory, "node_modules", packed.name),
      files: packed.files.map(({ path }: { path: string }) => path).sort(),
      remove,
    };
  } catch (error) {
    remove();
    if (error instanceof Error && NO_NETWORK.test(error.message)) {
      return { missing: "npm reaches no registry to install the dependencies from" };
    }
    throw error;
  }
}

/** @returns the standard output of the command. */
async function runNpm(cwd: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("npm", args, { cwd, env: ENVIRONMENT, timeout: TIMEOUT_MS });
  return stdout;
}
