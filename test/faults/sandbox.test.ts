import { sandboxFromSettings } from "../gateways/sandbox-from-settings.ts";
import { runFaults } from "./run-faults.ts";

// A shorter read timeout than Kong's, for `npm test` runs this too.
await runFaults({ createKind: (adapt) => sandboxFromSettings({ adapt }), workers: 1, readTimeoutS: 2 });
