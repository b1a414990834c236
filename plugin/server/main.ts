/** The plugin server: the process that judges every request for Kong. */
import { isCompilingThread } from "../runtime/load/policy-thread.ts";
import { runServer } from "./run-server.ts";

// In the bundled file, this module also runs in the threads that compile policies.
if (!isCompilingThread()) {
  runServer(process.argv.slice(2));
}
