import { kongContainer } from "./kong-container.ts";
import { runFaults } from "./run-faults.ts";
import { STOCK_LOSES } from "./stock-loses.ts";

// The Kong is the same as in the tests with the binary, but reloads more slowly. So faults are half as frequent, and
// there are only tests with two workers.
await runFaults({
  createKind: (adapt) => kongContainer({ stock: true, adapt }),
  workers: 2,
  readTimeoutSeconds: 7,
  rounds: 10,
  mayLose: STOCK_LOSES,
  isStock: true,
});
