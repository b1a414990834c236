import { kongBinary } from "../gateways/kong/kong-binary.ts";
import { runAttacks } from "./run-attacks.ts";

runAttacks(kongBinary());
