import { sandboxFromSettings } from "../gateways/sandbox-from-settings.ts";
import { runFaults } from "./run-faults.ts";

// A shorter read timeout than Kong's, for `npm test` runs this too.
runFaults({ kind: sandboxFromSettings(), workers: 1, readTimeoutS: 2 });
