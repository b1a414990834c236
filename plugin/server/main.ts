/** The plugin server: the process that judges every request for Kong. */
import { isCompilingThread } from "../runtime/load/policy-thread.ts";
import { runServer } from "./run-server.ts";

// In the bundled file, the threads that compile policies run this module as well.
if (!isCompilingThread()) {
  runServer(process.argv.slice(2));
}
