import { kongBinary } from "../gateways/kong-binary.ts";
import { runFaults } from "./run-faults.ts";

runFaults({ kind: kongBinary(), workers: 1, readTimeoutS: 7 });
runFaults({ kind: kongBinary(), workers: 2, readTimeoutS: 7 });
