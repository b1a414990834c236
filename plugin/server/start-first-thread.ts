/**
 * main.ts imports this module first, and no other module imports it. So Node evaluates this module before all other
 * modules.
 */
import { startFirstPolicyThread } from "../runtime/load/start-policy-thread.ts";

/** With these options, the process only prints something, so it needs no thread that compiles policies. */
const PRINTING = ["--dump", "--help"];

if (!process.argv.some((arg) => PRINTING.includes(arg))) {
  startFirstPolicyThread();
}
