/** The plugin server: the process that judges every request for Kong. */
import "./start-first-thread.ts";
import { runServer } from "./run-server.ts";

runServer(process.argv.slice(2));
