// `npm run soak:keys -- [--seconds N]`: keys through rotation, outage and attack. Vitest does not accept unknown
// options, so the script passes them on as an environment variable.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "120" } },
});
if (!/^[1-9]\d{0,5}$/.test(values.seconds)) {
  console.error(`--seconds must be a whole number, not "${values.seconds}"`);
  process.exit(2);
}
process.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const env = { ...process.env, SOAK_KEYS_SECONDS: values.seconds };
const vitest = ["node_modules/vitest/vitest.mjs", "run", "--project", "keys"];
const { status } = spawnSync(process.execPath, vitest, { env, stdio: "inherit" });
process.exitCode = status ?? 1;
