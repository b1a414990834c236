/** Only main.ts imports this module, before all other modules, because a module that is imported first is also evaluated first. */
import { startFirstPolicyThread } from "../runtime/load/start-policy-thread.ts";

/** With these options, the process only prints something, so it compiles no policies. */
const PRINTING = ["--dump", "--help"];

if (!process.argv.some((arg) => PRINTING.includes(arg))) {
  startFirstPolicyThread();
}
