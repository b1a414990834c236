import { spawnSync } from "node:child_process";
import type { TestProject } from "vitest/node";

/**
 * Builds before the first test and before each rerun, because tests start the built server. The build is quick if
 * nothing has changed.
 */
export function setup(project: TestProject): void {
  // Tests compare what commands print. A CI service and some terminals ask for colours by these variables, and every
  // process inherits the variables.
  process.env.NO_COLOR = "1";
  delete process.env.FORCE_COLOR;
  if (!build()) {
    throw new Error("The build failed, see above. No test was run.");
  }
  // The build prints its mistakes itself, and the next change starts a new build.
  project.onTestsRerun(async () => void build());
}

function build(): boolean {
  const stdio = ["ignore", "inherit", "inherit"] as const;
  return spawnSync(process.execPath, ["tools/prepare.mjs"], { stdio: [...stdio] }).status === 0;
}
