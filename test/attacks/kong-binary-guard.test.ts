import { kongBinary } from "../gateways/kong/kong-binary.ts";
import { runAttacks } from "./run-attacks.ts";

// Each attack comes right after the honest requests of its class. The guard and the plugin server may reuse the verdicts of
// these requests.
runAttacks(kongBinary({ guard: true }), { isWarm: true });
