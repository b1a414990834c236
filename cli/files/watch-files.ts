import { statSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

const POLL_MS = 300;

/**
 * Runs a command again whenever one of its files changes. The watch ends only when the process ends.
 *
 * @param run runs the command once, and returns the files on which the command's result depends.
 */
export async function watchFiles(run: () => Promise<readonly string[]>): Promise<never> {
  for (;;) {
    const files = await run();
    process.stdout.write(`watching ${files.length} files; Ctrl-C ends\n\n`);
    const before = describe(files);
    while (describe(files) === before) {
      await wait(POLL_MS);
    }
  }
}

/**
 * Describes the size and the modification time of each file. A missing file has a description too, so the command also
 * runs again when the file appears.
 */
function describe(files: readonly string[]): string {
  return files
    .map((file) => {
      const { mtimeMs, size } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: 0, size: -1 };
      return `${file} ${mtimeMs} ${size}`;
    })
    .join("\n");
}
