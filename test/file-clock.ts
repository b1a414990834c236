import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Waits until the clock that stamps files shows a later time. The kernel's clock goes in steps of some milliseconds.
 */
export async function waitForFileClock(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "file-clock-"));
  const file = join(directory, "stamped");
  const stamp = async (): Promise<bigint> => {
    await writeFile(file, "");
    return (await stat(file, { bigint: true })).ctimeNs;
  };
  const first = await stamp();
  while ((await stamp()) === first) {
    // Each stamp takes some time.
  }
  await rm(directory, { recursive: true, maxRetries: 5 });
}
