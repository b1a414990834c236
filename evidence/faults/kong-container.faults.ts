import { kongContainer } from "./kong-container.ts";
import { runFaults } from "./run-faults.ts";

// The same Kong as the binary, and slower to reload: half as often, and with two workers only.
await runFaults({
  createKind: (adapt) => kongContainer({ adapt }),
  workers: 2,
  readTimeoutSeconds: 7,
  rounds: 10,
});
