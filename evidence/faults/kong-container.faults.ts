import { kongContainer } from "./kong-container.ts";
import { runFaults } from "./run-faults.ts";

// The Kong is the same as in the tests with the binary, but reloads more slowly. So faults are half as frequent, and
// there are only tests with two workers.
await runFaults({
  createKind: (adapt) => kongContainer({ adapt }),
  workers: 2,
  readTimeoutSeconds: 7,
  rounds: 10,
});
