import { sandboxFromSettings } from "../../test/gateways/kong/sandbox-from-settings.ts";
import { runFaults } from "./run-faults.ts";

// `npm test` runs this file, so it has fewer repetitions than `npm run test:faults`.
await runFaults({
  createKind: (adapt) => sandboxFromSettings({ adapt }),
  workers: 1,
  readTimeoutSeconds: 7,
  rounds: 4,
  // Each is much like another that stays.
  leaveOut: ["policy-change", "restart-storm", "stop-kill", "foreign-junk"],
});
