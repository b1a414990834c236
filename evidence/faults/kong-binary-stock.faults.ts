import { kongBinary } from "../../test/gateways/kong/kong-binary.ts";
import { runFaults } from "./run-faults.ts";
import { STOCK_LOSES } from "./stock-loses.ts";

for (const workers of [1, 2]) {
  await runFaults({
    createKind: (adapt) => kongBinary({ stock: true, adapt }),
    workers,
    readTimeoutSeconds: 7,
    mayLose: STOCK_LOSES,
    isStock: true,
  });
}
