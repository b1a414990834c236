import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { GuardView } from "../model/setup.ts";
import { type KongSettings, listValues } from "../settings/read-settings.ts";

const GUARD = "jwt-policy-guard";
const FOLDER = `kong/plugins/${GUARD}`;
const FILES = ["handler.lua", "facts.lua", "trace.lua", "verdicts.lua", "schema.lua"];

/** Finds the guard where Kong would find it, and compares its files with this package. */
export async function readGuard(settings: KongSettings): Promise<GuardView> {
  const isEnabled = listValues(settings, "plugins").includes(GUARD);
  const directories = (settings.get("lua_package_path")?.value ?? "")
    .split(";")
    .filter((pattern) => pattern.endsWith("/?.lua"))
    .map((pattern) => pattern.slice(0, -"/?.lua".length));
  const own = await readAll(fileURLToPath(new URL("../../../../plugin/guard", import.meta.url)));
  for (const directory of directories) {
    const found = await readAll(directory);
    if (found !== undefined) {
      return { isEnabled, directory, isSameVersion: found === own };
    }
  }
  return { isEnabled, directory: undefined, isSameVersion: false };
}

async function readAll(directory: string): Promise<string | undefined> {
  try {
    const texts = await Promise.all(FILES.map((name) => readFile(join(directory, FOLDER, name), "utf8")));
    return texts.join("\0");
  } catch {
    return undefined;
  }
}
