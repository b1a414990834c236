import { kongContainer } from "../gateways/kong-container.ts";
import { runFaults } from "./run-faults.ts";

for (const workers of [1, 2]) {
  await runFaults({
    createKind: (adapt) => kongContainer({ adapt }),
    workers,
    readTimeoutSeconds: 7,
  });
}
