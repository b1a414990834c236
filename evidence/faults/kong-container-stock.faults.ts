import { kongContainer } from "./kong-container.ts";
import { runFaults } from "./run-faults.ts";
import { STOCK_LOSES } from "./stock-loses.ts";

// The same Kong as the binary, and slower to reload: half as often, and with two workers only.
await runFaults({
  createKind: (adapt) => kongContainer({ stock: true, adapt }),
  workers: 2,
  readTimeoutSeconds: 7,
  rounds: 10,
  mayLose: STOCK_LOSES,
  isStock: true,
});
