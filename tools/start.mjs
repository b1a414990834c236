// `npm start` runs the example API of this repository, or your own API if an option names it. The script needs a build, so
// tools/prepare.mjs runs first.
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * Options of `kong-jwt-policy sandbox` that are only for the user's own API. If one of them is set, `npm start` does
 * not serve the example.
 */
const OWN = ["--config", "--policy-root", "--stand-in", "--upstream", "--fetch-settings", "--keys"];

const args = process.argv.slice(2);
const isOwn = args.some((arg) => OWN.includes(arg.split("=", 1)[0]));
const program = isOwn ? "dist/cli/main.js" : "dist/sandbox/start.js";
const path = fileURLToPath(new URL(`../${program}`, import.meta.url));
process.argv = [process.argv[0], path, ...(isOwn ? ["sandbox"] : []), ...args];
await import(pathToFileURL(path).href);
