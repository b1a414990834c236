import { sandboxFromSettings } from "../../test/gateways/kong/sandbox-from-settings.ts";
import { runFaults } from "./run-faults.ts";

await runFaults({ createKind: (adapt) => sandboxFromSettings({ adapt }), workers: 1, readTimeoutSeconds: 7 });
