import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Writes a directory like the kubelet writes a ConfigMap. The files are in a directory for this version, and `..data`
 * is a link to this directory. Each name links to its file through `..data`. A new version takes effect when the link
 * is exchanged.
 */
export function writeConfigMap(directory: string, files: Readonly<Record<string, string>>): void {
  const old = readdirSync(directory).filter((name) => /^\.\.\d/.test(name));
  const version = `..2026_11_22_10_00_00.${old.length === 0 ? 0 : Number(old[0]?.split(".").at(-1)) + 1}`;
  mkdirSync(join(directory, version));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(directory, version, name), text);
  }
  symlinkSync(version, join(directory, "..data_tmp"));
  renameSync(join(directory, "..data_tmp"), join(directory, "..data"));
  const names = readdirSync(directory);
  for (const name of Object.keys(files).filter((file) => !names.includes(file))) {
    symlinkSync(`..data/${name}`, join(directory, name));
  }
  for (const name of names.filter((entry) => !entry.startsWith("..") && !(entry in files))) {
    rmSync(join(directory, name));
  }
  for (const name of old) {
    rmSync(join(directory, name), { recursive: true, maxRetries: 5 });
  }
}
