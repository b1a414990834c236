import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Both, ofBoth } from "../../../offline/compare/cells/policy-version.ts";
import { findKongState } from "../../deck/state/kong-state.ts";
import { readStateFile } from "../../deck/state/state-file.ts";
import type { FileComparison, Sides } from "../policies/compare-files.ts";
import { compareGateways } from "./compare-gateways.ts";
import type { GatewayPlace } from "./load-gateway.ts";

/** A file of Kong, with its path. The path is relative to both directories. */
export interface KongFile {
  readonly file: string;
  readonly isSame: boolean;
}

/**
 * Compares Kong's files. If a file is equal on both sides, it routes requests in the same way, so the comparison skips
 * it.
 */
export async function compareKongFiles(
  files: readonly KongFile[],
  { before, after, root }: Sides,
  policyFolders: readonly string[],
  nowSeconds: number,
): Promise<FileComparison> {
  const results: FileComparison[] = [];
  for (const group of await groupFiles(files, [before, after])) {
    if (group.every(({ isSame }) => isSame)) {
      continue;
    }
    const shown = group.find(({ isSame }) => !isSame)?.file ?? "";
    const places = await Promise.all(
      [before, after].map(
        async (directory): Promise<GatewayPlace> => ({
          directory,
          files: (
            await Promise.all(
              group.map(async ({ file }) => ((await readText(directory, file)) === undefined ? [] : [file])),
            )
          ).flat(),
          root: root === undefined ? undefined : join(directory, root),
          policyFolders,
        }),
      ),
    );
    const [old, current] = places;
    if (old && current) {
      results.push(await compareGateways(shown, [old, current], nowSeconds));
    }
  }
  return { changes: results.flatMap(({ changes }) => changes), findings: results.flatMap(({ findings }) => findings) };
}

/**
 * Decides which files of one directory belong together. If no two files have the same Route or Service, the files are
 * one configuration, as decK reads them. If two files have the same Route or Service, each file is compared separately.
 */
async function groupFiles(
  files: readonly KongFile[],
  directories: Both<string>,
): Promise<readonly (readonly KongFile[])[]> {
  const groups = new Map<string, KongFile[]>();
  for (const file of files) {
    const folder = dirname(file.file);
    groups.set(folder, [...(groups.get(folder) ?? []), file]);
  }
  const split = await Promise.all(
    [...groups.values()].map(async (group) => {
      const isOne = await Promise.all(ofBoth(directories, (directory) => shareNothing(group, directory)));
      return isOne.every(Boolean) ? [group] : group.map((file) => [file]);
    }),
  );
  return split.flat();
}

async function shareNothing(files: readonly KongFile[], directory: string): Promise<boolean> {
  if (files.length === 1) {
    return true;
  }
  const names: string[] = [];
  for (const { file } of files) {
    const text = await readText(directory, file);
    const read = text === undefined ? undefined : readStateFile(file, text);
    if (read?.ok) {
      const { routes } = findKongState([read.value]);
      const services = routes.flatMap(({ service }) => service.map((name) => `service ${name}`));
      names.push(...routes.flatMap((route) => route.names.map((name) => `route ${name}`)), ...new Set(services));
    }
  }
  return new Set(names).size === names.length;
}

function readText(directory: string, file: string): Promise<string | undefined> {
  return readFile(join(directory, file), "utf8").catch(() => undefined);
}
