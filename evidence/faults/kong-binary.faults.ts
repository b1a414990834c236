import { kongBinary } from "../../test/gateways/kong/kong-binary.ts";
import { runFaults } from "./run-faults.ts";

for (const workers of [1, 2]) {
  await runFaults({ createKind: (adapt) => kongBinary({ adapt }), workers, readTimeoutSeconds: 7 });
}
