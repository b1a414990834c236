import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The texts of the files, by path. */
export interface Folder {
  readonly [file: string]: string;
}

/** The cost of one run of the command, from start to end. */
export interface Cost {
  readonly processorMs: number;
  readonly megabytes: number;
}

const MAIN = join(import.meta.dirname, "../../../cli/main.js");
/** Prints processor time and the most memory of the process when it ends. */
const METER = `process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  require("node:fs").writeSync(2, "\\nMETER " + JSON.stringify({ processorMs: (userCPUTime + systemCPUTime) / 1000, megabytes: maxRSS / 1024 }) + "\\n");
});`;

/** Runs `kong-jwt-policy` as a separate process, in a new directory with the given files. */
export function measureCommand(files: Folder, args: readonly string[], exitCode: number): Cost {
  const directory = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    for (const [name, text] of Object.entries({ ...files, "meter.cjs": METER })) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), text);
    }
    const { stderr, stdout, status } = spawnSync(process.execPath, ["--require", "./meter.cjs", MAIN, ...args], {
      cwd: directory,
      encoding: "utf8",
    });
    const [, cost] = /METER (.*)/.exec(stderr) ?? [];
    if (cost === undefined || status !== exitCode) {
      throw new Error(`${args[0]} ended with ${status}: ${stdout}${stderr}`);
    }
    return JSON.parse(cost);
  } finally {
    rmSync(directory, { recursive: true, maxRetries: 5 });
  }
}
