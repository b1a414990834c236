import { spawnSync } from "node:child_process";

/** Builds before the first test, because tests start the built server. Quick if the build is up to date. */
export function setup(): void {
  const { status } = spawnSync(process.execPath, ["tools/prepare.mjs"], { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) {
    throw new Error("The build failed, see above. No test was run.");
  }
}
