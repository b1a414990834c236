import { sandboxGateway } from "../gateways/sandbox-gateway.ts";
import { runAttacks } from "./run-attacks.ts";

runAttacks(sandboxGateway(true));
