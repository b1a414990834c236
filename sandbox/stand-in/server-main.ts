/**
 * The plugin server of a sandbox that replaces the keys of issuers. A gateway uses a different program, and that
 * program has no option for stand-in keys.
 */
import { runServer } from "../../plugin/server/run-server.ts";
import { standInFor } from "./stand-in-keys.ts";

const [standIn = "", ...args] = process.argv.slice(2);
const { issuers, keys } = JSON.parse(standIn) as { readonly issuers: readonly string[]; readonly keys: string };
runServer(args, standInFor(new Set(issuers), keys));
